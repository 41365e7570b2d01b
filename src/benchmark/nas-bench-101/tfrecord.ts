/** TensorFlow's file of records, each between its length and check sums of both. */
import { badSource, type ReadContext, sourceBytes } from '../source-file.ts'
import { maskedCrc32c } from './crc32c.ts'

const lengthBytes = 8
const crcBytes = 4
const headBytes = lengthBytes + crcBytes
/** Larger than any record of the benchmark by four digits; a length beyond it is no length. */
const recordLimit = 16 * 1024 * 1024

export interface TfRecord {
  /** From 0. */
  readonly index: number
  readonly data: Buffer
}

/**
 * The records of a file, some at a time; gzip is unpacked.
 *
 * @throws benchmark/invalid for a wrong check sum or a file that ends within a record
 * @see TensorFlow `record_writer.h`: uint64 length, its masked CRC, the data, its masked CRC
 */
export async function* tfRecords(path: string, context: ReadContext): AsyncGenerator<TfRecord[]> {
  let rest: Buffer = Buffer.alloc(0)
  let index = 0
  for await (const chunk of sourceBytes(path, context)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const records: TfRecord[] = []
    let at = 0
    for (;;) {
      const length = recordLength(bytes, at, path, index)
      if (length === null || at + headBytes + length + crcBytes > bytes.length) break
      const data = bytes.subarray(at + headBytes, at + headBytes + length)
      at += headBytes + length
      if (bytes.readUInt32LE(at) !== maskedCrc32c(data)) throw wrongSum(path, index, 'data')
      at += crcBytes
      records.push({ index, data })
      index += 1
    }
    rest = bytes.subarray(at)
    yield records
  }
  if (rest.length > 0) {
    throw badSource(path, `it ends within record ${index}; fetch the whole file again`)
  }
}

/** Null while too little was read. */
function recordLength(bytes: Buffer, at: number, path: string, index: number): number | null {
  if (at + headBytes > bytes.length) return null
  const head = bytes.subarray(at, at + lengthBytes)
  if (bytes.readUInt32LE(at + lengthBytes) !== maskedCrc32c(head)) {
    throw wrongSum(path, index, 'length')
  }
  const length = Number(bytes.readBigUInt64LE(at))
  if (length <= recordLimit) return length
  throw badSource(path, `record ${index} must be below 16 MiB, but has ${length} bytes`)
}

function wrongSum(path: string, index: number, what: string): Error {
  return badSource(
    path,
    `the check sum of the ${what} of record ${index} differs: this is no TFRecord file, or it is damaged; fetch it again`,
  )
}

/** Whether bytes start a file of records: the first length and its check sum agree. */
export function startsRecords(start: Buffer): boolean {
  return (
    start.length >= headBytes &&
    start.readUInt32LE(lengthBytes) === maskedCrc32c(start.subarray(0, lengthBytes))
  )
}
