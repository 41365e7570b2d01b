/**
 * One form for all the ways to number the vertices of a labelled directed acyclic graph.
 *
 * @remarks
 * Vertices are coloured by what stands around them, and classes are refined until none splits any more.
 * A class that is left with several vertices is split by hand, each of its vertices in turn, and the
 * smallest text of all leaves is the form: so it is exact where colours are not. Vertices that a
 * symmetry of the graph exchanges are found by their first leaf and tried once.
 * @see McKay and Piperno 2014, "Practical graph isomorphism, II", section 2.
 */
import {
  type Coloring,
  type DagVertex,
  firstColors,
  inputsBy,
  type Refinement,
  refinedByHash,
  refinedByText,
} from './dag-coloring.ts'

export type { DagVertex }

type Order = readonly number[]

/**
 * An order of the vertices, inputs before their consumers, such that isomorphic graphs read in it
 * are equal: by label and by what stands around them, for texts that people read.
 *
 * @param vertices - each after its inputs
 */
export function canonicalOrder(vertices: readonly DagVertex[]): Order {
  return canonicalOrderBy(vertices, refinedByText)
}

/** Such an order, too, but another one that takes less time, for hashes. */
export function quickOrder(vertices: readonly DagVertex[]): Order {
  return canonicalOrderBy(vertices, refinedByHash)
}

function canonicalOrderBy(vertices: readonly DagVertex[], refine: Refinement): Order {
  const graph = { vertices, refine }
  return search(graph, refine(vertices, firstColors(vertices)))
}

/** Of each position, its place in an order. */
export function placesIn(order: Order): ArrayLike<number> {
  const places = new Int32Array(order.length)
  for (let place = 0; place < order.length; place++) places[order[place] ?? 0] = place
  return places
}

interface Graph {
  readonly vertices: readonly DagVertex[]
  readonly refine: Refinement
}

/** The leaf of the smallest text. */
function search(graph: Graph, start: Coloring): Order {
  const { coloring, choices } = nextChoices(graph, start)
  const [only] = choices
  if (only === undefined) return coloring.order
  if (choices.length === 1) return search(graph, splitOff(graph, coloring, only))
  // By the text of the first leaf: an equal one is a symmetry that carries one branch into the other.
  const branches = new Map<string, Coloring>()
  for (const vertex of choices) {
    const split = splitOff(graph, coloring, vertex)
    const text = textIn(graph, firstLeaf(graph, split))
    if (!branches.has(text)) branches.set(text, split)
  }
  const leaves = branches.values().map((branch) => {
    const order = search(graph, branch)
    return { order, text: textIn(graph, order) }
  })
  return leaves.reduce((one, other) => (other.text < one.text ? other : one)).order
}

function firstLeaf(graph: Graph, start: Coloring): Order {
  const { coloring, choices } = nextChoices(graph, start)
  const [vertex] = choices
  if (vertex === undefined) return coloring.order
  return firstLeaf(graph, splitOff(graph, coloring, vertex))
}

interface Choices {
  readonly coloring: Coloring
  /** Vertices to split off, each in turn; none where every vertex has a colour of its own. */
  readonly choices: readonly number[]
}

/** Refines as far as it takes to know which vertices of a class are alike, or that none is left. */
function nextChoices({ vertices, refine }: Graph, start: Coloring): Choices {
  for (let coloring = start; ; ) {
    const { classCount, colors } = coloring
    if (classCount === vertices.length) return { coloring, choices: [] }
    const members = mixedClass(coloring)
    if (isExchangeable(vertices, coloring)) return { coloring, choices: members.slice(0, 1) }
    const choices = withoutTwins(vertices, members)
    if (choices.length === 1) return { coloring, choices }
    const finer = refine(vertices, colors)
    if (finer.classCount === classCount) return { coloring, choices }
    coloring = finer
  }
}

/** The same classes in the same order, but for one vertex, alone and before the others of its class. */
function splitOff({ vertices, refine }: Graph, { colors }: Coloring, vertex: number): Coloring {
  const apart = Int32Array.from(colors, (color, position) =>
    position === vertex ? 2 * color : 2 * color + 1,
  )
  return refine(vertices, apart)
}

/** The vertices in an order, each with the places of its inputs; a blank comes before all it can meet. */
function textIn({ vertices }: Graph, order: Order): string {
  const places = placesIn(order)
  return order
    .map((position) => `${vertices[position]?.label}@${inputsBy(vertices[position], places)}`)
    .join(' ')
}

/** The vertices of the first class that holds several. */
function mixedClass({ colors, order }: Coloring): readonly number[] {
  let start = 0
  while (colors[order[start] ?? 0] !== colors[order[start + 1] ?? 0]) start += 1
  let end = start + 1
  while (end < order.length && colors[order[end] ?? 0] === colors[order[start] ?? 0]) end += 1
  return order.slice(start, end)
}

/** Of those with the very same inputs and consumers, which a symmetry exchanges, the first. */
function withoutTwins(
  vertices: readonly DagVertex[],
  members: readonly number[],
): readonly number[] {
  const own = Int32Array.from(vertices.keys())
  const surroundings = members.map((member) => {
    const consumers = vertices.flatMap(({ inputs, ports }, position) =>
      inputs.flatMap((input, index) => (input === member ? `${position}.${ports?.[index]}` : [])),
    )
    return `${inputsBy(vertices[member], own)}|${consumers.sort()}`
  })
  return members.filter((_, index) => surroundings.indexOf(surroundings[index] ?? '') === index)
}

/**
 * Whether no class has more than two vertices and exchanging the two of every class at once is a
 * symmetry: then either stands for both.
 */
function isExchangeable(vertices: readonly DagVertex[], { colors, order }: Coloring): boolean {
  const own = Int32Array.from(vertices.keys())
  const others = own.slice()
  for (let place = 1; place < order.length; place++) {
    const [one = 0, other = 0] = [order[place - 1], order[place]]
    if (colors[one] !== colors[other]) continue
    if (others[one] !== one) return false
    others[one] = other
    others[other] = one
  }
  // Those of a class have one label.
  return vertices.every((vertex, position) => {
    const places = inputsBy(vertices[others[position] ?? 0], own)
    return inputsBy(vertex, others).every((place, index) => place === places[index])
  })
}
