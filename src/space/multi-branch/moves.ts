/** The small changes from one architecture to another. */
import type { Random } from '#src/random/random.ts'
import { weightedDraw } from '../weighted-draw.ts'
import type { MultiBranchSettings } from './settings.ts'
import type { BranchLayer, MultiBranch } from './text.ts'
import { changedSources, crossSources, sampleSources, sourceSetCount } from './wiring.ts'

/** How many architectures have each depth, from the smallest depth on. */
export function countByDepth(settings: MultiBranchSettings): readonly bigint[] {
  const { minLayers, maxLayers, operations, wiring } = settings
  let count = 1n
  const counts = Array.from({ length: maxLayers }, (_, index) => {
    count *= BigInt(operations.length) * sourceSetCount(wiring, index + 1)
    return count
  })
  return counts.slice(minLayers - 1)
}

export function sampleMultiBranch(settings: MultiBranchSettings, random: Random): MultiBranch {
  const { minLayers, maxLayers, sampling } = settings
  const depth =
    sampling === 'architectures'
      ? minLayers + weightedDraw(countByDepth(settings), random)
      : minLayers + random.int(maxLayers - minLayers + 1)
  return sampleDepth(settings, depth, random)
}

/** Uniform over the architectures of a depth. */
export function sampleDepth(
  { operations, wiring }: MultiBranchSettings,
  depth: number,
  random: Random,
): MultiBranch {
  return Array.from({ length: depth }, (_, index) => ({
    operation: random.pick(operations),
    inputs: sampleSources(wiring, index + 1, random),
  }))
}

/** One legal move, its kind first: append, remove, operation, connection. */
export function mutateMultiBranch(
  layers: MultiBranch,
  settings: MultiBranchSettings,
  random: Random,
): MultiBranch {
  return random.pick(random.pick(moves(layers, settings)))()
}

/** Every architecture that one move leads to. */
export function multiBranchNeighbours(
  layers: MultiBranch,
  settings: MultiBranchSettings,
): readonly MultiBranch[] {
  return moves(layers, settings).flatMap((kind) => kind.map((move) => move()))
}

/** The depth of either parent; of each layer, operation and each input from either that has it. */
export function crossMultiBranches(
  parents: readonly [MultiBranch, MultiBranch],
  { wiring }: MultiBranchSettings,
  random: Random,
): MultiBranch {
  const [deep, other] = random.bernoulli(0.5) ? parents : [parents[1], parents[0]]
  return deep.map((layer, index) => {
    const rival = other[index] ?? layer
    return {
      operation: random.bernoulli(0.5) ? rival.operation : layer.operation,
      inputs: crossSources(wiring, index + 1, [layer.inputs, rival.inputs], random),
    }
  })
}

/** A move; what it leads to is not made before it is asked for. */
type Move = () => MultiBranch

/** The moves of each kind; kinds that have none are left out. */
function moves(layers: MultiBranch, settings: MultiBranchSettings): readonly (readonly Move[])[] {
  const { minLayers, maxLayers, operations, wiring } = settings
  const last = layers.at(-1)
  const longer =
    layers.length < maxLayers
      ? operations.map((operation) => () => [...layers, { operation, inputs: [layers.length] }])
      : []
  // Only what appending makes is removed, so that each move has its way back.
  const isPlain = last?.inputs.join() === String(layers.length - 1)
  const shorter = layers.length > minLayers && isPlain ? [() => layers.slice(0, -1)] : []
  const renamed = changedLayers(layers, (layer) =>
    operations
      .filter((operation) => operation !== layer.operation)
      .map((operation) => ({ ...layer, operation })),
  )
  const rewired = changedLayers(layers, (layer, index) =>
    changedSources(wiring, index + 1, layer.inputs).map((inputs) => ({ ...layer, inputs })),
  )
  return [longer, shorter, renamed, rewired].filter((kind) => kind.length > 0)
}

function changedLayers(
  layers: MultiBranch,
  change: (layer: BranchLayer, index: number) => readonly BranchLayer[],
): readonly Move[] {
  return layers.flatMap((layer, index) =>
    change(layer, index).map((changed) => () => layers.with(index, changed)),
  )
}
