import { z } from 'zod'
import { contentHash } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import { type Objective, refuseBudget } from '../objective.ts'
import { parameterView } from '../parameter-objective.ts'
import { syntheticCatalog } from './catalog.ts'
import type { SyntheticFunction } from './synthetic-function.ts'

/** Changed when a function or the map to accuracies changes, so that results are not pooled. */
const version = 1

/** Deviations of the noise that are left free above the best and below the worst accuracy. */
const marginDeviations = 4

const names = syntheticCatalog.map(({ name }) => name)

export const SyntheticChoice = z.strictObject({
  /** One of the test functions. */
  function: z.enum(names),
  /** Epochs of a full evaluation; null for what the function's source has. Fewer are cheaper. */
  epochs: z.int().min(1).max(10_000).nullable().default(null),
  /** Standard deviation of normal noise on the accuracy of a trial, drawn by its seed. */
  noise: z.number().min(0).max(0.1).default(0),
  /** Simulated seconds of a full evaluation. */
  fullSeconds: z.number().positive().default(1),
})
export type SyntheticChoice = z.infer<typeof SyntheticChoice>

/**
 * A search for the minimum of a test function.
 *
 * @remarks
 * The function's range is mapped to accuracies by one affine map: the minimum to 1, the greatest value
 * to 0, and with noise to `marginDeviations` of its deviations from 1 and 0, so that noise is seldom cut
 * off; what it or a cheaper version still brings beyond is set to the nearer end. The reported test
 * accuracy is exact.
 *
 * @throws config/incompatible for a space that the function is not defined on
 */
export function syntheticObjective(choice: SyntheticChoice, space: SearchSpace): Objective {
  const tested = findFunction(choice.function)
  const view = parameterView(space, `The test function ${tested.name}`)
  const misfit = tested.misfit(view.parameters)
  if (misfit !== null) refuseSpace(tested, space, misfit)
  const { noise, fullSeconds } = choice
  const fullEpochs = choice.epochs ?? tested.fullEpochs
  const { least, greatest } = tested.range(view.parameters)
  const margin = marginDeviations * noise
  const accuracyOf = (value: number) =>
    clamp(margin + ((1 - 2 * margin) * (greatest - value)) / (greatest - least))
  const budgets = Array.from({ length: fullEpochs }, (_, index) => index + 1)
  const fingerprint = { benchmark: tested.name, version, fullEpochs, noise, fullSeconds }
  const hash = contentHash(fingerprint)
  return {
    name: tested.name,
    description: `${tested.name}: told ${rounded(1 - margin)} at its minimum of ${rounded(least)} and ${rounded(margin)} at ${rounded(greatest)}${noise === 0 ? '' : `, with noise of ${noise}`}; reported exact`,
    fingerprint,
    contentHash: hash,
    isTestOnly: false,
    mark: null,
    hasSeconds: true,
    hasTest: true,
    fullFidelity: { epochs: fullEpochs },
    budgets,
    measure(architecture, { epochs }, seed): EvaluationResult {
      if (budgets[epochs - 1] === undefined) refuseBudget(tested.name, budgets, epochs)
      const effort = { epochs, share: epochs / fullEpochs }
      const random = Random.named(seed, 'synthetic')
      const seen = tested.observe(view.configurationOf(architecture), effort, random)
      const error = noise === 0 ? 0 : noise * random.normal()
      return {
        metrics: { valAccuracy: clamp(accuracyOf(seen) + error) },
        cost: { seconds: fullSeconds * tested.cost(effort.share), epochs },
        curve: [],
        fingerprint: hash,
      }
    },
    testAccuracy: (architecture) => accuracyOf(tested.value(view.configurationOf(architecture))),
    bestValAccuracy: () => 1 - margin,
    bestTestAccuracy: () => 1 - margin,
    [Symbol.dispose]() {},
  }
}

function findFunction(name: string): SyntheticFunction {
  const found = syntheticCatalog.find((one) => one.name === name)
  if (found) return found
  throw new ArchloomError('internal/invariant', `There is no test function ${name}`)
}

function refuseSpace({ name }: SyntheticFunction, space: SearchSpace, misfit: string): never {
  throw new ArchloomError(
    'config/incompatible',
    `The test function ${name} ${misfit}; the space ${space.name} has others (docs/benchmarks/synthetic.md has the parameters to write down)`,
    { details: { function: name, space: space.name } },
  )
}

function clamp(share: number): number {
  return Math.min(Math.max(share, 0), 1)
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(6)))
}
