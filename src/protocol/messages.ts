/**
 * Every message of the bridge protocol (ALP): the one definition. JSON Schema and the worker's
 * Python types are generated from here; `test/vectors/protocol` holds what both sides must accept
 * and refuse.
 *
 * On the wire a message is: protocol tag, JSON header (one of these), then one binary frame for
 * each entry of the header's `tensors`. Names from a worker are past or descriptive (`started`,
 * `result`), names to a worker imperative (`run`, `cancel`).
 */
import { z } from 'zod'
import { Shape } from '#src/graph/graph.ts'
import { CurvePoint } from '#src/trial/metrics.ts'
import { Failure } from '#src/trial/record.ts'
import { Fingerprint } from './fingerprint.ts'
import { limits } from './limits.ts'
import { DatasetName } from './recipe.ts'
import { JsonObject, TaskResult, TaskWork } from './task.ts'

const Name = z.string().min(1).max(limits.nameCharacters)

/** Dispatched work: the same task sent again bears a higher lease, and only the newest counts. */
const leased = { task: Name, lease: z.int().min(0) }

export const TensorFrame = z.strictObject({
  name: Name,
  dtype: z.enum(['float32', 'float64', 'float16', 'int64', 'int32', 'uint8', 'bool']),
  /** Little-endian, C-contiguous. */
  shape: z.array(z.int().min(0)).max(limits.tensorAxes),
})
export type TensorFrame = z.infer<typeof TensorFrame>

/**
 * A data set as the worker holds it; what a network must fit. Text is counted in tokens: how many
 * make a sample is for the split to say (`sequenceLength`).
 */
export const DatasetFacts = z.strictObject({
  name: DatasetName,
  kind: z.enum(['images', 'features', 'tokens']),
  /** Of one sample; `[1]` for text, one token. */
  inputShape: Shape,
  /** For text the size of the vocabulary. */
  classCount: z.int().min(2),
  trainCount: z.int().min(1),
  /** 0 where the data set has no official test split. */
  testCount: z.int().min(0),
  contentHash: z.string(),
})
export type DatasetFacts = z.infer<typeof DatasetFacts>

export const DatasetProblem = z.strictObject({
  name: DatasetName,
  /** `missing` or `corrupt`, with a sentence that says where it was looked for and what to do. */
  kind: z.enum(['missing', 'corrupt']),
  message: z.string(),
})

export const Hello = z.strictObject({
  type: z.literal('hello'),
  protocolVersion: z.int().min(1),
  /** The name that the pool gave this worker on its command line, such as `w03`. */
  worker: Name,
  pid: z.int().min(1),
  /** Task kinds and features, such as `train` or `tensors`; minor differences are settled by these. */
  capabilities: z.array(z.string()),
  /** Tasks that it runs at once. */
  slots: z.int().min(1),
  fingerprint: Fingerprint,
  datasets: z.array(DatasetFacts),
  datasetProblems: z.array(DatasetProblem),
})
export type Hello = z.infer<typeof Hello>

export const Welcome = z.strictObject({
  type: z.literal('welcome'),
  /** Seconds between heartbeats, both ways. */
  heartbeatSeconds: z.number().positive(),
  /** Silence after which the other side counts as gone. */
  silenceSeconds: z.number().positive(),
  /** Progress and log messages that the worker may send before it is granted more. */
  credits: z.int().min(1),
})

export const Refused = z.strictObject({
  type: z.literal('refused'),
  reason: z.string(),
  /** What to do about it. */
  mend: z.string(),
})

export const Run = z.strictObject({
  type: z.literal('run'),
  ...leased,
  /** Seconds after which the worker gives the task up as timed out; null for no limit. */
  deadlineSeconds: z.number().positive().nullable(),
  work: TaskWork,
  tensors: z.array(TensorFrame),
})
export type Run = z.infer<typeof Run>

export const Cancel = z.strictObject({ type: z.literal('cancel'), ...leased })
/** Finish early and hand back what there is; only to a worker that can do calls. */
export const Stop = z.strictObject({ type: z.literal('stop'), ...leased })
/** The result or failure is safe in the orchestrator: the worker may forget it. */
export const Acknowledge = z.strictObject({ type: z.literal('acknowledge'), ...leased })
export const Grant = z.strictObject({ type: z.literal('grant'), credits: z.int().min(1) })
/** Finish what runs, take nothing new, then leave. */
export const Drain = z.strictObject({ type: z.literal('drain') })
export const Heartbeat = z.strictObject({ type: z.literal('heartbeat') })

/** What a worker's process holds; for people. */
export const WorkerMemory = z.strictObject({
  /** In main memory. */
  residentBytes: z.int().min(0),
  /** What PyTorch holds on the GPU, as of the last point or report; null without one. */
  deviceBytes: z.int().min(0).nullable(),
})
export type WorkerMemory = z.infer<typeof WorkerMemory>

/** A worker's own heartbeat. */
export const WorkerHeartbeat = z.strictObject({
  type: z.literal('heartbeat'),
  /** Absent where the system does not tell. */
  memory: WorkerMemory.optional(),
})

export const Started = z.strictObject({ type: z.literal('started'), ...leased })
export const Progress = z.strictObject({
  type: z.literal('progress'),
  ...leased,
  point: CurvePoint,
})
/** What a function of the user's says of its progress; costs a credit, as progress does. */
export const Reported = z.strictObject({
  type: z.literal('reported'),
  ...leased,
  report: JsonObject,
})
export const Result = z.strictObject({
  type: z.literal('result'),
  ...leased,
  result: TaskResult,
  tensors: z.array(TensorFrame),
})
export type Result = z.infer<typeof Result>
export const Failed = z.strictObject({ type: z.literal('failed'), ...leased, failure: Failure })
export type Failed = z.infer<typeof Failed>
const LogText = z.string().max(limits.logCharacters)

export const Log = z.strictObject({
  type: z.literal('log'),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: LogText,
  fields: z.record(z.string(), z.union([LogText, z.number(), z.boolean(), z.null()])),
})
export type Log = z.infer<typeof Log>
export const Drained = z.strictObject({ type: z.literal('drained') })

export const FromWorker = z.discriminatedUnion('type', [
  Hello,
  WorkerHeartbeat,
  Started,
  Progress,
  Reported,
  Result,
  Failed,
  Log,
  Drained,
])
export type FromWorker = z.infer<typeof FromWorker>

export const ToWorker = z.discriminatedUnion('type', [
  Welcome,
  Refused,
  Heartbeat,
  Run,
  Cancel,
  Stop,
  Acknowledge,
  Grant,
  Drain,
])
export type ToWorker = z.infer<typeof ToWorker>
