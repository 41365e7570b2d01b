/** The arithmetic of the graph hash: messages written, padded and hashed, in WebAssembly. */

import {
  branchIf,
  type Code,
  call,
  end,
  i32Add,
  i32And,
  i32Const,
  i32Equal,
  i32Load,
  i32Multiply,
  i32NotEqual,
  i32Or,
  i32ShiftLeft,
  i32ShiftRight,
  i32Store,
  i32Store8,
  i32Sub,
  ifThen,
  localGet,
  localSet,
  localTee,
  loop,
  splat,
  vectorLoad,
  vectorStore,
  type WasmFunction,
  wasmModule,
} from '#src/encoding/wasm.ts'
import {
  freeAt as behindLanes,
  blockBytes,
  laneBytes,
  laneCount,
  runFunction,
  textBytes,
  textsAt,
} from './md5-code.ts'

/** Places in memory are byte numbers; those of messages and hashes are `md5-code.ts`'s. */
export interface HashModule {
  readonly memory: ArrayBuffer
  /** Ends a message as RFC 1321, section 3.1, has it; hands back the number of its blocks. */
  pad(start: number, end: number): number
  /** Copies a text. */
  copy(to: number, from: number): void
  /** Hashes the messages in the first lanes and puts the texts where `laneTargetsAt` says. */
  flush(lanes: number): void
  /**
   * Hashes the messages of vertices: texts of in-neighbours in the cell's order, `|`, of
   * out-neighbours, `|`, the vertex's own.
   *
   * @param job - of the first vertex; a job is its slot, and the bit masks of its in-neighbours
   *   (from bit `incomingAt`) and out-neighbours (from bit `outgoingAt`)
   * @param jobsEnd - behind the last job
   * @param before - text of slot 0 before the step
   * @param after - where that of slot 0 after it belongs
   */
  refine(job: number, jobsEnd: number, before: number, after: number): void
}

/** Slots of each cell: vertex v of cell c has slot `vertexSlots c + v`. */
export const vertexSlots = 8
/** Cells hashed together. */
export const batchSize = 64
export const slotCount = batchSize * vertexSlots
export const incomingAt = 9
export const outgoingAt = incomingAt + vertexSlots

/** Where the text of each lane belongs, and how many blocks its message has; four bytes each. */
export const laneTargetsAt = behindLanes
export const laneBlocksAt = laneTargetsAt + 4 * laneCount
/** Each cell's vertices in order, three bits each, the first lowest, then a one; 0 to leave it out. */
export const ordersAt = laneBlocksAt + 4 * laneCount
export const jobsAt = ordersAt + 4 * batchSize
/** The caller's own, up to 65,536. */
export const freeAt = jobsAt + 4 * slotCount

/** Takes a few milliseconds. */
export function createHashModule(): HashModule {
  const code = wasmModule([
    runFunction(),
    padFunction(),
    writeFunction(),
    copyFunction(),
    flushFunction(),
    refineFunction(),
  ])
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
  // The module exports exactly these.
  const { memory, ...functions } = exports as unknown as Omit<HashModule, 'memory'> & {
    readonly memory: { readonly buffer: ArrayBuffer }
  }
  return { memory: memory.buffer, ...functions }
}

/** Places among the functions. */
const [runIndex, padIndex, writeIndex, flushIndex] = [0, 1, 2, 4] as const
const bar = 0x7c
const endMark = 0x80

function padFunction(): WasmFunction {
  const [start, stop, blocks] = [0, 1, 2] as const
  const zeros = [1, 17, 33, 49, 65].flatMap((offset) => [
    ...localGet(stop),
    ...splat(0),
    ...vectorStore(offset),
  ])
  const length = [...localGet(stop), ...localGet(start), ...i32Sub]
  return {
    name: 'pad',
    parameterCount: 2,
    hasResult: true,
    i32Locals: 1,
    vectorLocals: 0,
    body: [
      ...[...localGet(stop), ...i32Const(endMark), ...i32Store8],
      // Up to 71 zeros are needed.
      ...zeros,
      // The mark, the length of eight bytes, rounded up.
      ...[...length, ...i32Const(9 + blockBytes - 1), ...i32Add, ...i32Const(6), ...i32ShiftRight],
      ...[...localTee(blocks), ...i32Const(6), ...i32ShiftLeft, ...localGet(start), ...i32Add],
      ...[...i32Const(8), ...i32Sub],
      ...[...length, ...i32Const(3), ...i32ShiftLeft, ...i32Store(0)],
      ...localGet(blocks),
    ],
  }
}

/** Writes and pads a vertex's message; hands back the number of its blocks. */
function writeFunction(): WasmFunction {
  const [to, texts, vertex, incoming, outgoing, order, start, left] = [0, 1, 2, 3, 4, 5, 6, 7]
  const join = (mask: number) => joinCode({ to, texts, mask, left, order })
  const writeBar = [...localGet(to), ...i32Const(bar), ...i32Store8, ...moveOn(to, 1)]
  const own = [...localGet(texts), ...textPlace(localGet(vertex)), ...i32Add]
  return {
    name: 'write',
    parameterCount: 6,
    hasResult: true,
    i32Locals: 2,
    vectorLocals: 0,
    body: [
      ...[...localGet(to), ...localSet(start)],
      ...[...join(incoming), ...writeBar, ...join(outgoing), ...writeBar],
      ...[...copyCode(localGet(to), own), ...moveOn(to, textBytes)],
      ...[...localGet(start), ...localGet(to), ...call(padIndex)],
    ],
  }
}

function copyFunction(): WasmFunction {
  return {
    name: 'copy',
    parameterCount: 2,
    hasResult: false,
    i32Locals: 0,
    vectorLocals: 0,
    body: copyCode(localGet(0), localGet(1)),
  }
}

function flushFunction(): WasmFunction {
  const [lanes, lane, ends] = [0, 1, 2] as const
  const place = scaled(localGet(lane), 2)
  const lastBlock = [...place, ...i32Load(laneBlocksAt), ...i32Const(1), ...i32Sub]
  const blockTexts = [...lastBlock, ...i32Const(laneCount), ...i32Multiply]
  const text = [...blockTexts, ...localGet(lane), ...i32Add]
  const from = [...textPlace(text), ...i32Const(textsAt), ...i32Add]
  const target = [...place, ...i32Load(laneTargetsAt)]
  const forEachLane = (body: Code) => [
    ...[...i32Const(0), ...localSet(lane), ...loop, ...body, ...moveOn(lane, 1)],
    ...[...localGet(lane), ...localGet(lanes), ...i32NotEqual, ...branchIf, ...end],
  ]
  return {
    name: 'flush',
    parameterCount: 1,
    hasResult: false,
    i32Locals: 2,
    vectorLocals: 0,
    body: [
      ...forEachLane([
        ...[...localGet(ends), ...i32Const(1), ...lastBlock, ...i32ShiftLeft, ...i32Or],
        ...localSet(ends),
      ]),
      ...[...localGet(ends), ...call(runIndex)],
      ...forEachLane(copyCode(target, from)),
    ],
  }
}

function refineFunction(): WasmFunction {
  const [pointer, jobsEnd, before, after, lane, order, job] = [0, 1, 2, 3, 4, 5, 6] as const
  const slot = [...localGet(job), ...i32Const(slotCount - 1), ...i32And]
  const cell = [...slot, ...i32Const(Math.log2(vertexSlots)), ...i32ShiftRight]
  const vertex = [...localGet(job), ...i32Const(vertexSlots - 1), ...i32And]
  const firstSlot = [...slot, ...i32Const(-vertexSlots), ...i32And]
  const texts = [...localGet(before), ...textPlace(firstSlot), ...i32Add]
  const incoming = [
    ...[...localGet(job), ...i32Const(incomingAt), ...i32ShiftRight],
    ...[...i32Const(2 ** vertexSlots - 1), ...i32And],
  ]
  const outgoing = [...localGet(job), ...i32Const(outgoingAt), ...i32ShiftRight]
  const place = scaled(localGet(lane), 2)
  const flush = [...localGet(lane), ...call(flushIndex), ...i32Const(0), ...localSet(lane)]
  const take = [
    ...[...place, ...localGet(after), ...textPlace(slot), ...i32Add, ...i32Store(laneTargetsAt)],
    ...[...place, ...localGet(lane), ...i32Const(laneBytes), ...i32Multiply],
    ...[...texts, ...vertex, ...incoming, ...outgoing, ...localGet(order), ...call(writeIndex)],
    ...[...i32Store(laneBlocksAt), ...moveOn(lane, 1)],
  ]
  return {
    name: 'refine',
    parameterCount: 4,
    hasResult: false,
    i32Locals: 3,
    vectorLocals: 0,
    body: [
      ...loop,
      ...[...localGet(pointer), ...i32Load(0), ...localSet(job)],
      ...[...scaled(cell, 2), ...i32Load(ordersAt), ...localTee(order), ...ifThen, ...take],
      ...[...localGet(lane), ...i32Const(laneCount), ...i32Equal, ...ifThen, ...flush, ...end],
      ...[...end, ...moveOn(pointer, 4)],
      ...[...localGet(pointer), ...localGet(jobsEnd), ...i32NotEqual, ...branchIf, ...end],
      ...[...localGet(lane), ...ifThen, ...flush, ...end],
    ],
  }
}

interface JoinVariables {
  readonly to: number
  readonly texts: number
  readonly mask: number
  /** What is left of the order. */
  readonly left: number
  readonly order: number
}

/** Every text is copied, without a branch; the place moves on only behind those of the mask. */
function joinCode({ to, texts, mask, left, order }: JoinVariables): Code {
  const next = [...localGet(left), ...i32Const(7), ...i32And]
  const from = [...localGet(texts), ...textPlace(next), ...i32Add]
  const isWanted = [...localGet(mask), ...next, ...i32ShiftRight, ...i32Const(1), ...i32And]
  return [
    ...[...localGet(order), ...localSet(left), ...loop],
    ...copyCode(localGet(to), from),
    ...[...textPlace(isWanted), ...localGet(to), ...i32Add, ...localSet(to)],
    ...[...localGet(left), ...i32Const(3), ...i32ShiftRight, ...localTee(left)],
    ...[...i32Const(1), ...i32NotEqual, ...branchIf, ...end],
  ]
}

function copyCode(to: Code, from: Code): Code {
  return [0, 16].flatMap((half) => [...to, ...from, ...vectorLoad(half), ...vectorStore(half)])
}

/** How far a text is from the first one. */
function textPlace(index: Code): Code {
  return scaled(index, Math.log2(textBytes))
}

function scaled(value: Code, bits: number): Code {
  return [...value, ...i32Const(bits), ...i32ShiftLeft]
}

function moveOn(place: number, bytes: number): Code {
  return [...localGet(place), ...i32Const(bytes), ...i32Add, ...localSet(place)]
}

/** What is used of the global; TypeScript has its type among those of browsers only. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}
