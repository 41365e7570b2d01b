/** What a worker can be asked to do, and what it hands back. One kind, one body, one result. */
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { NetworkGraph, NodeId, Shape } from '#src/graph/graph.ts'
import { Cost, CurvePoint, Metrics, NetworkCounts } from '#src/trial/metrics.ts'
import { DatasetUse } from '#src/trial/record.ts'
import { DatasetSplit, Recipe } from './recipe.ts'

const Seed = z.string().regex(/^[0-9]+$/)

/**
 * A checkpoint file by path and content. Paths are relative to the worker's folder, or absolute and
 * inside it; a worker refuses any other.
 */
export const CheckpointRef = z.strictObject({ path: z.string().min(1), sha256: z.string() })
export type CheckpointRef = z.infer<typeof CheckpointRef>

export const DescribeWork = z.strictObject({
  kind: z.literal('describe'),
  graph: NetworkGraph,
})
export type DescribeWork = z.infer<typeof DescribeWork>

/** Two nodes whose tensors have equal names and shapes: of a trained network, and of a new one. */
export const WeightPair = z.strictObject({ source: NodeId, target: NodeId })

/** Weights that a network starts from; what no pair names starts anew. */
export const Inheritance = z.strictObject({
  /** Of a training on the same data set and split. */
  checkpoint: CheckpointRef,
  /** Each node at most once. */
  plan: z.array(WeightPair),
})
export type Inheritance = z.infer<typeof Inheritance>

export const TrainWork = z.strictObject({
  kind: z.literal('train'),
  graph: NetworkGraph,
  dataset: DatasetSplit,
  recipe: Recipe,
  seed: Seed,
  /** First epoch to run, zero-based: 0 for a new training, else what the checkpoint has behind it. */
  fromEpoch: z.int().min(0),
  /** One past the last epoch to run. */
  toEpoch: z.int().min(1),
  /** Epochs over which the schedule is laid out; at least `toEpoch`. */
  horizonEpochs: z.int().min(1),
  /** Where to continue; null for a new training. */
  resume: CheckpointRef.nullable(),
  /** What a new training starts from; absent for fresh weights alone. */
  inherit: Inheritance.optional(),
  /** Where to leave the checkpoint; null for none. */
  checkpointPath: z.string().min(1).nullable(),
})
export type TrainWork = z.infer<typeof TrainWork>

export const EvaluateWork = z.strictObject({
  kind: z.literal('evaluate'),
  graph: NetworkGraph,
  dataset: DatasetSplit,
  recipe: Recipe,
  checkpoint: CheckpointRef,
  split: z.enum(['validation', 'test']),
})

/** Any value of JSON: parsed from a header it can be nothing else. */
const JsonValue = z.unknown() as z.ZodType<Json>

/** Values by name. */
export const JsonObject = z.record(z.string(), JsonValue)
export type JsonObject = z.infer<typeof JsonObject>

/** `module:name`, of a function or a class that stands at the top of the module. */
export const FunctionName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z][A-Za-z0-9_]*$/,
    'module:function, such as team.training:fit',
  )

/** A method by name; private ones cannot be called. */
export const MethodName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/)

/** An object that stays in a worker between calls, by a name of the orchestrator's. */
const SessionName = z.string().min(1)

/** When a function should finish early; decided in the worker, from its reports alone. */
export const EarlyStop = z.strictObject({
  /** Of the reports, by name. */
  metric: z.string().min(1),
  goal: z.enum(['maximize', 'minimize']),
  /** Reports in a row without a gain that are enough. */
  patience: z.int().min(1),
  /** What counts as a gain: more than this. */
  minimumGain: z.number().min(0),
})
export type EarlyStop = z.infer<typeof EarlyStop>

/** A function of the user's, called with what the parameters of its signature name. */
export const CallWork = z.strictObject({
  kind: z.literal('call'),
  function: FunctionName,
  /** Arguments by name. */
  input: JsonObject,
  /** The network that the function is about; null for none. */
  graph: NetworkGraph.nullable(),
  seed: Seed,
  /** What the function may go on from; null for a new start. */
  resume: CheckpointRef.nullable(),
  /** Where the function may leave a checkpoint; null for nowhere. */
  checkpointPath: z.string().min(1).nullable(),
  /** Absent where only the orchestrator ends it early. */
  earlyStop: EarlyStop.optional(),
})
export type CallWork = z.infer<typeof CallWork>

/** Makes an object of the user's, which stays in the worker until it is closed. */
export const SessionOpenWork = z.strictObject({
  kind: z.literal('session-open'),
  session: SessionName,
  /** A class, or a function that makes the object. */
  function: FunctionName,
  input: JsonObject,
  graph: NetworkGraph.nullable(),
  seed: Seed,
})
export type SessionOpenWork = z.infer<typeof SessionOpenWork>

export const SessionCallWork = z.strictObject({
  kind: z.literal('session-call'),
  session: SessionName,
  method: MethodName,
  input: JsonObject,
})
export type SessionCallWork = z.infer<typeof SessionCallWork>

export const SessionCloseWork = z.strictObject({
  kind: z.literal('session-close'),
  session: SessionName,
})

export const TaskWork = z.discriminatedUnion('kind', [
  DescribeWork,
  TrainWork,
  EvaluateWork,
  CallWork,
  SessionOpenWork,
  SessionCallWork,
  SessionCloseWork,
])
export type TaskWork = z.infer<typeof TaskWork>
export type TaskKind = TaskWork['kind']

export const ParameterShape = z.strictObject({ name: z.string(), shape: z.array(z.int().min(0)) })

export const DescribeResult = z.strictObject({
  kind: z.literal('describe'),
  outputShapes: z.array(Shape),
  counts: NetworkCounts,
  parameters: z.array(ParameterShape),
  /** The generated forward pass, as Python source. */
  code: z.string(),
})

export const TrainResult = z.strictObject({
  kind: z.literal('train'),
  metrics: Metrics,
  curve: z.array(CurvePoint),
  cost: Cost,
  counts: NetworkCounts,
  checkpoint: CheckpointRef.nullable(),
  dataset: DatasetUse,
})
export type TrainResult = z.infer<typeof TrainResult>

export const EvaluateResult = z.strictObject({
  kind: z.literal('evaluate'),
  split: z.enum(['validation', 'test']),
  accuracy: z.number().min(0).max(1),
  loss: z.number(),
  sampleCount: z.int().min(1),
})

export const CallResult = z.strictObject({
  kind: z.literal('call'),
  /** What the function returned, without its tensors, which travel beside. */
  output: JsonValue,
  /** What the function saved last; null when it saved nothing, or to nowhere. */
  checkpoint: CheckpointRef.nullable(),
  /** Whether it was asked to finish early before it was done. */
  stopped: z.boolean(),
  /** Each report counts as an epoch. */
  cost: Cost,
})
export type CallResult = z.infer<typeof CallResult>

export const SessionOpenResult = z.strictObject({
  kind: z.literal('session-open'),
  cost: Cost,
})

export const SessionCallResult = z.strictObject({
  kind: z.literal('session-call'),
  output: JsonValue,
  stopped: z.boolean(),
  cost: Cost,
})

export const SessionCloseResult = z.strictObject({ kind: z.literal('session-close') })

export const TaskResult = z.discriminatedUnion('kind', [
  DescribeResult,
  TrainResult,
  EvaluateResult,
  CallResult,
  SessionOpenResult,
  SessionCallResult,
  SessionCloseResult,
])
export type TaskResult = z.infer<typeof TaskResult>
