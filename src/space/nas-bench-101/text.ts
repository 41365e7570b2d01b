import { ArchloomError } from '#src/errors.ts'
import {
  type Cell,
  type CellOperation,
  cellOperations,
  edgePlaces,
  sourcesOf,
  vertexLimits,
} from './cell.ts'

/** `(0,2)` of every bit mask of sources. */
const sourceTexts: readonly string[] = Array.from(
  { length: 2 ** (vertexLimits.max - 1) },
  (_, mask) => `(${maskedVertices(mask, vertexLimits.max - 1).join(',')})`,
)
const masksByText = new Map(sourceTexts.map((text, mask) => [text, mask]))

/** `conv3x3(0)|conv1x1(0,1)|output(2)`: what each vertex from 1 on does, and where its edges come from. */
export function formatCell({ adjacency, operations }: Cell): string {
  let text = ''
  for (let index = 0; index < operations.length; index++) {
    text += `${operations[index]}${sourceTexts[sourcesOf(adjacency, index + 1)]}|`
  }
  return `${text}output${sourceTexts[sourcesOf(adjacency, operations.length + 1)]}`
}

/** The vertices with an edge into this one, ascending. */
export function sourceList(adjacency: number, vertex: number): readonly number[] {
  return maskedVertices(sourcesOf(adjacency, vertex), vertex)
}

function maskedVertices(mask: number, below: number): readonly number[] {
  return Array.from({ length: below }, (_, vertex) => vertex).filter(
    (vertex) => (mask & (1 << vertex)) !== 0,
  )
}

/**
 * Reads the text form of a cell of any size; whether it is in a given space is another question.
 *
 * @param space - the name that errors give
 * @throws space/invalid-architecture naming the vertex
 */
export function parseCell(text: string, space: string): Cell {
  const parts = text.split('|')
  const [fewest, most] = [vertexLimits.min - 1, vertexLimits.max - 1]
  if (parts.length < fewest || parts.length > most || !parts.at(-1)?.startsWith('output')) {
    const expected = `up to ${most - 1} operations and the output, such as conv3x3(0)|output(0,1)`
    refuseCell(space, 'the cell', expected, JSON.stringify(text))
  }
  const operations = parts
    .slice(0, -1)
    .map((part, index) => readOperation(part, `vertex ${index + 1}`, space))
  const adjacency = parts.reduce((mask, part, index) => {
    const vertex = index + 1
    const isOutput = vertex === parts.length
    const name = isOutput ? 'output' : (operations[index] ?? '')
    const sources = readSources(part, name, vertex)
    if (sources === null) {
      const place = isOutput ? 'the output' : `vertex ${vertex}`
      const expected = `${name}(…) with vertices below ${vertex} in ascending order, such as (0) or ()`
      refuseCell(space, place, expected, JSON.stringify(part))
    }
    return mask | (sources << edgePlaces(vertex))
  }, 0)
  return { adjacency, operations }
}

/** `found` comes quoted where it is the user's own text. */
export function refuseCell(space: string, place: string, expected: string, found: string): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The ${space} architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space, place, expected, found } },
  )
}

function readOperation(part: string, place: string, space: string): CellOperation {
  const open = part.indexOf('(')
  const name = open < 0 ? part : part.slice(0, open)
  const operation = cellOperations.find((known) => known === name)
  if (operation !== undefined) return operation
  refuseCell(space, place, `one of ${cellOperations.join(', ')}`, JSON.stringify(name))
}

/** The bit mask of `name(0,2)`; null unless the vertices ascend and stand below this one. */
function readSources(part: string, name: string, vertex: number): number | null {
  if (!part.startsWith(name)) return null
  const mask = masksByText.get(part.slice(name.length))
  return mask === undefined || mask >= 1 << vertex ? null : mask
}
