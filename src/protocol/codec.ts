/**
 * Messages to and from the parts of a multipart message: protocol tag, JSON header, tensor frames.
 *
 * Nothing here copies tensor data: what is decoded are views of the parts that came in, what is
 * encoded are the very arrays that were handed over.
 */
import type { z } from 'zod'
import { canonicalJson } from '#src/encoding/json.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import { jsonDepth, limits } from './limits.ts'
import { FromWorker, type TensorFrame, ToWorker } from './messages.ts'
import { protocolTag, protocolVersion } from './version.ts'

/** A tensor beside a message: little-endian, C-contiguous. */
export interface Tensor extends TensorFrame {
  readonly data: Uint8Array
}

/** A message with the tensors that travel with it, in the order of its header. */
export interface Envelope<M> {
  readonly message: M
  readonly tensors: readonly Tensor[]
}

export const bytesPerElement = {
  float32: 4,
  float64: 8,
  float16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
} as const satisfies Record<TensorFrame['dtype'], number>

/**
 * The parts of one message.
 *
 * @param tensors - only for messages with a `tensors` field, which is filled in from here
 * @remarks The tensors' data is sent as it is: it must not change until the message is sent.
 */
export function encodeMessage(
  message: FromWorker | ToWorker,
  tensors: readonly Tensor[] = [],
): Uint8Array[] {
  invariant(
    'tensors' in message || tensors.length === 0,
    `A message of type ${message.type} carries no tensors`,
  )
  const frames = tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))
  for (const tensor of tensors) {
    const expected = byteLength(tensor)
    invariant(
      tensor.data.byteLength === expected,
      `Tensor ${tensor.name} needs ${expected} bytes, but has ${tensor.data.byteLength}`,
    )
  }
  const header = 'tensors' in message ? { ...message, tensors: frames } : message
  return [
    encoder.encode(protocolTag),
    encoder.encode(JSON.stringify(header)),
    ...tensors.map(({ data }) => data),
  ]
}

/**
 * @throws protocol/version when the other side speaks another version.
 * @throws protocol/malformed for anything else that is not exactly one message of a worker.
 */
export function decodeFromWorker(parts: readonly Uint8Array[]): Envelope<FromWorker> {
  return decode(FromWorker, parts)
}

/**
 * The same for messages to a worker; only tests and tools in TypeScript play the worker.
 *
 * @remarks The wire carries recipes with their defaults filled in: one that leaves a field to its
 * default is refused here, as the worker refuses it.
 */
export function decodeToWorker(parts: readonly Uint8Array[]): Envelope<ToWorker> {
  const envelope = decode(ToWorker, parts)
  const header = parts[1] ?? new Uint8Array()
  if (canonicalJson(envelope.message) !== canonicalJson(parseHeader(header))) {
    throw malformed('every field of the recipe', 'one left to its default')
  }
  return envelope
}

/**
 * What is too large in a message for the other end, before it is sent; null when all of it goes.
 *
 * @returns a part of a sentence, such as `at most 1024 tensors, found 2000`
 */
export function oversize(message: unknown, tensors: readonly Tensor[] = []): string | null {
  const header = encoder.encode(JSON.stringify(message))
  const problem = sizeProblem(
    header,
    tensors.map(({ data }) => data),
  )
  return problem && `${problem.expected}, found ${problem.found}`
}

const encoder = new TextEncoder()
/** A byte-order mark is kept, for the JSON parser to refuse: it has no place here. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode<M extends FromWorker | ToWorker>(
  schema: z.ZodType<M>,
  parts: readonly Uint8Array[],
): Envelope<M> {
  const [tag, header, ...frames] = parts
  checkVersion(tag)
  if (header === undefined) throw malformed('a JSON header after the protocol tag', 'no header')
  const problem = sizeProblem(header, frames)
  if (problem !== null) throw malformed(problem.expected, problem.found)
  const value = parseHeader(header)
  const parsed = parsedAs(schema, value)
  if (!parsed.success) throw wrongHeader(parsed.error, value)
  const message = parsed.data
  return { message, tensors: attachFrames(message, frames) }
}

/**
 * Zod measures a text before it knows that it is one: an object with a strange length of its own makes
 * it throw.
 */
function parsedAs<M>(schema: z.ZodType<M>, value: unknown) {
  try {
    return schema.safeParse(value)
  } catch (cause) {
    throw malformed('a message of the protocol', 'values that cannot even be compared', cause)
  }
}

/** Checked on the bytes: whatever parses or copies them comes later. */
function sizeProblem(
  header: Uint8Array,
  frames: readonly Uint8Array[],
): { readonly expected: string; readonly found: string } | null {
  const measures = [
    ['tensors', frames.length, limits.tensors],
    ['bytes of header', header.byteLength, limits.headerBytes],
    [
      'bytes of a tensor',
      Math.max(0, ...frames.map((frame) => frame.byteLength)),
      limits.tensorBytes,
    ],
  ] as const
  for (const [what, found, limit] of measures) {
    if (found > limit) return { expected: `at most ${limit} ${what}`, found: String(found) }
  }
  const depth = jsonDepth(header)
  if (depth <= limits.headerDepth) return null
  return { expected: `a header at most ${limits.headerDepth} levels deep`, found: String(depth) }
}

function checkVersion(tag: Uint8Array | undefined): void {
  if (tag === undefined) throw malformed('a protocol tag', 'an empty message')
  const text = Buffer.from(tag.buffer, tag.byteOffset, Math.min(tag.byteLength, 32)).toString(
    'latin1',
  )
  if (text === protocolTag) return
  const version = /^ALP\/([1-9][0-9]{0,8})$/.exec(text)?.[1]
  if (version === undefined) {
    throw malformed(`the protocol tag ${protocolTag}`, JSON.stringify(text))
  }
  throw versionMismatch(Number(version))
}

/** The error for a worker of another protocol version. */
export function versionMismatch(found: number): ArchloomError {
  return new ArchloomError(
    'protocol/version',
    `The worker speaks version ${found} of the bridge protocol, but the orchestrator speaks version ${protocolVersion}; install the same archloom on both sides`,
    { details: { found, expected: protocolVersion } },
  )
}

function parseHeader(header: Uint8Array): unknown {
  try {
    const text = decoder.decode(header)
    return mayOverflow.test(text) ? JSON.parse(text, finite) : JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw malformed('a header of UTF-8 JSON', `${header.byteLength} other bytes (${reason})`, cause)
  }
}

/** Only a number of that many digits or such an exponent can be read as infinite. */
const mayOverflow = /[eE]\+?\d{3}|\d{300}/

function finite(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value
  throw new RangeError('a number is larger than any float64')
}

function attachFrames(
  message: FromWorker | ToWorker,
  frames: readonly Uint8Array[],
): readonly Tensor[] {
  const described = 'tensors' in message ? message.tensors : []
  if (described.length !== frames.length) {
    throw malformed(
      `${described.length} tensor frames after a message of type ${message.type}`,
      String(frames.length),
    )
  }
  return described.map((tensor, index) => {
    const data = frames[index] ?? new Uint8Array()
    const expected = byteLength(tensor)
    if (data.byteLength !== expected) {
      const size = `${tensor.dtype}[${tensor.shape.join(', ')}]`
      throw malformed(
        `${expected} bytes for ${size} at tensors.${index} (${tensor.name})`,
        String(data.byteLength),
      )
    }
    return { ...tensor, data }
  })
}

function byteLength({ dtype, shape }: TensorFrame): number {
  return shape.reduce((product, size) => product * size, bytesPerElement[dtype])
}

/** Names the first wrong place in the header; unions are already settled by their tag. */
function wrongHeader(error: z.ZodError, header: unknown): ArchloomError {
  const [issue] = error.issues
  const place = brief(issue?.path.join('.') || 'the top')
  const type =
    typeof header === 'object' && header !== null && 'type' in header ? header.type : undefined
  const which =
    typeof type === 'string' ? `The message of type ${brief(JSON.stringify(type))}` : 'A message'
  const problem = brief(issue?.message ?? 'invalid')
  return new ArchloomError(
    'protocol/malformed',
    `${which} is malformed at ${place}: ${problem.charAt(0).toLowerCase()}${problem.slice(1)}; the two sides may come from different builds of archloom`,
    { details: { place }, cause: error },
  )
}

/** What the other side has written, in a sentence of ours: it may be of any length. */
function brief(text: string): string {
  return text.length <= longestQuote ? text : `${text.slice(0, longestQuote)}…`
}

const longestQuote = 200

function malformed(expected: string, found: string, cause?: unknown): ArchloomError {
  return new ArchloomError(
    'protocol/malformed',
    `A malformed message: expected ${expected}, found ${found}`,
    cause === undefined ? {} : { cause },
  )
}
