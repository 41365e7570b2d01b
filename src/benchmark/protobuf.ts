import { ArchloomError } from '#src/errors.ts'

/** One field of a message, as it stands on the wire. */
export type ProtobufField =
  /** Signed 64 bits, for all whole numbers. */
  | { readonly number: number; readonly wire: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly wire: 'double' | 'single'; readonly value: number }
  /** Messages, texts, packed numbers. */
  | { readonly number: number; readonly wire: 'bytes'; readonly bytes: Buffer }

/**
 * The fields of a protocol buffer, in the order of the bytes.
 *
 * @param name - of the message, for messages to people
 * @throws benchmark/invalid for bytes that are no message
 * @see Protocol Buffers, "Encoding"
 */
export function* protobufFields(bytes: Buffer, name: string): Generator<ProtobufField> {
  const reader = wireReader(bytes, name)
  while (!reader.isAtEnd()) {
    const tag = reader.size()
    const number = Math.floor(tag / 8)
    const wire = tag % 8
    if (wire === 0) yield { number, wire: 'varint', value: reader.varint() }
    else if (wire === 1) yield { number, wire: 'double', value: reader.take(8).readDoubleLE() }
    else if (wire === 2) yield { number, wire: 'bytes', bytes: reader.take(reader.size()) }
    else if (wire === 5) yield { number, wire: 'single', value: reader.take(4).readFloatLE() }
    else refuse(name, 'a wire type 0, 1, 2 or 5', String(wire))
  }
}

/** Whole numbers of a field that is repeated, packed or not. */
export function protobufIntegers(field: ProtobufField, name: string): readonly bigint[] {
  if (field.wire === 'varint') return [field.value]
  if (field.wire !== 'bytes') return refuse(name, 'whole numbers', field.wire)
  const reader = wireReader(field.bytes, name)
  const values: bigint[] = []
  while (!reader.isAtEnd()) values.push(reader.varint())
  return values
}

function wireReader(bytes: Buffer, name: string) {
  let at = 0
  const take = (count: number): Buffer => {
    const left = bytes.length - at
    if (!(count >= 0 && count <= left)) refuse(name, `${count} more bytes`, `${left}`)
    at += count
    return bytes.subarray(at - count, at)
  }
  const byte = () => bytes[at] ?? 0x80
  const next = () => {
    if (at === bytes.length) refuse(name, '1 more bytes', '0')
    at += 1
  }
  const tooLong = () => refuse(name, 'a number of at most ten bytes', 'a longer one')
  return {
    isAtEnd: () => at === bytes.length,
    take,
    /** A tag or a length; exact up to 2^53, which no message comes near. */
    size(): number {
      let value = 0
      for (let shift = 0; shift < 70; shift += 7) {
        const part = byte()
        next()
        value += (part & 0x7f) * 2 ** shift
        if (part < 0x80) return value
      }
      return tooLong()
    },
    varint(): bigint {
      let value = 0n
      for (let shift = 0n; shift < 70n; shift += 7n) {
        const part = byte()
        next()
        value |= BigInt(part & 0x7f) << shift
        if (part < 0x80) return BigInt.asIntN(64, value)
      }
      return tooLong()
    },
  }
}

function refuse(name: string, expected: string, found: string): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `The bytes are no ${name} message: expected ${expected}, found ${found}`,
    { details: { message: name, expected, found } },
  )
}
