/**
 * One form for all the ways to number the vertices of a labelled directed acyclic graph.
 *
 * @remarks
 * Colours are refined by the colours of inputs and of consumers until no class splits any more. A
 * class that is left with several vertices is split by hand, each of its vertices in turn, and the
 * smallest text of all leaves is the form, so that it is exact where refinement alone would not be.
 * Vertices that a symmetry of the graph exchanges are found by their first leaf and tried once.
 * @see McKay and Piperno 2014, "Practical graph isomorphism, II", section 2.
 */

export interface DagVertex {
  readonly label: string
  /** Positions of earlier vertices; one may stand several times. */
  readonly inputs: readonly number[]
}

/**
 * An order of the vertices, inputs before their consumers, such that isomorphic graphs read in it
 * are equal.
 *
 * @param vertices - each after its inputs
 */
export function canonicalOrder(vertices: readonly DagVertex[]): readonly number[] {
  const graph = wired(vertices)
  return search(graph, refined(graph, firstColors(vertices))).best.order
}

interface WiredGraph {
  readonly vertices: readonly DagVertex[]
  readonly consumers: readonly (readonly number[])[]
  /** Equal for vertices with the very same inputs and consumers, which a symmetry exchanges. */
  readonly surroundings: readonly string[]
}

/** Colour of each vertex: its place among the classes, the same for equals. */
type Colors = readonly number[]

interface Leaf {
  readonly order: readonly number[]
  readonly text: string
}

interface Found {
  /** At the end of the leftmost branch. */
  readonly first: Leaf
  readonly best: Leaf
}

function wired(vertices: readonly DagVertex[]): WiredGraph {
  const consumers = vertices.map((): number[] => [])
  for (const [position, { inputs }] of vertices.entries()) {
    for (const input of inputs) consumers[input]?.push(position)
  }
  const surroundings = vertices.map(
    ({ inputs }, position) => `${inputs.toSorted(ascending)}|${consumers[position]}`,
  )
  return { vertices, consumers, surroundings }
}

/** By the longest way from a vertex without inputs, then by label: keeps inputs before consumers. */
function firstColors(vertices: readonly DagVertex[]): Colors {
  const depths: number[] = []
  for (const { inputs } of vertices) {
    depths.push(1 + Math.max(-1, ...inputs.map((input) => depths[input] ?? 0)))
  }
  return ranked(vertices.map(({ label }, position) => [depths[position] ?? 0, label]))
}

/** Splits classes by what stands around their vertices until none splits; their order is kept. */
function refined({ vertices, consumers }: WiredGraph, start: Colors): Colors {
  let colors = start
  for (let classCount = new Set(start).size; ; ) {
    const seen = (positions: readonly number[]) =>
      positions.map((position) => colors[position] ?? 0).sort(ascending)
    colors = ranked(
      vertices.map(({ inputs }, position) => [
        colors[position] ?? 0,
        `${seen(inputs)}|${seen(consumers[position] ?? [])}`,
      ]),
    )
    const found = new Set(colors).size
    if (found === classCount) return colors
    classCount = found
  }
}

function search(graph: WiredGraph, colors: Colors): Found {
  const mixed = mixedClass(graph, colors)
  if (mixed.length === 0) {
    const leaf = leafOf(graph, colors)
    return { first: leaf, best: leaf }
  }
  const tried: Found[] = []
  for (const vertex of mixed) {
    const split = refined(graph, splitOff(colors, vertex))
    const leaf = firstLeaf(graph, split)
    // An equal leaf is a symmetry that carries one branch into the other.
    if (!tried.some(({ first }) => first.text === leaf.text)) tried.push(search(graph, split))
  }
  const [leftmost, ...others] = tried as [Found, ...Found[]]
  return others.reduce(
    ({ first, best }, other) => ({ first, best: other.best.text < best.text ? other.best : best }),
    leftmost,
  )
}

function firstLeaf(graph: WiredGraph, colors: Colors): Leaf {
  const [vertex] = mixedClass(graph, colors)
  if (vertex === undefined) return leafOf(graph, colors)
  return firstLeaf(graph, refined(graph, splitOff(colors, vertex)))
}

/** The vertices of the first class that holds several, one of each surroundings. */
function mixedClass({ surroundings }: WiredGraph, colors: Colors): readonly number[] {
  const classes = new Map<number, number[]>()
  for (const [position, color] of colors.entries()) {
    classes.set(color, [...(classes.get(color) ?? []), position])
  }
  const [color] = [...classes].filter(([, members]) => members.length > 1).sort(byColor)[0] ?? []
  const members = color === undefined ? [] : (classes.get(color) ?? [])
  const places = members.map((member) => surroundings[member])
  return members.filter((_, index) => places.indexOf(places[index]) === index)
}

/** The same colours with room between them, one vertex alone and before the others of its class. */
function splitOff(colors: Colors, vertex: number): Colors {
  return colors.map((color, position) => (position === vertex ? 2 * color : 2 * color + 1))
}

/** All colours are different: they are an order. */
function leafOf({ vertices }: WiredGraph, colors: Colors): Leaf {
  const order = [...colors.keys()].sort((one, other) => (colors[one] ?? 0) - (colors[other] ?? 0))
  const places = new Map(order.map((position, place) => [position, place]))
  const words = order.map((position) => {
    const { label = '', inputs = [] } = vertices[position] ?? {}
    return `${label}@${inputs.map((input) => places.get(input) ?? 0).sort(ascending)}`
  })
  return { order, text: JSON.stringify(words) }
}

/** Places of the keys among the distinct ones, by number and then by text. */
function ranked(keys: readonly (readonly [number, string])[]): Colors {
  const texts = keys.map(([number, text]) => `${number}:${text}`)
  const numbers = new Map(texts.map((text, position) => [text, keys[position]?.[0] ?? 0]))
  const sorted = [...numbers].sort(
    ([text, number], [otherText, otherNumber]) =>
      number - otherNumber || (text < otherText ? -1 : 1),
  )
  const ranks = new Map(sorted.map(([text], rank) => [text, rank]))
  return texts.map((text) => ranks.get(text) ?? 0)
}

function ascending(one: number, other: number): number {
  return one - other
}

function byColor([one]: readonly [number, unknown], [other]: readonly [number, unknown]): number {
  return one - other
}
