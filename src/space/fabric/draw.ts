import type { Drawing, DrawingEdge, DrawingNode } from '#src/graph/drawing.ts'
import { edgesInto, type FabricNode, fabricNodes, isUsed } from './edges.ts'
import type { FabricBounds } from './settings.ts'
import type { Trellis } from './trellis.ts'

/** The whole grid, a column a layer and a row a scale, with the edges of a part of it. */
export function drawTrellis(trellis: Trellis, bounds: FabricBounds): Drawing {
  const nodes = fabricNodes(bounds)
  const edges = nodes.flatMap((node) =>
    edgesInto(node, bounds)
      .filter((edge) => isUsed(trellis, edge, node))
      .map(({ from }): DrawingEdge => ({ from: id(from), to: id(node), role: 'conv' })),
  )
  const live = new Set(edges.flatMap(({ from, to }) => [from, to]))
  const { layers, scales } = bounds
  return {
    title: `Part of a fabric of ${layers} layers and ${scales} scales`,
    direction: 'right',
    groups: [],
    nodes: [
      end('image', 'input', { layer: 0, scale: 1 }),
      ...nodes.map((node): DrawingNode => {
        const role = live.has(id(node)) ? 'conv' : 'zero'
        return { id: id(node), label: reduction(node), role, place: placeOf(node) }
      }),
      end('classes', 'output', { layer: layers + 1, scale: scales }),
    ],
    edges: [
      { from: 'image', to: id({ layer: 1, scale: 1 }) },
      ...edges,
      { from: id({ layer: layers, scale: scales }), to: 'classes' },
    ],
  }
}

function end(label: string, role: 'input' | 'output', at: FabricNode): DrawingNode {
  return { id: label, label, role, place: placeOf(at) }
}

/** How often the image goes into the scale, on either axis. */
function reduction({ scale }: FabricNode): string {
  return String(2 ** (scale - 1))
}

function placeOf({ layer, scale }: FabricNode): { column: number; row: number } {
  return { column: layer, row: scale - 1 }
}

function id({ layer, scale }: FabricNode): string {
  return `layer${layer}.scale${scale}`
}
