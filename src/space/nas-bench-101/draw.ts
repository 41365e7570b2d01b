import type { Drawing, DrawingRole } from '#src/graph/drawing.ts'
import { type Cell, type CellOperation, vertexCount, verticesInUse } from './cell.ts'
import { sourceList } from './text.ts'

const looks: Readonly<Record<CellOperation, { label: string; role: DrawingRole }>> = {
  conv3x3: { label: 'conv 3×3', role: 'conv' },
  conv1x1: { label: 'conv 1×1', role: 'conv' },
  maxpool3x3: { label: 'max pool 3×3', role: 'pool' },
}

/** What is left after pruning, from left to right, with the vertices' numbers in the text form. */
export function drawCell(cell: Cell, title: string): Drawing {
  const last = vertexCount(cell) - 1
  const used = verticesInUse(cell.adjacency, vertexCount(cell))
  const vertices = Array.from({ length: last + 1 }, (_, vertex) => vertex).filter(
    (vertex) => (used & (1 << vertex)) !== 0,
  )
  return {
    title,
    direction: 'right',
    groups: [],
    nodes: vertices.map((vertex) => {
      const id = `vertex${vertex}`
      const operation = cell.operations[vertex - 1]
      if (vertex === 0) return { id, label: 'input', detail: '0', role: 'input' }
      if (operation === undefined) return { id, label: 'output', role: 'output' }
      return { id, detail: String(vertex), ...looks[operation] }
    }),
    edges: vertices.flatMap((vertex) =>
      sourceList(cell.adjacency, vertex)
        .filter((source) => (used & (1 << source)) !== 0)
        .map((source) => ({ from: `vertex${source}`, to: `vertex${vertex}` })),
    ),
  }
}
