import { cellChannels, type Layer, type LayerGraph } from '#src/graph/layer-graph.ts'
import {
  type OtmannLayer,
  type OtmannNetwork,
  otmannComparison,
  otmannNetwork,
  structureWeights,
} from '#src/predictor/otmann.ts'
import { pairSize } from '#src/predictor/otmann-kernel.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { architectureLayers } from '../architecture-layers.ts'

/** An architecture's networks (one for each cell) and how far they are from those that were told. */
export interface ComparedNetwork {
  readonly networks: readonly OtmannNetwork[]
  readonly totalMass: number
  /** `pairSize` numbers for each told trial. */
  readonly pairs: number[]
}

/** Gives `pairSize` numbers of two architectures. */
export type ComparePair = (first: ComparedNetwork, second: ComparedNetwork) => readonly number[]

export interface NetworkDistances {
  /** Told trials' networks, in order. */
  readonly told: ComparedNetwork[]
  /** Networks that were looked at, by what they are; texts of one network share an entry. */
  readonly known: Map<string, ComparedNetwork>
}

/** Pairs that are kept, of `pairSize` numbers each: about 30 MB. */
const knownPairsMax = 500_000

export function networkDistances(): NetworkDistances {
  return { told: [], known: new Map() }
}

/** Looks architectures up; each network's distances are worked out once. */
export function networkReader(space: SearchSpace, pairOf: ComparePair) {
  const layersOf = architectureLayers(space)
  const inputChannels = space.encodings.layers ? cellChannels : 1
  return (distances: NetworkDistances, architecture: unknown): ComparedNetwork => {
    const { told, known } = distances
    const graphs = layersOf(architecture)
    const name = JSON.stringify(
      graphs.map((graph) => graph.map(({ label, inputs }) => [label, inputs])),
    )
    const network = known.get(name) ?? compared(graphs, inputChannels)
    if (!known.has(name)) {
      if (known.size * (told.length + 1) >= knownPairsMax) known.clear()
      known.set(name, network)
    }
    return measured(network, distances, pairOf)
  }
}

/** The network with its distances to all that was told, which are worked out where they lack. */
export function measured(
  network: ComparedNetwork,
  { told }: NetworkDistances,
  pairOf: ComparePair,
): ComparedNetwork {
  for (let trial = network.pairs.length / pairSize; trial < told.length; trial++) {
    const pair = pairOf(network, told[trial] as ComparedNetwork)
    for (let index = 0; index < pairSize; index++) network.pairs.push(pair[index] as number)
  }
  return network
}

/**
 * Makes the distances of two architectures under each structure weight, and the squares of the
 * normalised ones. Cells are compared with their like, and distances and masses added up.
 */
export function pairComparison(): ComparePair {
  const compare = otmannComparison()
  const half = structureWeights.length
  return (first, second) => {
    const pair = new Array<number>(2 * half).fill(0)
    for (const [cell, network] of first.networks.entries()) {
      const found = compare(network, second.networks[cell] as OtmannNetwork)
      for (let index = 0; index < half; index++) {
        pair[index] = (pair[index] as number) + (found[index] as number)
      }
    }
    const total = first.totalMass + second.totalMass
    for (let index = 0; index < half; index++) {
      pair[half + index] = ((pair[index] as number) / total) ** 2
    }
    return pair
  }
}

function compared(graphs: readonly LayerGraph[], inputChannels: number): ComparedNetwork {
  const networks = graphs.map((graph) => otmannNetwork(otmannLayers(graph, inputChannels)))
  const totalMass = networks.reduce((sum, network) => sum + network.totalMass, 0)
  return { networks, totalMass, pairs: [] }
}

/** A graph of layers as the source has networks: with a decision layer right before the output. */
export function otmannLayers(graph: LayerGraph, inputChannels: number): readonly OtmannLayer[] {
  const output = graph.at(-1) as Layer
  const layers = graph
    .slice(0, -1)
    .map(({ kind, label, kernel, channels, inputs }): OtmannLayer => {
      return { kind, label, kernel, channels: kind === 'input' ? inputChannels : channels, inputs }
    })
  const decision = { kind: 'decision', label: 'softmax', kernel: 0, channels: 0 } as const
  return [
    ...layers,
    { ...decision, inputs: output.inputs },
    { kind: 'output', label: 'output', kernel: 0, channels: 0, inputs: [layers.length] },
  ]
}
