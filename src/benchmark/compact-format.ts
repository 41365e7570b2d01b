/**
 * The compact file of a table: README.md describes it. A preamble of 64 bytes leads to a JSON header
 * at the end, which names the columns between them and their hashes.
 */
import { z } from 'zod'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { tableMetrics } from './benchmark.ts'

/** Sizes of the network, whole numbers. */
export const tableCounts = ['parameterCount', 'multiplyAdds'] as const
export type TableCount = (typeof tableCounts)[number]

/**
 * Raised by every change that an older archloom could not read, and by every change of a space's
 * canonical forms, which rows are found by.
 */
export const formatVersion = 2
export const preambleBytes = 64
/** Columns start at multiples of it, so that arrays of any type can lie on them. */
export const columnAlignment = 8

const magic = Buffer.from('ARCHBNCH', 'latin1')
/** Largest header that is read; a file of a thousand columns has half a megabyte. */
const headerLimit = 64 * 1024 * 1024

const Stored = {
  encoding: z.strictObject({
    type: z.enum(['u8', 'u16', 'u32', 'f32', 'f64']),
    divisor: z.int().positive().exactOptional(),
    rounded: z.boolean().exactOptional(),
  }),
  offset: z.int().nonnegative(),
  byteCount: z.int().nonnegative(),
  sha256: z.string(),
}

export const TableColumn = z.discriminatedUnion('role', [
  /** Sixteen bytes a row, ascending: what rows are found by. */
  z.strictObject({ role: z.literal('keys'), ...Stored }),
  /** The row of each key; absent where they have the same order. */
  z.strictObject({ role: z.literal('key-rows'), ...Stored }),
  /** Text forms in UTF-8, one after the other. */
  z.strictObject({ role: z.literal('architectures'), ...Stored }),
  /** Where each row's text ends. */
  z.strictObject({ role: z.literal('architecture-ends'), ...Stored }),
  z.strictObject({
    role: z.literal('count'),
    dataset: z.string(),
    count: z.enum(tableCounts),
    ...Stored,
  }),
  z.strictObject({
    role: z.literal('metric'),
    dataset: z.string(),
    /** Of the whole training. */
    epochs: z.int().positive(),
    /** After which it was measured. */
    epoch: z.int().positive(),
    metric: z.enum(tableMetrics),
    /** Zero-based; null for the mean of repeats that the source does not have. */
    repeat: z.int().nonnegative().nullable(),
    missingCount: z.int().nonnegative(),
    ...Stored,
  }),
])
export type TableColumn = z.infer<typeof TableColumn>

/** The same values, read-only as everywhere in archloom. */
const JsonValue: z.ZodType<Json> = z.json()

/** A space whose architectures a table answers for. */
export const AnsweredSpace = z.strictObject({
  name: z.string(),
  /** Settings that have to be these. */
  settings: z.record(z.string(), JsonValue),
  /** Settings that may be at most so much. */
  atMost: z.record(z.string(), z.number()),
})
export type AnsweredSpace = z.infer<typeof AnsweredSpace>

/** What a table says of itself, besides its columns. */
export const TableDescription = z.strictObject({
  name: z.string().min(1),
  summary: z.string(),
  source: z.string(),
  /** What a reader of its numbers must know, a sentence each. */
  notes: z.array(z.string()),
  space: z.strictObject({ name: z.string(), settings: JsonValue }),
  answers: z.array(AnsweredSpace).min(1),
  /** Whether one row stands for all architectures with one canonical form, or for one text form. */
  rowOf: z.enum(['canonical', 'text']),
})
export type TableDescription = z.infer<typeof TableDescription>

export const TableHeader = z.strictObject({
  description: TableDescription,
  rowCount: z.int().nonnegative(),
  columns: z.array(TableColumn),
})
export type TableHeader = z.infer<typeof TableHeader>

/**
 * The hash of everything that decides an answer: rows, columns and the spaces that are answered for;
 * not what the table is called and how it is described.
 */
export function tableHash({ description, rowCount, columns }: TableHeader): string {
  const { space, answers, rowOf } = description
  const content = columns.map(({ offset: _, ...column }) => column)
  return contentHash({ space, answers, rowOf, rowCount, columns: content })
}

/** @returns the header's bytes, and the preamble that leads to it */
export function formatHeader(header: TableHeader, offset: number) {
  const bytes = Buffer.from(JSON.stringify(header))
  const preamble = Buffer.alloc(preambleBytes)
  magic.copy(preamble)
  preamble.writeUInt32LE(formatVersion, 8)
  preamble.writeBigUInt64LE(BigInt(offset), 16)
  preamble.writeBigUInt64LE(BigInt(bytes.length), 24)
  preamble.write(sha256(bytes), 32, 'hex')
  return { bytes, preamble }
}

/** Where the header lies, as the preamble has it. */
export interface HeaderPlace {
  readonly offset: number
  readonly byteCount: number
  readonly sha256: string
}

/**
 * @param preamble - the first bytes of a file, up to 64
 * @throws benchmark/invalid for another file, one from another archloom and one that was cut off
 */
export function readPreamble(preamble: Buffer, path: string, fileBytes: number): HeaderPlace {
  if (preamble.length < preambleBytes || !preamble.subarray(0, magic.length).equals(magic)) {
    throw damaged(path, 'it is not one, or was never finished')
  }
  const version = preamble.readUInt32LE(8)
  if (version !== formatVersion) {
    const remedy =
      version < formatVersion
        ? 'import the benchmark again'
        : 'use the archloom that wrote it, or import the benchmark again'
    throw new ArchloomError(
      'benchmark/invalid',
      `The benchmark file ${path} has format ${version}, but this archloom reads format ${formatVersion}; ${remedy}`,
      { details: { path, version, known: formatVersion } },
    )
  }
  const offset = Number(preamble.readBigUInt64LE(16))
  const byteCount = Number(preamble.readBigUInt64LE(24))
  if (byteCount > headerLimit || offset + byteCount !== fileBytes) {
    throw damaged(path, `it should have ${offset + byteCount} bytes, but has ${fileBytes}`)
  }
  return { offset, byteCount, sha256: preamble.toString('hex', 32, 64) }
}

/** @throws benchmark/invalid */
export function readHeader(bytes: Buffer, place: HeaderPlace, path: string): TableHeader {
  if (sha256(bytes) !== place.sha256) throw damaged(path, "its header's hash differs")
  try {
    return TableHeader.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw damaged(path, 'its header is unreadable', cause)
  }
}

/** The one sentence for a file that cannot be used. */
export function damaged(path: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'benchmark/invalid',
    `The benchmark file ${path} is damaged or no such file: ${why}; import the benchmark again with archloom bench import`,
    { details: { path, why }, cause },
  )
}
