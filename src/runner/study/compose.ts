/** Makes the parts that a resolved study names: spaces, objectives, optimizers, plans. */
import type { Objective } from '#src/benchmark/objective.ts'
import { type Place, parseOrExplain, placeName } from '#src/config/issue.ts'
import {
  availableEvaluators,
  availableOptimizers,
  availableSpaces,
  findEntry,
} from '#src/config/resolve.ts'
import { benchmarkSettings, type ResolvedStudy } from '#src/config/resolve-study.ts'
import type { Extensions } from '#src/config/schema.ts'
import { contentHash } from '#src/encoding/hash.ts'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { Plan } from '#src/experiment/experiment.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type {
  BenchmarkChoice,
  CheckpointChoice,
  StudyBudget,
  StudyDocument,
} from '#src/study/document.ts'
import type { Protocol } from '#src/study/protocol.ts'
import type { Checkpoints, StudyBenchmark, StudyMethod } from '#src/study/study.ts'

/** A benchmark of a study, ready for searches. */
export interface OpenBenchmark extends Disposable {
  readonly label: string
  readonly space: SearchSpace
  readonly objective: Objective
  /** Of each search, all but the seed. */
  readonly plan: Omit<Plan, 'seed'>
}

/** What is known of a benchmark without computing anything. */
export type DescribedBenchmark = Omit<StudyBenchmark, 'optimum' | 'randomSearch' | 'expectationGap'>

/**
 * Opens a benchmark.
 *
 * @param index - its position in the document
 * @throws config/invalid, config/incompatible, and what the space and the benchmark refuse
 */
export async function openStudyBenchmark(
  { document, extensions, file }: StudySource,
  index: number,
): Promise<OpenBenchmark> {
  const choice = document.benchmarks[index]
  invariant(choice, `A study has no benchmark ${index}`)
  const place: Place = { file, path: ['benchmarks', index] }
  const { name: spaceName, ...spaceSettings } = choice.space
  const spacePlace = { ...place, path: [...place.path, 'space'] }
  const spaceEntry = findEntry(availableSpaces(extensions), spaceName, placeName(spacePlace))
  const space = spaceEntry.create(parseOrExplain(spaceEntry.settings, spaceSettings, spacePlace))
  const entry = findEntry(availableEvaluators(extensions), choice.name, placeName(place, ['name']))
  const settings = parseOrExplain(entry.settings, benchmarkSettings(choice), place)
  const objective = await entry.objective?.(settings, space)
  invariant(objective, `Evaluator ${entry.name} lost its objective`)
  const budget = budgetOf(document, choice)
  try {
    refuseUncounted(objective, budget, place)
  } catch (error) {
    objective[Symbol.dispose]()
    throw error
  }
  return {
    label: choice.label,
    space,
    objective,
    plan: {
      budget,
      visibility: { order: document.visibility, window: choice.workers ?? document.workers },
      fidelity: objective.fullFidelity,
      maxAttempts: document.maxAttempts,
      hasTest: false,
    },
    [Symbol.dispose]: () => objective[Symbol.dispose](),
  }
}

/** A resolved study with what its names are looked up in. */
export interface StudySource extends ResolvedStudy {
  readonly extensions: Extensions
  /** How to name the document's source in messages. */
  readonly file: string
}

function budgetOf({ budget }: StudyDocument, choice: BenchmarkChoice): StudyBudget {
  const limits = choice.budget ?? budget
  invariant(limits, `Benchmark ${choice.label} has no budget`)
  return limits
}

function refuseUncounted(objective: Objective, budget: StudyBudget, place: Place): void {
  const { epochs } = objective.fullFidelity
  if (budget.costSeconds !== undefined && !objective.hasSeconds) {
    throw new ArchloomError(
      'config/incompatible',
      `${placeName(place, ['budget', 'costSeconds'])}: ${objective.name} has no training times, so that seconds cannot limit a search; limit trials`,
    )
  }
  if (budget.epochs !== undefined && budget.epochs < epochs) {
    throw new ArchloomError(
      'config/invalid',
      `${placeName(place, ['budget', 'epochs'])}: expected at least the ${epochs} epochs of one trial, found ${budget.epochs}`,
    )
  }
}

/** What a study says of a benchmark, and what its cells must agree in. */
export function describeBenchmark(
  { document, methods, extensions }: StudySource,
  index: number,
  open: OpenBenchmark,
): DescribedBenchmark {
  const { label, space, objective, plan } = open
  const protocol: Protocol = {
    objective: objective.fingerprint,
    space: { name: space.name, settings: space.settings },
    budget: plan.budget as Json,
    visibility: plan.visibility.order,
    workers: plan.visibility.window,
    fidelity: plan.fidelity as Json,
    maxAttempts: plan.maxAttempts,
  }
  const choice = document.benchmarks[index]
  const wanted = methods.filter((method) => isWanted(method, choice?.methods))
  const misfits = new Map(
    wanted.flatMap((method) => {
      const misfit = findMethod(method, extensions).misfit?.(space) ?? null
      return misfit === null ? [] : [[method.label, misfit] as const]
    }),
  )
  return {
    label,
    description: objective.description,
    mark: objective.mark,
    protocol,
    hash: contentHash(protocol),
    hasSeconds: objective.hasSeconds,
    hasTest: objective.hasTest,
    trialLimit: trialLimit(plan),
    checkpoints: checkpointsOf(choice?.checkpoints ?? document.checkpoints, plan.budget),
    methods: wanted.map(({ label: name }) => name).filter((name) => !misfits.has(name)),
    notApplicable: Object.fromEntries(misfits),
  }
}

/** Whether a benchmark's list has a method, or that whose variant it is; the control always. */
function isWanted(
  { label, variant, isControl }: StudyMethod,
  labels: readonly string[] | undefined,
): boolean {
  if (labels === undefined || labels.includes(label) || isControl) return true
  return variant !== null && labels.includes(variant.of)
}

function trialLimit({ budget, fidelity }: OpenBenchmark['plan']): number | null {
  if (budget.trials !== undefined) return budget.trials
  // Methods that ask for less than a full evaluation may fit more trials in.
  return budget.epochs === undefined ? null : Math.floor(budget.epochs / fidelity.epochs)
}

function checkpointsOf(wanted: CheckpointChoice, budget: StudyBudget): Checkpoints {
  return {
    trials: upTo(wanted.trials, budget.trials),
    costSeconds: upTo(wanted.costSeconds, budget.costSeconds),
  }
}

/** Those below the limit, and the limit; without a limit as they are. */
function upTo(places: readonly number[], limit: number | undefined): readonly number[] {
  const kept = limit === undefined ? places : [...places.filter((place) => place < limit), limit]
  return [...new Set(kept)].sort((a, b) => a - b)
}

function findMethod({ name }: StudyMethod, extensions: Extensions) {
  return findEntry(availableOptimizers(extensions), name, `Method ${name}`)
}

/** A new optimizer of a method: nothing of another search is in it. */
export function makeOptimizer(
  method: StudyMethod,
  space: SearchSpace,
  extensions: Extensions,
): Optimizer {
  const entry = findMethod(method, extensions)
  return entry.create(space, entry.settings.parse(method.settings))
}
