/** The nodes and edges of a fabric, and which of them a part of it uses. */
import type { GateMatrix } from '#src/graph/choice.ts'
import type { FabricBounds } from './settings.ts'
import { formatStep, type Step, stepsBetweenLayers, type Trellis } from './trellis.ts'

/** Where an edge comes from, seen from its end: `above` is the finer scale of the same layer. */
export type Source = 'finer' | 'same' | 'coarser' | 'above'

export interface FabricNode {
  readonly layer: number
  readonly scale: number
}

export interface FabricEdge {
  readonly source: Source
  readonly from: FabricNode
}

/** Every node, layer by layer from the finest scale on. */
export function fabricNodes({ layers, scales }: FabricBounds): readonly FabricNode[] {
  return Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: scales }, (_, scale) => ({ layer: layer + 1, scale: scale + 1 })),
  ).flat()
}

/** The edges that end in a node, in a fixed order; none for the first node. */
export function edgesInto(
  { layer, scale }: FabricNode,
  { layers, scales }: FabricBounds,
): readonly FabricEdge[] {
  const before = (source: Source, from: number): FabricEdge[] =>
    layer > 1 && from >= 1 && from <= scales
      ? [{ source, from: { layer: layer - 1, scale: from } }]
      : []
  const above: FabricEdge = { source: 'above', from: { layer, scale: scale - 1 } }
  return [
    ...before('finer', scale - 1),
    ...before('same', scale),
    ...before('coarser', scale + 1),
    ...((layer === 1 || layer === layers) && scale > 1 ? [above] : []),
  ]
}

/** Whether an edge belongs to a part of the fabric. */
export function isUsed(trellis: Trellis, { source, from }: FabricEdge, to: FabricNode): boolean {
  if (source !== 'above') {
    return (trellis[from.layer - 1] ?? []).some(([a, b]) => a === from.scale && b === to.scale)
  }
  if (to.layer === 1) return (trellis[0] ?? []).some(([start]) => start >= to.scale)
  return (trellis.at(-1) ?? []).some(([, end]) => end < to.scale)
}

/** Ones for the edges of a part, shaped as the gates of the whole fabric: a row a node but the first. */
export function gatesOfTrellis(trellis: Trellis, bounds: FabricBounds): GateMatrix {
  return fabricNodes(bounds)
    .slice(1)
    .map((node) => edgesInto(node, bounds).map((edge) => (isUsed(trellis, edge, node) ? 1 : 0)))
}

/**
 * The part that weighs most: from the last node back, the heaviest edge into each node, and where
 * several are allowed every edge that weighs at least half as much as that one.
 */
export function heaviestTrellis(weights: GateMatrix, bounds: FabricBounds): Trellis {
  const nodes = fabricNodes(bounds)
  const wanted = new Set([nodes.length - 1])
  const kept = new Set<string>()
  for (let index = nodes.length - 1; index > 0; index--) {
    const node = nodes[index]
    if (!node || !wanted.has(index)) continue
    const edges = edgesInto(node, bounds)
    const row = edges.map((_, position) => weights[index - 1]?.[position] ?? 0)
    const most = Math.max(...row)
    const heaviest = row.indexOf(most)
    for (const [position, { source, from }] of edges.entries()) {
      const weight = row[position] ?? 0
      const isHeavy = !bounds.onlyPaths && weight > 0 && weight >= most / 2
      if (position !== heaviest && !isHeavy) continue
      wanted.add((from.layer - 1) * bounds.scales + from.scale - 1)
      if (source !== 'above') kept.add(stepKey(from.layer - 1, [from.scale, node.scale]))
    }
  }
  return Array.from({ length: bounds.layers - 1 }, (_, gap) =>
    stepsBetweenLayers(bounds.scales).filter((step) => kept.has(stepKey(gap, step))),
  )
}

function stepKey(gap: number, step: Step): string {
  return `${gap}:${formatStep(step)}`
}
