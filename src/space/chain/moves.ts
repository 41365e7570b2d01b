/** The small changes from one chain to another. */
import type { Random } from '#src/random/random.ts'
import {
  allLayers,
  changedLayers,
  changeLayer,
  isChangeable,
  type Layer,
  type LayerChoices,
  sampleLayer,
} from './layer.ts'
import { formatLayer } from './text.ts'

/** Layers from first to last. */
export type Chain = readonly Layer[]

/** What a chain of a space may be. */
export interface ChainBounds {
  readonly minDepth: number
  readonly maxDepth: number
  readonly choices: LayerChoices
}

/** One legal move, each of add, remove and change equally likely. */
export function mutateChain(layers: Chain, bounds: ChainBounds, random: Random): Chain {
  const { minDepth, maxDepth, choices } = bounds
  const changeable = [...layers.entries()].filter(([, layer]) => isChangeable(choices, layer))
  const moves: (() => Chain)[] = []
  if (layers.length < maxDepth) {
    moves.push(() =>
      layers.toSpliced(random.int(layers.length + 1), 0, sampleLayer(choices, random)),
    )
  }
  if (layers.length > minDepth) {
    moves.push(() => layers.toSpliced(random.int(layers.length), 1))
  }
  if (changeable.length > 0) {
    moves.push(() => {
      const [position, layer] = random.pick(changeable)
      return layers.with(position, changeLayer(choices, layer, random))
    })
  }
  return random.pick(moves)()
}

/** Every chain that `mutateChain` can make, each once: longer ones, shorter ones, changed ones. */
export function* chainNeighbours(layers: Chain, bounds: ChainBounds): Iterable<Chain> {
  if (layers.length < bounds.maxDepth) yield* longerChains(layers, bounds.choices)
  if (layers.length > bounds.minDepth) yield* shorterChains(layers)
  for (const [position, layer] of layers.entries()) {
    for (const other of changedLayers(bounds.choices, layer)) yield layers.with(position, other)
  }
}

/** The depth of either parent; each layer from either, where both have one. */
export function crossChains(first: Chain, second: Chain, random: Random): Chain {
  const [depth, other] = random.bernoulli(0.5) ? [first, second] : [second, first]
  return depth.map((layer, position) =>
    random.bernoulli(0.5) ? (other[position] ?? layer) : layer,
  )
}

function* longerChains(layers: Chain, choices: LayerChoices): Iterable<Chain> {
  for (let position = 0; position <= layers.length; position++) {
    const before = layers[position - 1]
    for (const layer of allLayers(choices)) {
      // Behind its equal, a layer gives the same chain as before it.
      if (!isSame(layer, before)) yield layers.toSpliced(position, 0, layer)
    }
  }
}

function* shorterChains(layers: Chain): Iterable<Chain> {
  for (const [position, layer] of layers.entries()) {
    // Of equal layers in a row, it does not matter which one goes.
    if (!isSame(layer, layers[position - 1])) yield layers.toSpliced(position, 1)
  }
}

function isSame(first: Layer, second: Layer | undefined): boolean {
  return second !== undefined && formatLayer(first) === formatLayer(second)
}
