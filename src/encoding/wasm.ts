/**
 * Words to write a WebAssembly module with, byte by byte: as many as those who write one need.
 *
 * @see WebAssembly 2.0, section 5 (binary format); 5.4.8 (vector instructions).
 */

/** Instructions, or any piece of a module. */
export type Code = readonly number[]

export const i32Type = 0x7f
export const v128Type = 0x7b

export const localGet = (index: number): Code => [0x20, index]
export const localSet = (index: number): Code => [0x21, index]
export const localTee = (index: number): Code => [0x22, index]
export const call = (index: number): Code => [0x10, index]
export const loop: Code = [0x03, 0x40]
export const ifThen: Code = [0x04, 0x40]
/** To the beginning of the loop that it stands in directly. */
export const branchIf: Code = [0x0d, 0x00]
export const end: Code = [0x0b]

export const i32Const = (value: number): Code => [0x41, ...signed(value)]
export const i32Load = (offset: number): Code => [0x28, 0, ...unsigned(offset)]
export const i32Store = (offset: number): Code => [0x36, 0, ...unsigned(offset)]
export const f32Load = (offset: number): Code => [0x2a, 0, ...unsigned(offset)]
export const f32Store = (offset: number): Code => [0x38, 0, ...unsigned(offset)]
export const i32Store8: Code = [0x3a, 0, 0]
export const f32Add: Code = [0x92]
export const i32Equal: Code = [0x46]
export const i32NotEqual: Code = [0x47]
export const i32Add: Code = [0x6a]
export const i32Sub: Code = [0x6b]
export const i32Multiply: Code = [0x6c]
export const i32And: Code = [0x71]
export const i32Or: Code = [0x72]
export const i32ShiftLeft: Code = [0x74]
export const i32ShiftRight: Code = [0x76]

const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)]
/** The zeros promise no alignment. */
export const vectorLoad = (offset: number): Code => [...vector(0), 0, ...unsigned(offset)]
/** One number of 32 bits, four times. */
export const vectorLoadSplat = (offset: number): Code => [...vector(9), 0, ...unsigned(offset)]
export const vectorStore = (offset: number): Code => [...vector(11), 0, ...unsigned(offset)]
export const vectorConst = (bytes: Code): Code => [...vector(12), ...bytes]
export const vectorShuffle = (bytes: Code): Code => [...vector(13), ...bytes]
export const vectorSwizzle = vector(14)
export const vectorNot = vector(77)
export const vectorAnd = vector(78)
export const vectorAndNot = vector(79)
export const vectorOr = vector(80)
export const vectorXor = vector(81)
/** Stores half a vector, the lower (0) or the upper one (1). */
export const vectorStoreHalf = (offset: number, half: number): Code => [
  ...vector(91),
  0,
  ...unsigned(offset),
  half,
]
export const bytesShiftRight = vector(109)
export const floatsGreater = vector(68)
export const floatsRoot = vector(227)
export const floatsAdd = vector(228)
export const floatsSub = vector(229)
export const floatsMultiply = vector(230)
export const floatsDivide = vector(231)
/** The second operand where the first is less, else the first. */
export const floatsMax = vector(235)
/** The float in the first lane. */
export const firstFloat: Code = [...vector(31), 0]
export const wordsShiftLeft = vector(171)
export const wordsShiftRight = vector(173)
export const wordsAdd = vector(174)

/** A vector of one 32-bit number four times. */
export function splat(value: number): Code {
  const bytes = [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
  return vectorConst([...bytes, ...bytes, ...bytes, ...bytes])
}

export interface WasmFunction {
  readonly name: string
  /** All of them i32. */
  readonly parameterCount: number
  /** Whether it hands back an i32. */
  readonly hasResult: boolean
  /** Variables behind the parameters. */
  readonly i32Locals: number
  readonly vectorLocals: number
  readonly body: Code
}

/**
 * A module of one page of memory (64 KiB), exported as `memory`, and these functions, each exported.
 */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const signatures = functions.map(({ parameterCount, hasResult }) => [
    0x60,
    ...list(Array.from({ length: parameterCount }, () => [i32Type])),
    ...list(hasResult ? [[i32Type]] : []),
  ])
  const bodies = functions.map(({ i32Locals, vectorLocals, body }) => {
    const locals = list([
      [i32Locals, i32Type],
      [vectorLocals, v128Type],
    ])
    const code = [...locals, ...body, ...end]
    return [...unsigned(code.length), ...code]
  })
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, index])
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, signatures),
    ...section(
      3,
      functions.map((_, index) => [index]),
    ),
    ...section(5, [[0x00, 1]]),
    ...section(7, [[...text('memory'), 0x02, 0], ...exported]),
    ...section(10, bodies),
  ])
}

function section(id: number, entries: readonly Code[]): Code {
  const content = list(entries)
  return [id, ...unsigned(content.length), ...content]
}

function list(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()]
}

function text(characters: string): Code {
  return list([...characters].map((character) => [character.charCodeAt(0)]))
}

/** LEB128. */
function unsigned(value: number): Code {
  const low = value & 0x7f
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  const low = value & 0x7f
  const rest = value >> 7
  const isDone = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
  return isDone ? [low] : [low | 0x80, ...signed(rest)]
}
