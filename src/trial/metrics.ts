import { z } from 'zod'

const share = z.number().min(0).max(1)
const amount = z.number().min(0)

/**
 * What an optimizer may be told: training and validation only. A test metric has no place here, so
 * no optimizer, scheduler or trial record can carry one.
 */
export const Metrics = z.strictObject({
  /** Share of validation samples classified correctly, 0 to 1. */
  valAccuracy: share,
  valLoss: z.number().optional(),
  trainAccuracy: share.optional(),
  trainLoss: z.number().optional(),
})
export type Metrics = z.infer<typeof Metrics>

/** What the test split says of the finally selected architecture; read once, after selection. */
export const TestMetrics = z.strictObject({
  testAccuracy: share,
  testLoss: z.number().optional(),
})
export type TestMetrics = z.infer<typeof TestMetrics>

/** One point of a learning curve, after `epoch` epochs. */
export const CurvePoint = z.strictObject({
  epoch: z.int().min(1),
  trainLoss: z.number(),
  trainAccuracy: share,
  valLoss: z.number(),
  valAccuracy: share,
  /** Learning rate of the epoch's last step. */
  learningRate: amount,
  /** Wall-clock seconds spent training since the task started. */
  seconds: amount,
})
export type CurvePoint = z.infer<typeof CurvePoint>

/** As much of a point as is known: pipelines of others tell what they tell. */
export const KnownPoint = CurvePoint.partial({
  trainLoss: true,
  trainAccuracy: true,
  valLoss: true,
  learningRate: true,
})
export type KnownPoint = z.infer<typeof KnownPoint>

/** What a trial cost. */
export const Cost = z.strictObject({
  /** Wall-clock seconds on the worker, or simulated seconds of a tabular benchmark. */
  seconds: amount,
  /** Training epochs really run. */
  epochs: amount,
})
export type Cost = z.infer<typeof Cost>

/** Size of a network. */
export const NetworkCounts = z.strictObject({
  parameterCount: z.int().min(0),
  /** Multiply-adds of convolutions and linear layers for one sample. */
  multiplyAdds: z.int().min(0),
})
export type NetworkCounts = z.infer<typeof NetworkCounts>

/** As much of a network's size as is known: tables of results have parameters alone. */
export const KnownCounts = NetworkCounts.partial({ multiplyAdds: true })
export type KnownCounts = z.infer<typeof KnownCounts>
