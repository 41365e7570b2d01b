/** Random cells of the NAS-Bench-NLP kind, and a bound on how many there are. */
import type { Random } from '#src/random/random.ts'
import {
  allRefs,
  arities,
  type NlpCell,
  type NlpNode,
  type NlpOperation,
  type NlpRef,
  type NlpRules,
} from './nlp-cell.ts'
import { inSpace } from './nlp-moves.ts'

/** Share of inputs that are taken from what is not used yet, so that few nodes are left over. */
const unusedShare = 0.5

/**
 * How often an operation is drawn, against the others: about its share of the public logs' 2,454
 * nodes, in which products, sums and blends are 8 in 100. Drawn as often as the rest, they make
 * states that grow with every position.
 */
const weights: Readonly<Record<NlpOperation, number>> = {
  linear: 12,
  tanh: 4,
  sigmoid: 4,
  'leaky-relu': 4,
  product: 1,
  sum: 1,
  blend: 1,
}

/**
 * A cell: numbers of states and of nodes uniform, then node after node with a weighted operation on
 * earlier values, half of which are ones that nothing uses yet; drawn again until each node is used.
 */
export function sampleNlp(rules: NlpRules, random: Random): NlpCell {
  for (;;) {
    const nodeCount = rules.minNodes + random.int(rules.maxNodes - rules.minNodes + 1)
    const stateCount = 1 + random.int(Math.min(rules.maxStates, nodeCount))
    const cell = inSpace(drawn(nodeCount, stateCount, rules, random), rules)
    if (cell) return cell
  }
}

function drawn(nodeCount: number, stateCount: number, rules: NlpRules, random: Random): NlpCell {
  const nodes: NlpNode[] = []
  const unused = new Set<NlpRef>(['x', ...Array.from({ length: stateCount }, (_, i) => `h${i}`)])
  for (let index = 0; index < nodeCount; index++) {
    const known = allRefs(stateCount, index)
    const node = drawnNode(known, unused, rules, random)
    for (const ref of node.inputs) unused.delete(ref)
    nodes.push(node)
    unused.add(String(index + 1))
  }
  const loose = nodes.flatMap((_, index) => (unused.has(String(index + 1)) ? [index + 1] : []))
  const others = nodes.map((_, index) => index + 1).filter((number) => !loose.includes(number))
  const states = [...loose, ...random.shuffle(others)].slice(0, stateCount)
  return { nodes, states: random.shuffle(states) }
}

function drawnNode(
  known: readonly NlpRef[],
  unused: ReadonlySet<NlpRef>,
  { operations }: NlpRules,
  random: Random,
): NlpNode {
  const counts = (operation: NlpOperation) =>
    arities[operation].filter((count) => count <= takable(operation, known).length)
  const possible = operations.filter((candidate) => counts(candidate).length > 0)
  const operation = random.pick(
    possible.flatMap((name) => Array.from({ length: weights[name] }, () => name)),
  )
  const count = random.pick(counts(operation))
  const inputs: NlpRef[] = []
  while (inputs.length < count) {
    const pool = takable(operation, known).filter((ref) => !inputs.includes(ref))
    const fresh = pool.filter((ref) => unused.has(ref))
    const wantsFresh = fresh.length > 0 && random.bernoulli(unusedShare)
    inputs.push(random.pick(wantsFresh ? fresh : pool))
  }
  return { operation, inputs }
}

function takable(operation: NlpOperation, known: readonly NlpRef[]): readonly NlpRef[] {
  return operation === 'linear' ? known : known.filter((ref) => ref !== 'x')
}

/**
 * Cells with their nodes in any order, unused ones and none that takes the position among them: no
 * fewer than there are cells.
 */
export function nlpCellBound({ minNodes, maxNodes, maxStates, operations }: NlpRules): bigint {
  let bound = 0n
  for (let states = 1; states <= maxStates; states++) {
    let ways = 1n
    for (let nodes = 1; nodes <= maxNodes; nodes++) {
      const values = states + nodes - 1
      ways *= operations.reduce((sum, operation) => sum + nodeWays(operation, values), 0n)
      // Which nodes are the states, in order.
      if (nodes >= minNodes && nodes >= states) bound += ways * falling(nodes, states)
    }
  }
  return bound
}

/** Nodes of one operation on `values` values besides the position. */
function nodeWays(operation: NlpOperation, values: number): bigint {
  const others = operation === 'linear' ? values + 1 : values
  return arities[operation].reduce((sum, count) => {
    const ordered = falling(others, count)
    return sum + (operation === 'blend' ? ordered : ordered / falling(count, count))
  }, 0n)
}

/** `n (n - 1) …`, `count` factors. */
function falling(n: number, count: number): bigint {
  let product = 1n
  for (let index = 0; index < count; index++) product *= BigInt(Math.max(n - index, 0))
  return product
}
