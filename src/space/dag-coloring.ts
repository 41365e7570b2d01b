/**
 * Colours of the vertices of a labelled directed acyclic graph by what stands around them, and two ways
 * to refine them. `dag-form.ts` makes one form of a graph with them.
 */

export interface DagVertex {
  readonly label: string
  /** Positions of earlier vertices; one may stand several times. */
  readonly inputs: readonly number[]
  /** Of each input, what it comes in by, below 1,024; absent where all come in alike. */
  readonly ports?: readonly number[]
}

/** Classes of vertices, the same for isomorphic graphs. */
export interface Coloring {
  /** Of each vertex: the place of its class; those of a class have one label and no edges among them. */
  readonly colors: ArrayLike<number>
  /** Positions by rising colour, equal ones as they stand. */
  readonly order: readonly number[]
  readonly classCount: number
}

/** Splits classes by what stands around their vertices; the order of classes is kept. */
export type Refinement = (vertices: readonly DagVertex[], colors: ArrayLike<number>) => Coloring

/**
 * Colours by the longest way from a vertex without inputs, which keeps inputs before consumers, then by
 * label: with gaps, and not refined.
 */
export function firstColors(vertices: readonly DagVertex[]): ArrayLike<number> {
  const ranks = labelRanks(vertices)
  const [depths, colors] = [new Int32Array(vertices.length), new Int32Array(vertices.length)]
  for (let position = 0; position < vertices.length; position++) {
    const { label = '', inputs = [] } = vertices[position] ?? {}
    let depth = 0
    for (const input of inputs) depth = Math.max(depth, 1 + (depths[input] ?? 0))
    depths[position] = depth
    colors[position] = depth * ranks.size + (ranks.get(label) ?? 0)
  }
  return colors
}

function labelRanks(vertices: readonly DagVertex[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  const labels: string[] = []
  for (const { label } of vertices) {
    if (ranks.has(label)) continue
    ranks.set(label, 0)
    labels.push(label)
  }
  labels.sort()
  for (let rank = 0; rank < labels.length; rank++) ranks.set(labels[rank] ?? '', rank)
  return ranks
}

/**
 * By a hash of all that leads to a vertex and of all that comes of it: quick, in an order that nobody
 * would guess. Hashes that happen to be equal leave a class whole.
 */
export function refinedByHash(vertices: readonly DagVertex[], colors: ArrayLike<number>): Coloring {
  const hashes = hashesOf(vertices, colors)
  return coloringBy(
    colors,
    (one, other) =>
      (colors[one] ?? 0) - (colors[other] ?? 0) || (hashes[one] ?? 0) - (hashes[other] ?? 0),
  )
}

/** Whatever the order of inputs and consumers. */
function hashesOf(vertices: readonly DagVertex[], colors: ArrayLike<number>): Int32Array {
  const hashes = new Int32Array(vertices.length)
  // First of all that leads to each vertex …
  for (let position = 0; position < hashes.length; position++) {
    const { inputs = [], ports } = vertices[position] ?? {}
    let sum = 0
    for (let index = 0; index < inputs.length; index++) {
      sum += mixed((hashes[inputs[index] ?? 0] ?? 0) + (ports?.[index] ?? 0))
    }
    hashes[position] = mixed(sum ^ mixed(1 + (colors[position] ?? 0)))
  }
  addConsumers(vertices, hashes)
  return hashes
}

/** … then of all that comes of it, too. */
function addConsumers(vertices: readonly DagVertex[], hashes: Int32Array): void {
  const sums = new Int32Array(hashes.length)
  for (let position = hashes.length - 1; position >= 0; position--) {
    const { inputs = [], ports } = vertices[position] ?? {}
    const hash = mixed((hashes[position] ?? 0) ^ mixed(sums[position] ?? 0))
    hashes[position] = hash
    for (let index = 0; index < inputs.length; index++) {
      const input = inputs[index] ?? 0
      sums[input] = (sums[input] ?? 0) + mixed(hash + (ports?.[index] ?? 0))
    }
  }
}

/** A bijection of the 32-bit integers that scatters neighbours, so that sums of it tell sets apart. */
function mixed(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return twice ^ (twice >>> 16)
}

/**
 * By the colours of inputs and of consumers, written out, again and again until no class splits any
 * more: an order that goes with what a reader sees.
 */
export function refinedByText(vertices: readonly DagVertex[], colors: ArrayLike<number>): Coloring {
  const consumers = vertices.map((): number[] => [])
  for (const [position, { inputs }] of vertices.entries()) {
    for (const input of inputs) consumers[input]?.push(position)
  }
  for (
    let coloring = coloringBy(colors, (one, other) => (colors[one] ?? 0) - (colors[other] ?? 0));
    ;
  ) {
    const { classCount } = coloring
    // Where every vertex stands alone, nothing is left to split.
    if (classCount === vertices.length) return coloring
    const next = splitByText(vertices, consumers, coloring)
    if (next.classCount === classCount) return coloring
    coloring = next
  }
}

function splitByText(
  vertices: readonly DagVertex[],
  consumers: readonly (readonly number[])[],
  { colors, order }: Coloring,
): Coloring {
  const texts: string[] = []
  for (let place = 0; place < order.length; place++) {
    const position = order[place] ?? 0
    const isAlone = [order[place - 1], order[place + 1]].every(
      (other) => other === undefined || colors[other] !== colors[position],
    )
    if (isAlone) continue
    const inputs = inputsBy(vertices[position], colors)
    texts[position] = `${inputs}|${inputsBy({ inputs: consumers[position] ?? [] }, colors)}`
  }
  return coloringBy(colors, (one, other) => {
    const difference = (colors[one] ?? 0) - (colors[other] ?? 0)
    if (difference !== 0) return difference
    const [text = '', rival = ''] = [texts[one], texts[other]]
    return text === rival ? 0 : text < rival ? -1 : 1
  })
}

/** What is known of each input of a vertex, with its port where there are any, rising. */
export function inputsBy(
  vertex: Pick<DagVertex, 'inputs' | 'ports'> | undefined,
  known: ArrayLike<number>,
): number[] {
  const { inputs = [], ports } = vertex ?? {}
  const sorted: number[] = []
  for (let given = 0; given < inputs.length; given++) {
    const code = known[inputs[given] ?? 0] ?? 0
    const value = ports === undefined ? code : code * portLimit + (ports[given] ?? 0)
    let index = sorted.length
    for (; index > 0 && (sorted[index - 1] ?? 0) > value; index--) {
      sorted[index] = sorted[index - 1] ?? 0
    }
    sorted[index] = value
  }
  return sorted
}

const portLimit = 1024

function coloringBy(
  { length }: ArrayLike<unknown>,
  compare: (one: number, other: number) => number,
): Coloring {
  const order: number[] = []
  for (let position = 0; position < length; position++) order.push(position)
  order.sort(compare)
  const colors = new Int32Array(length)
  let [color, last] = [-1, -1]
  for (const position of order) {
    if (last < 0 || compare(last, position) !== 0) color += 1
    colors[position] = color
    last = position
  }
  return { colors, order, classCount: color + 1 }
}
