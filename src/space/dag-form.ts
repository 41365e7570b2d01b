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
  const colors = refined(graph, firstColors(vertices))
  const isOrder = new Set(colors).size === colors.length
  return isOrder ? orderOf(colors) : search(graph, colors).best.order
}

interface WiredGraph {
  readonly vertices: readonly DagVertex[]
  readonly consumers: readonly (readonly number[])[]
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
  return { vertices, consumers }
}

/** By the longest way from a vertex without inputs, then by label: keeps inputs before consumers. */
function firstColors(vertices: readonly DagVertex[]): Colors {
  const depths: number[] = []
  for (const { inputs } of vertices) {
    let deepest = -1
    for (const input of inputs) deepest = Math.max(deepest, depths[input] ?? 0)
    depths.push(1 + deepest)
  }
  return split(depths, (position) => vertices[position]?.label ?? '')[0]
}

/** Splits classes by what stands around their vertices until none splits; their order is kept. */
function refined({ vertices, consumers }: WiredGraph, start: Colors): Colors {
  let colors = start
  for (let classCount = new Set(start).size; ; ) {
    const seen = (positions: readonly number[]) =>
      positions.map((position) => colors[position] ?? 0).sort(ascending)
    const [next, found] = split(colors, (position) => {
      const inputs = vertices[position]?.inputs ?? []
      return `${seen(inputs)}|${seen(consumers[position] ?? [])}`
    })
    colors = next
    // Where every vertex stands alone, nothing is left to split.
    if (found === classCount || found === colors.length) return colors
    classCount = found
  }
}

/** Colours by the old ones and then by text, which only vertices of one class need, and how many. */
function split(colors: Colors, textOf: (position: number) => string): readonly [Colors, number] {
  const order = orderOf(colors)
  const next = colors.slice() as number[]
  let found = 0
  for (let from = 0, to = 0; from < order.length; from = to) {
    const color = colors[order[from] ?? 0]
    for (to = from + 1; to < order.length && colors[order[to] ?? 0] === color; ) to += 1
    const members = order.slice(from, to)
    const texts = members.length === 1 ? [''] : members.map(textOf)
    const places = [...new Set(texts)].sort(byCodeUnit)
    for (const [index, member] of members.entries()) {
      next[member] = found + places.indexOf(texts[index] ?? '')
    }
    found += places.length
  }
  return [next, found]
}

/** Positions by rising colour, equal ones as they stand. */
function orderOf(colors: Colors): readonly number[] {
  const order: number[] = []
  // Colours mostly rise already, so that little is moved.
  for (const [position, color] of colors.entries()) {
    let place = position
    for (; place > 0 && (colors[order[place - 1] ?? 0] ?? 0) > color; place--) {
      order[place] = order[place - 1] ?? 0
    }
    order[place] = position
  }
  return order
}

function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : 1
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

/**
 * The vertices of the first class that holds several; of those with the very same inputs and
 * consumers, which a symmetry exchanges, the first.
 */
function mixedClass({ vertices, consumers }: WiredGraph, colors: Colors): readonly number[] {
  const order = orderOf(colors)
  const twin = order.find((position, place) => colors[position] === colors[order[place + 1] ?? -1])
  if (twin === undefined) return []
  const members = [...colors.keys()].filter((position) => colors[position] === colors[twin])
  const places = members.map(
    (member) => `${vertices[member]?.inputs.toSorted(ascending)}|${consumers[member]}`,
  )
  return members.filter((_, index) => places.indexOf(places[index] ?? '') === index)
}

/** The same colours with room between them, one vertex alone and before the others of its class. */
function splitOff(colors: Colors, vertex: number): Colors {
  return colors.map((color, position) => (position === vertex ? 2 * color : 2 * color + 1))
}

/** All colours are different: they are an order. */
function leafOf({ vertices }: WiredGraph, colors: Colors): Leaf {
  const order = orderOf(colors)
  const places = new Map(order.map((position, place) => [position, place]))
  const words = order.map((position) => {
    const { label = '', inputs = [] } = vertices[position] ?? {}
    return `${label}@${inputs.map((input) => places.get(input) ?? 0).sort(ascending)}`
  })
  return { order, text: JSON.stringify(words) }
}

function ascending(one: number, other: number): number {
  return one - other
}
