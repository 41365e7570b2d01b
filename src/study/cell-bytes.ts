/** A finished cell as bytes, and back: the summary that reports read, and all of its trials. */
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { type Column, decodeColumns, encodeColumns } from './columns.ts'
import type { CellKey, CellSummary, IncumbentCurve, Trajectory } from './study.ts'

const CallTimes = z.strictObject({
  total: z.number(),
  median: z.number(),
  p95: z.number(),
  max: z.number(),
})
const counts = z.record(z.string(), z.int().min(0))
const SummaryMeta = z.strictObject({
  endedCount: z.int().min(0),
  outcomeCounts: counts,
  originCounts: counts,
  reason: z.enum(['trials', 'epochs', 'costSeconds', 'seconds']),
  seconds: z.number(),
  ask: CallTimes,
  tell: CallTimes,
})
const incumbentColumns = {
  endedCounts: Uint32Array,
  trials: Uint32Array,
  seconds: Float64Array,
  secondsWithOverhead: Float64Array,
  valAccuracies: Float64Array,
  testAccuracies: Float64Array,
} as const satisfies Record<keyof IncumbentCurve, unknown>

const TrajectoryMeta = z.strictObject({
  architectures: z.array(z.string()),
  origins: z.array(z.string()),
})
const trajectoryColumns = {
  parents: Int32Array,
  epochs: Uint32Array,
  outcomes: Uint8Array,
  valAccuracies: Float64Array,
  parameterCounts: Float64Array,
  costSeconds: Float64Array,
  startSeconds: Float64Array,
  endSeconds: Float64Array,
  seenCounts: Uint32Array,
  endOrder: Uint32Array,
  askSeconds: Float32Array,
  tellSeconds: Float32Array,
  overheadSeconds: Float64Array,
} as const satisfies Partial<Record<keyof Trajectory, unknown>>

type ColumnsOf<T> = {
  readonly [K in keyof T]: T[K] extends new (...args: never) => infer C ? C : never
}

export function encodeSummary(summary: CellSummary): Uint8Array<ArrayBuffer> {
  const { key: _, fingerprint: __, incumbents, ...meta } = summary
  return encodeColumns({ meta: SummaryMeta.parse(meta), columns: { ...incumbents } })
}

/** @throws store/corrupt */
export function decodeSummary(
  bytes: Uint8Array,
  place: { readonly key: CellKey; readonly fingerprint: string },
): CellSummary {
  const { meta, columns } = decodeColumns(bytes)
  const incumbents = pick(columns, incumbentColumns)
  return { ...place, ...parse(SummaryMeta, meta), incumbents }
}

/** Architectures and origins that come more than once are written once. */
export function encodeTrajectory(trajectory: Trajectory): Uint8Array<ArrayBuffer> {
  const architectures = indexed(trajectory.architectures)
  const origins = indexed(trajectory.origins)
  const { trialCount: _, architectures: __, origins: ___, ...columns } = trajectory
  return encodeColumns({
    meta: { architectures: architectures.words, origins: origins.words },
    columns: {
      ...columns,
      architectureIndices: architectures.indices,
      originIndices: origins.indices,
    },
  })
}

/** @throws store/corrupt */
export function decodeTrajectory(bytes: Uint8Array): Trajectory {
  const { meta, columns } = decodeColumns(bytes)
  const words = parse(TrajectoryMeta, meta)
  const { architectureIndices, originIndices } = pick(columns, {
    architectureIndices: Uint32Array,
    originIndices: Uint32Array,
  })
  return {
    trialCount: architectureIndices.length,
    architectures: Array.from(architectureIndices, (index) => words.architectures[index] ?? ''),
    origins: Array.from(originIndices, (index) => words.origins[index] ?? ''),
    ...pick(columns, trajectoryColumns),
  }
}

function indexed(texts: readonly string[]): { words: string[]; indices: Uint32Array } {
  const known = new Map<string, number>()
  const indices = Uint32Array.from(texts, (text) => {
    const index = known.get(text) ?? known.size
    known.set(text, index)
    return index
  })
  return { words: [...known.keys()], indices }
}

function pick<T extends Readonly<Record<string, new (...args: never) => Column>>>(
  columns: Readonly<Record<string, Column>>,
  wanted: T,
): ColumnsOf<T> {
  for (const [name, make] of Object.entries(wanted)) {
    if (!(columns[name] instanceof make)) throw damaged(`it has no column ${name}`)
  }
  // Each wanted column was just found to be there and of its kind.
  return Object.fromEntries(
    Object.keys(wanted).map((name) => [name, columns[name]]),
  ) as ColumnsOf<T>
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw damaged('its header does not fit', parsed.error)
}

function damaged(why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'store/corrupt',
    `A cell of the study is damaged: ${why}; delete the study's folder, or restore it from a copy`,
    { cause },
  )
}
