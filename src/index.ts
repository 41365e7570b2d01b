/** The library: everything that a program built on archloom imports. */

export { defineExperiment } from './config/define.ts'
export { type LoadOptions, loadExperiment } from './config/load.ts'
export type {
  ExperimentDocument,
  ExperimentInput,
  ExperimentScript,
  Extensions,
  LoadedExperiment,
} from './config/schema.ts'
export { ArchloomError, type ErrorCode, errorCodes } from './errors.ts'
export type { Evaluator, EvaluatorContext, EvaluatorEntry } from './evaluator/evaluator.ts'
export { functionEvaluator, type MeasureFunctions } from './evaluator/function.ts'
export type { Drawing } from './graph/drawing.ts'
export { NetworkGraph } from './graph/graph.ts'
export type { Optimizer, OptimizerEntry } from './optimizer/optimizer.ts'
export { Random } from './random/random.ts'
export type { SearchSpace, SpaceEntry, Task } from './space/space.ts'
export { AttemptFailure } from './trial/attempt-failure.ts'
export type { Metrics, TestMetrics } from './trial/metrics.ts'
export type { Observation } from './trial/observation.ts'
export type { Proposal } from './trial/proposal.ts'
