/**
 * WebAssembly code that works out the MD5 of many messages at once: vectors of four lanes each, one
 * behind the other, so that one's arithmetic fills the others' waiting time. MD5 is a chain of
 * dependent steps: a single message cannot be hashed faster, many together can.
 *
 * @see Rivest 1992, RFC 1321, section 3.4.
 */
import {
  branchIf,
  bytesShiftRight,
  type Code,
  end,
  i32Add,
  i32And,
  i32Const,
  i32ShiftRight,
  ifThen,
  localGet,
  localSet,
  localTee,
  loop,
  splat,
  vectorAnd,
  vectorAndNot,
  vectorConst,
  vectorLoad,
  vectorNot,
  vectorOr,
  vectorShuffle,
  vectorStore,
  vectorStoreHalf,
  vectorSwizzle,
  vectorXor,
  type WasmFunction,
  wordsAdd,
  wordsShiftLeft,
  wordsShiftRight,
} from '#src/encoding/wasm.ts'

const groupCount = 2
export const laneCount = 4 * groupCount
export const blockBytes = 64
/** Blocks that a message may have. */
export const blocksMax = 8
/** Lane l's message begins at `laneBytes l`. */
export const laneBytes = blocksMax * blockBytes
/** A hash as hexadecimal digits. */
export const textBytes = 32
/** The hash of lane l's first b + 1 blocks stands at `textsAt + textBytes (laneCount b + l)`. */
export const textsAt = laneCount * laneBytes

/** The block that is worked on: word w of a group's lanes at `wordBytes w + 16 group`. */
const scratchAt = textsAt + blocksMax * laneCount * textBytes
const wordBytes = 4 * laneCount
/** Bytes from here on are nobody's. */
export const freeAt = scratchAt + 16 * wordBytes

/** Section 3.4: rotations of each round. */
const rotations = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const
/** Section 3.3. */
const initialState = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const
const digits = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0))

/** Variables: `ends` (the parameter), two offsets, then nine vectors a group. */
const endsLeft = 0
const messageOffset = 1
const textOffset = 2
const stateLocal = (group: number, word: number) => 3 + 9 * group + (word % 4)
const savedLocal = (group: number, word: number) => 7 + 9 * group + word
const scratchLocal = (group: number) => 11 + 9 * group

/** Shuffles of two vectors: their lower or upper words in turn; their lower or upper halves. */
const lowWords = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]
const highWords = lowWords.map((byte) => byte + 8)
const lowHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
const highHalves = lowHalves.map((byte) => byte + 8)

/**
 * `run(ends)` works out every lane's hash, whose message begins at the lane's first byte. `ends`
 * has a bit for every block at whose end a hash is wanted, the first lowest. So messages may differ
 * in length; what a lane holds behind its own last block is of no matter.
 */
export function runFunction(): WasmFunction {
  const groups = range(groupCount)
  const state = groups.flatMap((group) => range(4).map((word) => [group, word] as const))
  const body = [
    ...state.map(([group, word]) => [
      ...splat(initialState[word] ?? 0),
      ...localSet(stateLocal(group, word)),
    ]),
    loop,
    ...groups.flatMap((group) => range(4).map((quarter) => gatherWords(quarter, group))),
    ...state.map(([group, word]) => [
      ...localGet(stateLocal(group, word)),
      ...localSet(savedLocal(group, word)),
    ]),
    ...range(64).flatMap((step) => groups.map((group) => stepCode(step, group))),
    ...state.map(([group, word]) => [
      ...[...localGet(stateLocal(group, word)), ...localGet(savedLocal(group, word)), ...wordsAdd],
      ...localSet(stateLocal(group, word)),
    ]),
    [...localGet(endsLeft), ...i32Const(1), ...i32And, ...ifThen],
    ...state.map(([group, word]) => writeText(group, word)),
    end,
    [...advance(messageOffset, blockBytes), ...advance(textOffset, laneCount * textBytes)],
    [...localGet(endsLeft), ...i32Const(1), ...i32ShiftRight, ...localTee(endsLeft), ...branchIf],
    end,
  ].flat()
  return {
    name: 'run',
    parameterCount: 1,
    hasResult: false,
    i32Locals: 2,
    vectorLocals: 9 * groupCount,
    body,
  }
}

/** Words `4 quarter` to `4 quarter + 3` of the block, from four lanes' messages to the scratch block. */
function gatherWords(quarter: number, group: number): Code {
  const fromLane = (lane: number): Code => [
    ...localGet(messageOffset),
    ...vectorLoad((4 * group + lane) * laneBytes + 16 * quarter),
  ]
  const pairs = range(4).flatMap((pair) => {
    const first = pair < 2 ? 0 : 2
    const words = pair % 2 === 0 ? lowWords : highWords
    const code = [...fromLane(first), ...fromLane(first + 1), ...vectorShuffle(words)]
    return [...code, ...localSet(savedLocal(group, pair))]
  })
  const columns = range(4).flatMap((word) => {
    const pair = word < 2 ? 0 : 1
    const halves = word % 2 === 0 ? lowHalves : highHalves
    return [
      ...i32Const(0),
      ...[...localGet(savedLocal(group, pair)), ...localGet(savedLocal(group, pair + 2))],
      ...[...vectorShuffle(halves), ...vectorStore(scratchWord(4 * quarter + word, group))],
    ]
  })
  return [...pairs, ...columns]
}

/** `a = b + ((a + F(b, c, d) + M + K) <<< s)`, with the four names moving on by one each step. */
function stepCode(step: number, group: number): Code {
  const round = step >> 4
  const shift = rotations[round]?.[step % 4] ?? 0
  const word = ([step, 5 * step + 1, 3 * step + 5, 7 * step][round] ?? 0) % 16
  const addend = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32)
  const [a = 0, b = 0, c = 0, d = 0] = range(4).map((name) =>
    stateLocal(group, name + 4 - (step % 4)),
  )
  const scratch = scratchLocal(group)
  return [
    ...[...localGet(a), ...i32Const(0), ...vectorLoad(scratchWord(word, group)), ...wordsAdd],
    ...[...splat(addend), ...wordsAdd],
    ...mixing(round, localGet(b), localGet(c), localGet(d)),
    ...[...localTee(scratch), ...i32Const(shift), ...wordsShiftLeft],
    ...[...localGet(scratch), ...i32Const(32 - shift), ...wordsShiftRight, ...vectorOr],
    ...[...localGet(b), ...wordsAdd, ...localSet(a)],
  ]
}

/**
 * Adds F, G, H or I of section 3.4. F has one operation less than there; the two terms of G have no
 * bit in common, so they are added, and b, which comes last, is waited for as late as can be.
 */
function mixing(round: number, b: Code, c: Code, d: Code): Code {
  switch (round) {
    case 0:
      return [...c, ...d, ...vectorXor, ...b, ...vectorAnd, ...d, ...vectorXor, ...wordsAdd]
    case 1:
      return [...c, ...d, ...vectorAndNot, ...wordsAdd, ...b, ...d, ...vectorAnd, ...wordsAdd]
    case 2:
      return [...c, ...d, ...vectorXor, ...b, ...vectorXor, ...wordsAdd]
    default:
      return [...d, ...vectorNot, ...b, ...vectorOr, ...c, ...vectorXor, ...wordsAdd]
  }
}

/** Eight digits of each of four lanes' hashes, from one word of the state. */
function writeText(group: number, word: number): Code {
  const state = localGet(stateLocal(group, word))
  const [high, low] = [scratchLocal(0), scratchLocal(1)]
  const code: number[] = [
    ...[...vectorConst(digits), ...state, ...i32Const(4), ...bytesShiftRight, ...vectorSwizzle],
    ...localSet(high),
    ...[...vectorConst(digits), ...state, ...splat(0x0f0f0f0f), ...vectorAnd, ...vectorSwizzle],
    ...localSet(low),
  ]
  for (let lane = 0; lane < 4; lane++) {
    const first = lane < 2 ? 0 : 8
    const to = textsAt + (4 * group + lane) * textBytes + 8 * word
    const alternately = range(8).flatMap((byte) => [first + byte, 16 + first + byte])
    code.push(...localGet(textOffset), ...localGet(high), ...localGet(low))
    code.push(...vectorShuffle(alternately), ...vectorStoreHalf(to, lane % 2))
  }
  return code
}

function scratchWord(word: number, group: number): number {
  return scratchAt + wordBytes * word + 16 * group
}

function advance(offset: number, bytes: number): Code {
  return [...localGet(offset), ...i32Const(bytes), ...i32Add, ...localSet(offset)]
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index)
}
