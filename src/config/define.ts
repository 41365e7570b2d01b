import type { ExperimentInput, ExperimentScript, Extensions } from './schema.ts'

/**
 * What a TypeScript experiment script default-exports.
 *
 * @param experiment - the same keys as in YAML, and `extensions`: spaces, optimizers and evaluators
 *   of your own, found by their names
 *
 * @example
 * export default defineExperiment({
 *   version: 1,
 *   name: 'my-search',
 *   space: { name: 'nas-bench-201', cellsPerStage: 1 },
 *   optimizer: { name: 'random-search' },
 *   evaluator: { name: 'train', dataset: { name: 'digits' } },
 *   fidelity: { epochs: 4 },
 *   budget: { trials: 10 },
 * })
 */
export function defineExperiment(
  experiment: ExperimentInput & { readonly extensions?: Extensions },
): ExperimentScript {
  const { extensions, ...document } = experiment
  return { document, extensions: extensions ?? {} }
}
