/** Makes the parts that a resolved document names. */
import { type Place, parseOrExplain, placeName } from '#src/config/issue.ts'
import {
  availableEvaluators,
  availableOptimizers,
  availableSpaces,
  findEntry,
  settingsOf,
} from '#src/config/resolve.ts'
import type { ExperimentDocument, Extensions } from '#src/config/schema.ts'
import { ArchloomError } from '#src/errors.ts'
import type { EvaluatorEntry } from '#src/evaluator/evaluator.ts'
import type { Plan } from '#src/experiment/experiment.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import type { SearchSpace } from '#src/space/space.ts'

/** What searches, and where. */
export interface Search {
  readonly space: SearchSpace
  readonly optimizer: Optimizer
  /** As its entry says. */
  readonly mayBlock: boolean
  /** Whether the space or the optimizer is an extension of the user's. */
  readonly isExtended: boolean
}

/** Everything of an experiment but the running evaluator. */
export interface Composition extends Search {
  readonly document: ExperimentDocument
  readonly evaluator: EvaluatorEntry
  /** As the evaluator's entry parsed them. */
  readonly evaluatorSettings: unknown
  readonly plan: Plan
}

/**
 * @param file - how to name the document's source in messages
 * @throws config/unknown-name, config/unknown-key, config/invalid, and what the space and the
 *   optimizer refuse
 */
export function composeExperiment(
  document: ExperimentDocument,
  extensions: Extensions,
  file: string,
): Composition {
  const search = composeSearch(document, extensions, file)
  const evaluatorAt = named(document, 'evaluator', file)
  const evaluator = findEntry(
    availableEvaluators(extensions),
    evaluatorAt.choice.name,
    evaluatorAt.where,
  )
  const evaluatorSettings = parseOrExplain(
    evaluator.settings,
    settingsOf(evaluatorAt.choice),
    evaluatorAt.place,
  )
  const can = {
    hasTest: evaluator.hasTest(evaluatorSettings),
    inheritsWeights:
      search.optimizer.weightSources !== undefined &&
      (evaluator.inheritsWeights?.(evaluatorSettings) ?? false),
  }
  const plan = planOf(document, can, file)
  return { ...search, document, evaluator, evaluatorSettings, plan }
}

/** The part of `composeExperiment` that a thread needs that computes asks. */
export function composeSearch(
  document: ExperimentDocument,
  extensions: Extensions,
  file: string,
): Search {
  const spaceAt = named(document, 'space', file)
  const spaceEntry = findEntry(availableSpaces(extensions), spaceAt.choice.name, spaceAt.where)
  const space = spaceEntry.create(
    parseOrExplain(spaceEntry.settings, settingsOf(spaceAt.choice), spaceAt.place),
  )
  const optimizerAt = named(document, 'optimizer', file)
  const optimizerEntry = findEntry(
    availableOptimizers(extensions),
    optimizerAt.choice.name,
    optimizerAt.where,
  )
  const misfit = optimizerEntry.misfit?.(space)
  if (misfit) {
    throw new ArchloomError(
      'config/incompatible',
      `${optimizerAt.where}: ${optimizerEntry.name} cannot search ${spaceEntry.name}: it ${misfit}`,
    )
  }
  const optimizer = optimizerEntry.create(
    space,
    parseOrExplain(optimizerEntry.settings, settingsOf(optimizerAt.choice), optimizerAt.place),
  )
  const { spaces = [], optimizers = [] } = extensions
  return {
    space,
    optimizer,
    mayBlock: optimizerEntry.mayBlock ?? false,
    isExtended: spaces.includes(spaceEntry) || optimizers.includes(optimizerEntry),
  }
}

function named(
  document: ExperimentDocument,
  key: 'space' | 'optimizer' | 'evaluator',
  file: string,
) {
  const place: Place = { file, path: [key] }
  return { choice: document[key], place, where: placeName(place, ['name']) }
}

function planOf(
  document: ExperimentDocument,
  { hasTest, inheritsWeights }: { readonly hasTest: boolean; readonly inheritsWeights: boolean },
  file: string,
): Plan {
  const { seed, budget, visibility, fidelity, maxAttempts } = document
  if (budget.epochs !== undefined && budget.epochs < fidelity.epochs) {
    throw new ArchloomError(
      'config/invalid',
      `${placeName({ file, path: ['budget', 'epochs'] })}: expected at least the ${fidelity.epochs} epochs of one trial (fidelity.epochs), found ${budget.epochs}`,
    )
  }
  return {
    ...{ seed, budget, visibility, fidelity, maxAttempts, hasTest },
    ...(inheritsWeights && { inheritsWeights }),
  }
}
