/** How many cells there are, one of them at random, and the small changes from one to another. */
import type { Random } from '#src/random/random.ts'
import { incoming, isConnected, type Multigraph, type NodePair, pairsOf } from './cell.ts'
import type { EdgeOperation, Offer } from './settings.ts'

/** Cells whose input arrives at their output; those that differ in dead operations count apart. */
export function countCells({ nodes, operations, rule }: Offer): bigint {
  const offered = BigInt(operations.length)
  if (rule === 'edge') return offered ** BigInt(pairsOf(nodes).length)
  if (rule === 'node') {
    return Array.from({ length: nodes - 1 }, (_, index) => BigInt(index + 1) * offered).reduce(
      (product, choices) => product * choices,
      1n,
    )
  }
  const perPair = rule === 'optional-edge' ? offered + 1n : 2n ** offered
  return connected(nodes, perPair)
}

/**
 * Assignments of one of several values to each pair, the first of which is nothing, such that the
 * last node is reached. What the nodes before decide is only how many of them are reached.
 */
function connected(nodes: number, perPair: bigint): bigint {
  /** Ways by the number of nodes reached. */
  let ways = new Map([[1, 1n]])
  for (let node = 1; node < nodes; node++) {
    const isLast = node === nodes - 1
    const next = new Map<number, bigint>()
    for (const [reached, count] of ways) {
      const cut = perPair ** BigInt(node - reached)
      const linked = perPair ** BigInt(node) - cut
      next.set(reached + 1, (next.get(reached + 1) ?? 0n) + count * linked)
      if (!isLast) next.set(reached, (next.get(reached) ?? 0n) + count * cut)
    }
    ways = next
  }
  return [...ways.values()].reduce((sum, count) => sum + count, 0n)
}

/** Uniform over all cells that `countCells` counts. */
export function sampleCell(offer: Offer, random: Random): Multigraph {
  for (;;) {
    const cell = draw(offer, random)
    // More than half of all assignments reach the output by the pair of input and output alone.
    if (isConnected(cell, offer.nodes)) return cell
  }
}

function draw({ nodes, operations, rule }: Offer, random: Random): Multigraph {
  const pairs = pairsOf(nodes)
  switch (rule) {
    case 'edge':
      return pairs.map(() => [random.pick(operations)])
    case 'optional-edge':
      return pairs.map(() => operations.slice(...single(random.int(operations.length + 1))))
    case 'node': {
      const sources = Array.from({ length: nodes }, (_, node) => random.int(Math.max(node, 1)))
      return pairs.map(({ source, target }) =>
        sources[target] === source ? [random.pick(operations)] : [],
      )
    }
    case 'edges':
    case 'node-edges':
      return pairs.map(() => operations.filter(() => random.bernoulli(0.5)))
  }
}

/** The bounds of a slice of one, or of none for position 0. */
function single(position: number): [number, number] {
  return position === 0 ? [0, 0] : [position - 1, position]
}

/**
 * Every cell one decision away: another operation of a pair, none included where allowed; another
 * source or operation of a node; an operation more or less.
 */
export function neighbourCells(cell: Multigraph, offer: Offer): readonly Multigraph[] {
  const { nodes, operations, rule } = offer
  const changed = pairsOf(nodes).flatMap((pair, index) => {
    const current = cell[index] ?? []
    if (rule === 'node') return rewired(cell, pair, operations)
    if (rule === 'edges' || rule === 'node-edges') {
      return operations.map((operation) =>
        cell.with(index, toggled(current, operation, operations)),
      )
    }
    const others = operations.filter((operation) => !current.includes(operation))
    const replaced = others.map((operation) => cell.with(index, [operation]))
    return rule === 'optional-edge' && current.length > 0
      ? [...replaced, cell.with(index, [])]
      : replaced
  })
  return changed.filter((other) => isConnected(other, nodes))
}

/** The cell with each other operation on the pair, as the only one into its target. */
function rewired(
  cell: Multigraph,
  { source, target }: NodePair,
  operations: readonly EdgeOperation[],
): readonly Multigraph[] {
  const into = incoming(cell, target)
  const start = (target * (target - 1)) / 2
  return operations
    .filter((operation) => !(into[source] ?? []).includes(operation))
    .map((operation) => {
      const wired = into.map((_, from) => (from === source ? [operation] : []))
      return [...cell.slice(0, start), ...wired, ...cell.slice(start + target)]
    })
}

function toggled(
  current: readonly EdgeOperation[],
  operation: EdgeOperation,
  order: readonly EdgeOperation[],
): readonly EdgeOperation[] {
  return order.filter((other) => current.includes(other) !== (other === operation))
}

/** Each decision from either parent; a parent where the child's output would not be reached. */
export function crossCells(
  [first, second]: readonly [Multigraph, Multigraph],
  { nodes, rule }: Offer,
  random: Random,
): Multigraph {
  const perNode = rule === 'node' || rule === 'node-edges'
  const nodeSides = Array.from({ length: nodes }, () => random.bernoulli(0.5))
  const child = pairsOf(nodes).map(({ target }, index) => {
    const isFirst = perNode ? nodeSides[target] : random.bernoulli(0.5)
    return (isFirst ? first : second)[index] ?? []
  })
  if (isConnected(child, nodes)) return child
  return random.bernoulli(0.5) ? first : second
}
