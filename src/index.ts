/** The library: everything that a program built on archloom imports. */

/** Settings of entries are zod objects; of the copy that the library itself uses. */
export { z } from 'zod'
// Benchmarks: tables of measured results, imported with `archloom bench import`.
export type {
  Benchmark,
  MeasuredBudget,
  MeasuredDataset,
  RepeatChoice,
  TableMetric,
  TablePlace,
} from './benchmark/benchmark.ts'
export { openBenchmark } from './benchmark/open-benchmark.ts'
// PyTorch from Node: calls, sessions and tensors (docs/node-api.md).
export { openWorkers } from './bridge/open-workers.ts'
export { type ElementType, type TypedTensor, tensor } from './bridge/tensor.ts'
export type {
  CallOptions,
  CallOutcome,
  CallReport,
  CallTask,
  Methods,
  Session,
  SessionOptions,
  TensorsByName,
  Workers,
  WorkersOptions,
} from './bridge/workers.ts'
// Experiments.
export { defineExperiment } from './config/define.ts'
export { type LoadOptions, loadExperiment } from './config/load.ts'
export { defineStudy, type LoadedStudy, loadStudy, type StudyScript } from './config/load-study.ts'
export type {
  ExperimentDocument,
  ExperimentInput,
  ExperimentScript,
  Extensions,
  LoadedExperiment,
} from './config/schema.ts'
export type { Json } from './encoding/json.ts'
export { ArchloomError, type ErrorCode, errorCodes } from './errors.ts'
// Evaluators of your own.
export type { Evaluator, EvaluatorContext, EvaluatorEntry } from './evaluator/evaluator.ts'
export { functionEvaluator, type MeasureFunctions } from './evaluator/function.ts'
// Networks: a builder, the operations and the compositions that it takes, and what is known of a graph.
export { type GraphBuilder, graphBuilder } from './graph/builder.ts'
export * as compositions from './graph/compose.ts'
export { countGraph, type GraphCounts } from './graph/counts.ts'
export { drawGraph } from './graph/draw.ts'
export type {
  Drawing,
  DrawingEdge,
  DrawingGroup,
  DrawingNode,
  DrawingRole,
} from './graph/drawing.ts'
export { type ActivationFunction, NetworkGraph, type Operation, type Shape } from './graph/graph.ts'
export * as operations from './graph/operations.ts'
export { outputShapes } from './graph/shape.ts'
export { renderSvg } from './graph/svg.ts'
export { validateGraph } from './graph/validate.ts'
// Optimizers of your own.
export type { Optimizer, OptimizerEntry } from './optimizer/optimizer.ts'
// Parameter spaces: the words to write one, and what methods do with its configurations.
export {
  type ChangeOptions,
  crossoverConfigurations,
  mutateConfiguration,
  neighbourConfigurations,
} from './parameter/change.ts'
export { readConfigSpace } from './parameter/configspace-read.ts'
export { type ConfigSpaceDocument, writeConfigSpace } from './parameter/configspace-write.ts'
export { type ConfigurationCount, countConfigurations } from './parameter/count.ts'
export * as parameters from './parameter/define.ts'
export type {
  Configuration,
  Parameter,
  ParameterSpace,
  ParameterValue,
} from './parameter/parameter.ts'
export { configurationProblems } from './parameter/problems.ts'
export { defaultConfiguration, sampleConfiguration } from './parameter/sample.ts'
export { formatConfiguration, parseConfiguration } from './parameter/text.ts'
export { decodeUnitVector, encodeUnitVector } from './parameter/unit-vector.ts'
export { Random } from './random/random.ts'
// Python functions: what there is to know of one before work is sent to it.
export type { BoundArgument } from './runner/function-arguments.ts'
export type { DeclaredSpace } from './runner/function-space.ts'
export {
  type InspectedCall,
  type InspectOptions,
  inspectFunction,
} from './runner/inspect-function.ts'
// Search spaces: those that ship, by name, and your own.
export { createSpace } from './runner/query-benchmark.ts'
export {
  type ParameterSearchSpace,
  parameterSearchSpace,
} from './space/parameter-search-space.ts'
export type {
  Count,
  Decoded,
  Encodings,
  FeatureEncoding,
  InputKind,
  ParameterEncoding,
  SearchSpace,
  SpaceEntry,
  Supernet,
  Task,
} from './space/space.ts'
export { featureTask, imageTask } from './space/task.ts'
export { AttemptFailure } from './trial/attempt-failure.ts'
export type { Metrics, TestMetrics } from './trial/metrics.ts'
export type { Observation } from './trial/observation.ts'
export type { Proposal } from './trial/proposal.ts'
export type { WorkersLogger } from './worker/worker.ts'
