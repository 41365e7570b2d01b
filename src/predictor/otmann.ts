/**
 * How far two networks are apart: the cheapest way to match their layers, each with as much mass as
 * it computes, where layers that do different things or stand elsewhere are hard to match.
 *
 * @see Kandasamy et al. 2018, "Neural Architecture Search with Bayesian Optimisation and Optimal
 *   Transport", section 3 and appendix A; its code `nn/nn_comparators.py`.
 */
import { type TransportSolver, transportSolver } from '#src/numeric/transport.ts'

export const otmannKinds = [
  'input',
  'conv',
  'separable',
  'max-pool',
  'avg-pool',
  'linear',
  'other',
  'decision',
  'output',
] as const
export type OtmannKind = (typeof otmannKinds)[number]

export interface OtmannLayer {
  readonly kind: OtmannKind
  /** Tells inputs, decisions and layers of the kind `other` apart. */
  readonly label: string
  /** Width of a convolution's window. */
  readonly kernel: number
  /** Output channels; of an input what the layers after it count. Not looked at for pools. */
  readonly channels: number
  /** Positions of earlier layers; several are concatenated. */
  readonly inputs: readonly number[]
}

/** A network with what the distance needs of it. */
export interface OtmannNetwork {
  readonly layers: readonly OtmannLayer[]
  readonly masses: Float64Array
  readonly totalMass: number
  /** Path lengths: `featureCount` numbers a layer, towards the output first. */
  readonly paths: Float64Array
  /** Positions of the layers of each block: those that can be matched at all. */
  readonly blocks: readonly (readonly number[])[]
}

/** Weights of the structural penalty that are tried together. Kandasamy et al. 2018, appendix C. */
export const structureWeights = [0.1, 0.25, 0.61, 1.5] as const

/** Groups of layers whose number on a path is counted: all, convolutions, pools, linear. */
const groups: readonly ((kind: OtmannKind) => boolean)[] = [
  () => true,
  isConvolution,
  isPool,
  (kind) => kind === 'linear',
]
/** Shortest, longest and expected length. */
const lengthCount = 3
const directionFeatures = lengthCount * groups.length
const featureCount = 2 * directionFeatures

/** Layers are only matched within one of these blocks, as else the mismatch is infinite. */
const blockKinds: readonly (readonly OtmannKind[])[] = [
  ['input'],
  ['conv', 'separable'],
  ['max-pool', 'avg-pool'],
  ['linear'],
  ['other'],
  ['decision'],
  ['output'],
]

/** What the input and the output weigh at least: a tenth of the layers between them. */
const endShare = 0.1
const endMassMin = 100
/** A linear layer's mass for each of its weights. */
const linearShare = 0.1
/** A pool of one mode for one of the other. */
const poolMismatch = 0.5
/** What not matching a unit of mass costs on each side; a match that costs as much as two is none. */
const bothUnmatched = 2
/** Of all masses; distances below it are rounding. */
const roundingShare = 1e-12

/** @param layers - each after its inputs; inputs first, one output last */
export function otmannNetwork(layers: readonly OtmannLayer[]): OtmannNetwork {
  const masses = layerMasses(layers)
  return {
    layers,
    masses,
    totalMass: masses.reduce((sum, mass) => sum + mass, 0),
    paths: pathLengths(layers),
    blocks: blockKinds.map((kinds) =>
      [...layers.keys()].filter((position) =>
        kinds.includes((layers[position] as OtmannLayer).kind),
      ),
    ),
  }
}

/**
 * Makes the distance of two networks under each weight of the structural penalty.
 *
 * @remarks
 * All that is not matched costs 1 a unit of mass on its side, so a match of cost c saves 2 - c; the
 * distance is everything unmatched less the most that can be saved. It is 0 for a network that only
 * numbers its layers differently, symmetric, and no metric. What is made uses its memory again, so it
 * serves one caller at a time.
 */
export function otmannComparison(
  weights: readonly number[] = structureWeights,
): (first: OtmannNetwork, second: OtmannNetwork) => Float64Array {
  const space: MatchSpace = {
    weights,
    solver: transportSolver(),
    buffers: matchBuffers(8),
  }
  return (first, second) => {
    const total = first.totalMass + second.totalMass
    const distances = new Float64Array(weights.length).fill(total)
    for (let block = 0; block < blockKinds.length; block++) {
      const rows = first.blocks[block] as readonly number[]
      const columns = second.blocks[block] as readonly number[]
      if (rows.length === 0 || columns.length === 0) continue
      loadBlock(space, first, second, { rows, columns })
      saveBlock(space, distances, { rows, columns })
    }
    // Rounding must not make a network differ from itself.
    for (let index = 0; index < weights.length; index++) {
      if ((distances[index] as number) < roundingShare * total) distances[index] = 0
    }
    return distances
  }
}

/** How unlike two layers are in what they do; infinite where they cannot be matched. */
export function labelMismatch(one: OtmannLayer, other: OtmannLayer): number {
  if (isConvolution(one.kind) && isConvolution(other.kind)) {
    const windows = (Math.SQRT2 / 10) * Math.sqrt(Math.abs(one.kernel - other.kernel))
    return one.kind === other.kind ? windows : 0.9 * windows + 0.1
  }
  if (one.kind !== other.kind) {
    return isPool(one.kind) && isPool(other.kind) ? poolMismatch : Number.POSITIVE_INFINITY
  }
  const isNamed = one.kind === 'input' || one.kind === 'decision' || one.kind === 'other'
  return isNamed && one.label !== other.label ? Number.POSITIVE_INFINITY : 0
}

/** How differently two layers stand in their networks, by the lengths of paths to both ends. */
export function structuralPenalty(
  first: OtmannNetwork,
  second: OtmannNetwork,
  one: number,
  other: number,
): number {
  const from = one * featureCount
  const to = other * featureCount
  let sum = 0
  for (let feature = 0; feature < featureCount; feature++) {
    sum += Math.abs(
      (first.paths[from + feature] as number) - (second.paths[to + feature] as number),
    )
  }
  return sum / featureCount
}

interface Block {
  readonly rows: readonly number[]
  readonly columns: readonly number[]
}

interface MatchBuffers {
  readonly size: number
  readonly mismatches: Float64Array
  readonly penalties: Float64Array
  readonly costs: Float64Array
  readonly supplies: Float64Array
  readonly demands: Float64Array
}

interface MatchSpace {
  readonly weights: readonly number[]
  readonly solver: TransportSolver
  buffers: MatchBuffers
}

function matchBuffers(size: number): MatchBuffers {
  return {
    size,
    mismatches: new Float64Array(size * size),
    penalties: new Float64Array(size * size),
    costs: new Float64Array(size * size),
    supplies: new Float64Array(size),
    demands: new Float64Array(size),
  }
}

/** Writes masses, mismatches and penalties of a block's layers down. */
function loadBlock(
  space: MatchSpace,
  first: OtmannNetwork,
  second: OtmannNetwork,
  { rows, columns }: Block,
): void {
  const size = Math.max(rows.length, columns.length)
  if (size > space.buffers.size) space.buffers = matchBuffers(2 * size)
  const { mismatches, penalties, supplies, demands } = space.buffers
  for (let j = 0; j < columns.length; j++)
    demands[j] = second.masses[columns[j] as number] as number
  let entry = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    const layer = first.layers[row] as OtmannLayer
    supplies[i] = first.masses[row] as number
    for (let j = 0; j < columns.length; j++) {
      const column = columns[j] as number
      mismatches[entry] = labelMismatch(layer, second.layers[column] as OtmannLayer)
      penalties[entry] = structuralPenalty(first, second, row, column)
      entry += 1
    }
  }
}

/** Takes what the block's best matches save off the distances. */
function saveBlock(
  { weights, solver, buffers }: MatchSpace,
  distances: Float64Array,
  { rows, columns }: Block,
): void {
  const { mismatches, penalties, costs, supplies, demands } = buffers
  const count = rows.length * columns.length
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] as number
    for (let entry = 0; entry < count; entry++) {
      const cost = (mismatches[entry] as number) + weight * (penalties[entry] as number)
      costs[entry] = Math.min(0, cost - bothUnmatched)
    }
    const saved =
      count === 1
        ? (costs[0] as number) * Math.min(supplies[0] as number, demands[0] as number)
        : solver.solve({ costs, supplies, demands, rows: rows.length, columns: columns.length })
    distances[index] = (distances[index] as number) + saved
  }
}

function isConvolution(kind: OtmannKind): boolean {
  return kind === 'conv' || kind === 'separable'
}

function isPool(kind: OtmannKind): boolean {
  return kind === 'max-pool' || kind === 'avg-pool'
}

function isEnd(kind: OtmannKind): boolean {
  return kind === 'input' || kind === 'decision' || kind === 'output'
}

function layerMasses(layers: readonly OtmannLayer[]): Float64Array {
  const channels = new Float64Array(layers.length)
  const masses = new Float64Array(layers.length)
  let sum = 0
  for (const [position, { kind, channels: own, inputs }] of layers.entries()) {
    const read = inputs.reduce((total, input) => total + (channels[input] as number), 0)
    const isWeighted = isConvolution(kind) || kind === 'linear'
    channels[position] = isWeighted || kind === 'input' ? own : read
    if (isEnd(kind)) continue
    masses[position] = isWeighted ? read * own * (kind === 'linear' ? linearShare : 1) : read
    sum += masses[position] as number
  }
  const end = Math.max(endShare * sum, endMassMin)
  for (const kind of ['input', 'decision', 'output'] as const) {
    const places = [...layers.keys()].filter((position) => layers[position]?.kind === kind)
    for (const place of places) masses[place] = end / places.length
  }
  return masses
}

function pathLengths(layers: readonly OtmannLayer[]): Float64Array {
  const consumers = layers.map((): number[] => [])
  for (const [position, { inputs }] of layers.entries()) {
    for (const input of inputs) consumers[input]?.push(position)
  }
  const paths = new Float64Array(layers.length * featureCount)
  for (let position = layers.length - 1; position >= 0; position--) {
    measurePaths(paths, layers, position, { next: consumers[position] ?? [], offset: 0 })
  }
  for (const [position, { inputs }] of layers.entries()) {
    measurePaths(paths, layers, position, { next: inputs, offset: directionFeatures })
  }
  return paths
}

/** The last layer on a way counts nothing, any other itself where it is in the group. */
function measurePaths(
  paths: Float64Array,
  layers: readonly OtmannLayer[],
  position: number,
  { next, offset }: { readonly next: readonly number[]; readonly offset: number },
): void {
  if (next.length === 0) return
  const { kind } = layers[position] as OtmannLayer
  for (let group = 0; group < groups.length; group++) {
    const at = offset + group * lengthCount
    const read = (neighbour: number, length: number) =>
      paths[neighbour * featureCount + at + length] as number
    const own = groups[group]?.(kind) ? 1 : 0
    const place = position * featureCount + at
    paths[place] = own + Math.min(...next.map((neighbour) => read(neighbour, 0)))
    paths[place + 1] = own + Math.max(...next.map((neighbour) => read(neighbour, 1)))
    paths[place + 2] =
      own + next.reduce((sum, neighbour) => sum + read(neighbour, 2), 0) / next.length
  }
}
