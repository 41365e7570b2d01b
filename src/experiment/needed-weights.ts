import type { ExperimentState } from './state.ts'

/**
 * Trials whose trained weights may still be asked for: by the measurement of the test split, by an
 * attempt, or by a proposal to come. What has left the set does not come back.
 *
 * @param sources - told trials that a proposal may still name, as the optimizer says
 */
export function neededWeights(
  { best, active, held, phase, plan }: ExperimentState,
  sources: readonly number[],
): ReadonlySet<number> {
  // What is not told yet may become a source when it is.
  const heirs =
    phase === 'searching' && plan?.inheritsWeights
      ? [...sources, ...held.map(({ trial }) => trial)]
      : []
  return new Set([
    ...(best ? [best.trial] : []),
    ...active.flatMap(({ trial, proposal }) => [trial, proposal.weightsFrom ?? trial]),
    ...heirs,
  ])
}
