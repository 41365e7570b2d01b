/** Cells as the benchmark's files have them, in the text form of the space `nas-bench-101`. */
import { ArchloomError } from '#src/errors.ts'

/** In the order of the published labels. */
const operations = ['conv3x3', 'conv1x1', 'maxpool3x3'] as const
const published: readonly string[] = ['conv3x3-bn-relu', 'conv1x1-bn-relu', 'maxpool3x3']

/** Of the space, input and output included; smaller cells get vertices without edges. */
const vertexCount = 7

/**
 * @param matrix - bit `x + y(y - 1)/2` is the edge from vertex x to vertex y
 * @param digits - a label for each vertex between input and output
 */
export function sheetCellText(vertices: number, matrix: number, digits: string): string {
  if (vertices < 2 || vertices > vertexCount || digits.length !== vertices - 2) {
    refuse(`${digits.length} operations between input and output`, `${vertices} vertices`)
  }
  const names = [...digits].map(
    (digit) => operations[Number(digit)] ?? refuse('labels 0, 1 and 2', JSON.stringify(digit)),
  )
  return cellText(names, (from, to) => ((matrix >>> (from + (to * (to - 1)) / 2)) & 1) === 1)
}

/**
 * @param matrix - zeros and ones by row
 * @param labels - separated by commas, `input` and `output` among them
 */
export function recordCellText(matrix: string, labels: string): string {
  const list = labels.split(',')
  const size = list.length
  if (size < 2 || size > vertexCount || list[0] !== 'input' || list.at(-1) !== 'output') {
    refuse('2 to 7 labels from input to output', JSON.stringify(labels))
  }
  if (matrix.length !== size * size || !/^[01]*$/.test(matrix)) {
    refuse(`${size * size} zeros and ones`, JSON.stringify(matrix))
  }
  for (let from = 0; from < size; from++) {
    for (let to = 0; to <= from; to++) {
      if (matrix[from * size + to] === '1')
        refuse('edges from lower vertices to higher ones', `an edge from ${from} to ${to}`)
    }
  }
  const names = list.slice(1, -1).map((label) => {
    const name = operations[published.indexOf(label)]
    return name ?? refuse(`one of ${published.join(', ')}`, JSON.stringify(label))
  })
  return cellText(names, (from, to) => matrix[from * size + to] === '1')
}

function cellText(
  names: readonly string[],
  hasEdge: (from: number, to: number) => boolean,
): string {
  const last = names.length + 1
  const sources = (vertex: number) => {
    const list: number[] = []
    for (let from = 0; from < vertex; from++) if (hasEdge(from, vertex)) list.push(from)
    return list.join(',')
  }
  const inner = names.map((name, index) => `${name}(${sources(index + 1)})`)
  const added = Array.from({ length: vertexCount - 1 - last }, () => 'conv1x1()')
  return [...inner, ...added, `output(${sources(last)})`].join('|')
}

function refuse(expected: string, found: string): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `The cell is wrong: expected ${expected}, found ${found}`,
    { details: { expected, found } },
  )
}
