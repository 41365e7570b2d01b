import { hash as digest } from 'node:crypto'
import { bitCount, type Cell, cellOperations, sourcesOf, vertexCount } from '../cell.ts'
import { laneBytes, laneCount, textBytes } from './md5-code.ts'
import {
  batchSize,
  createHashModule,
  freeAt,
  incomingAt,
  jobsAt,
  laneBlocksAt,
  laneTargetsAt,
  ordersAt,
  outgoingAt,
  slotCount,
  vertexSlots,
} from './module.ts'

export interface CellHasher {
  /** The published hash of a cell as it is: prune it first. */
  hash(cell: Cell): string
  /** The same of many, in about half the time for each. */
  hashAll(cells: readonly Cell[]): readonly string[]
}

/** Behind the texts before and after a step. */
const fingerprintsAt = freeAt + 2 * slotCount * textBytes
/** Behind the fingerprints: texts that vertices start with, each of every number of edges and label. */
const startTextsAt = fingerprintsAt + batchSize * textBytes
const listOpen = littleEndian("['")
const listSeparator = littleEndian("', '")
const listClose = littleEndian("']")

/**
 * The published isomorphism hash of NAS-Bench-101, bit for bit: 32 hexadecimal digits.
 *
 * @remarks
 * A vertex starts as `md5("(out, in, label)")` of its degrees and label: input -1, output -2, else
 * the place of its operation. As many times as there are vertices, all become
 * `md5(sorted in-neighbours | sorted out-neighbours | own)`; the cell is `md5` of the sorted list in
 * Python's notation. Past the first step hardly anything repeats from cell to cell, so there is
 * nothing to remember: a cell of seven vertices is 50 MD5s of 2 to 5 blocks. Those of one step do
 * not depend on each other and are worked out together.
 *
 * @see Ying et al. 2019, "NAS-Bench-101"; google-research/nasbench `graph_util.py`, `hash_module`.
 */
export function createCellHasher(): CellHasher {
  const { memory, pad, copy, flush, refine } = createHashModule()
  const bytes = Buffer.from(memory)
  const view = new DataView(memory)
  const laneTargets = new Int32Array(memory, laneTargetsAt, laneCount)
  const laneBlocks = new Int32Array(memory, laneBlocksAt, laneCount)
  const orders = new Int32Array(memory, ordersAt, batchSize)
  const jobs = new Int32Array(memory, jobsAt, slotCount)
  const hasStartText = new Uint8Array(8 ** 3)
  const sources = new Uint8Array(slotCount)
  const targets = new Uint8Array(slotCount)
  /** Of one cell's vertices: the text's first eight digits as a number, and the place among all. */
  const keys = new Float64Array(vertexSlots)
  const ranks = new Int32Array(vertexSlots)

  function hashAll(cells: readonly Cell[]): readonly string[] {
    const hashes: string[] = []
    for (let start = 0; start < cells.length; start += batchSize) {
      hashes.push(...hashBatch(cells.slice(start, start + batchSize)))
    }
    return hashes
  }

  /** One cell fills the lanes once in each step, so that the order of its jobs does not matter. */
  function hash(cell: Cell): string {
    const size = vertexCount(cell)
    loadCell(cell, 0)
    for (let vertex = 0; vertex < size; vertex++) jobs[vertex] = jobOf(vertex)
    for (let step = 0; step < size; step++) {
      orders[0] = vertexOrder(0, size, textsBefore(step))
      refine(jobsAt, jobsAt + 4 * size, textsBefore(step), textsBefore(step + 1))
    }
    writeFingerprint(0, 0, size)
    flush(1)
    return bytes.toString('latin1', fingerprintsAt, fingerprintsAt + textBytes)
  }

  function hashBatch(cells: readonly Cell[]): readonly string[] {
    const sizes = cells.map(vertexCount)
    cells.forEach(loadCell)
    const jobsEnd = jobsAt + 4 * listJobs(sizes)
    for (let step = 0; step < Math.max(...sizes); step++) {
      for (let index = 0; index < sizes.length; index++) {
        const size = sizes[index] ?? 0
        orders[index] = size > step ? vertexOrder(index, size, textsBefore(step)) : 0
      }
      refine(jobsAt, jobsEnd, textsBefore(step), textsBefore(step + 1))
    }
    for (let first = 0; first < sizes.length; first += laneCount) {
      const inLanes = sizes.slice(first, first + laneCount)
      for (const [lane, size] of inLanes.entries()) writeFingerprint(lane, first + lane, size)
      flush(inLanes.length)
    }
    return cells.map((_, index) => {
      const at = fingerprintsAt + index * textBytes
      return bytes.toString('latin1', at, at + textBytes)
    })
  }

  function loadCell(cell: Cell, index: number): void {
    const size = vertexCount(cell)
    const first = index * vertexSlots
    targets.fill(0, first, first + size)
    for (let vertex = 0; vertex < size; vertex++) {
      const mask = sourcesOf(cell.adjacency, vertex)
      sources[first + vertex] = mask
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        const source = first + 31 - Math.clz32(rest & -rest)
        targets[source] = (targets[source] ?? 0) | (1 << vertex)
      }
    }
    for (let vertex = 0; vertex < size; vertex++) {
      copy(textsBefore(0) + (first + vertex) * textBytes, startText(cell, first, vertex))
    }
  }

  /** Where the text stands that a vertex starts with. */
  function startText(cell: Cell, first: number, vertex: number): number {
    const outgoing = bitCount(targets[first + vertex] ?? 0)
    const incoming = bitCount(sources[first + vertex] ?? 0)
    const label = labelOf(cell, vertex)
    // Labels start at -2.
    const key = (outgoing * 8 + incoming) * 8 + label + 2
    const at = startTextsAt + key * textBytes
    if (hasStartText[key] === 0) {
      bytes.write(digest('md5', `(${outgoing}, ${incoming}, ${label})`, 'hex'), at, 'latin1')
      hasStartText[key] = 1
    }
    return at
  }

  function jobOf(slot: number): number {
    return slot | ((sources[slot] ?? 0) << incomingAt) | ((targets[slot] ?? 0) << outgoingAt)
  }

  /** Lists vertices by the length of their messages, so that the lanes run out together. */
  function listJobs(sizes: readonly number[]): number {
    const byNeighbours: number[][] = Array.from({ length: vertexSlots }, () => [])
    for (const [index, size] of sizes.entries()) {
      for (let slot = index * vertexSlots; slot < index * vertexSlots + size; slot++) {
        const neighbours = bitCount(sources[slot] ?? 0) + bitCount(targets[slot] ?? 0)
        byNeighbours[neighbours]?.push(jobOf(slot))
      }
    }
    const list = byNeighbours.flat()
    jobs.set(list)
    return list.length
  }

  /** Vertices in the order of their texts, three bits each, the first lowest, then a one. */
  function vertexOrder(index: number, size: number, texts: number): number {
    const first = texts + index * vertexSlots * textBytes
    for (let vertex = 0; vertex < size; vertex++) {
      keys[vertex] = view.getFloat64(first + vertex * textBytes)
      ranks[vertex] = 0
    }
    // Each two once, without a branch on which is greater: that is not to be foreseen.
    for (let vertex = 1; vertex < size; vertex++) rankVertex(vertex, first)
    let order = 1 << (3 * size)
    for (let vertex = 0; vertex < size; vertex++) order |= vertex << (3 * (ranks[vertex] ?? 0))
    return order
  }

  /** Compares a vertex with those before it; the greater of two has a higher rank. */
  function rankVertex(vertex: number, first: number): void {
    const key = keys[vertex] ?? 0
    let rank = ranks[vertex] ?? 0
    for (let other = 0; other < vertex; other++) {
      const otherKey = keys[other] ?? 0
      let isOtherGreater = Number(otherKey > key)
      if (otherKey === key) {
        const [one, two] = [first + other * textBytes, first + vertex * textBytes]
        isOtherGreater = Number(compareTexts(view, one, two) > 0)
      }
      ranks[other] = (ranks[other] ?? 0) + isOtherGreater
      rank += 1 - isOtherGreater
    }
    ranks[vertex] = rank
  }

  /** `['hash', 'hash']`, sorted: Python's notation of a list. */
  function writeFingerprint(lane: number, index: number, size: number): void {
    const texts = textsBefore(size)
    const start = lane * laneBytes
    view.setUint16(start, listOpen, true)
    let to = start + 2
    for (let order = vertexOrder(index, size, texts); order !== 1; order >>= 3) {
      copy(to, texts + (index * vertexSlots + (order & 7)) * textBytes)
      view.setUint32(to + textBytes, listSeparator, true)
      to += textBytes + 4
    }
    // In place of the last separator.
    view.setUint16(to - 4, listClose, true)
    laneTargets[lane] = fingerprintsAt + index * textBytes
    laneBlocks[lane] = pad(start, to - 2)
  }

  return { hashAll, hash }
}

/** Where the texts before a step stand; those after it are the next step's. */
function textsBefore(step: number): number {
  return freeAt + (step % 2) * slotCount * textBytes
}

function labelOf(cell: Cell, vertex: number): number {
  if (vertex === 0) return -1
  const operation = cell.operations[vertex - 1]
  return operation === undefined ? -2 : cellOperations.indexOf(operation)
}

/** As strings compare: eight digits, read as a floating-point number, have the order of their text. */
function compareTexts(view: DataView, first: number, second: number): number {
  for (let byte = 0; byte < textBytes; byte += 8) {
    const difference = view.getFloat64(first + byte) - view.getFloat64(second + byte)
    if (difference !== 0) return difference
  }
  return 0
}

/** Up to four characters as a number, the first in the lowest byte. */
function littleEndian(text: string): number {
  let value = 0
  for (let index = text.length - 1; index >= 0; index--) {
    value = value * 256 + text.charCodeAt(index)
  }
  return value
}
