/** What a worker can be asked to do, and what it hands back. One kind, one body, one result. */
import { z } from 'zod'
import { NetworkGraph, NodeId, Shape } from '#src/graph/graph.ts'
import { Cost, CurvePoint, Metrics, NetworkCounts } from '#src/trial/metrics.ts'
import { DatasetUse } from '#src/trial/record.ts'
import { DatasetSplit, Recipe } from './recipe.ts'

const Seed = z.string().regex(/^[0-9]+$/)

/** A checkpoint file by path and content; paths are absolute on the worker's machine. */
export const CheckpointRef = z.strictObject({ path: z.string().min(1), sha256: z.string() })
export type CheckpointRef = z.infer<typeof CheckpointRef>

export const DescribeWork = z.strictObject({
  kind: z.literal('describe'),
  graph: NetworkGraph,
})

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

export const TaskWork = z.discriminatedUnion('kind', [DescribeWork, TrainWork, EvaluateWork])
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

export const TaskResult = z.discriminatedUnion('kind', [
  DescribeResult,
  TrainResult,
  EvaluateResult,
])
export type TaskResult = z.infer<typeof TaskResult>
