/** The small changes from one cell to another. */
import type { Random } from '#src/random/random.ts'
import {
  allRefs,
  arities,
  type NlpCell,
  type NlpNode,
  type NlpRef,
  type NlpRules,
  nlpProblems,
  nodeNumber,
} from './nlp-cell.ts'
import { formatNlp, normalNlp, topologicalNodes } from './nlp-form.ts'

/**
 * Every cell one change away, each once and in normal order.
 *
 * @remarks
 * A change gives a node another operation of as many inputs, replaces one input, adds or drops an
 * input (and with it the operation), moves a state to another node or exchanges two, puts an
 * activation or a linear layer on one way or takes one off it, or adds or drops a state that is not
 * read.
 */
export function* nlpNeighbours(cell: NlpCell, rules: NlpRules): Iterable<NlpCell> {
  const seen = new Set([formatNlp(cell)])
  for (const changed of changes(cell, rules)) {
    const other = inSpace(changed, rules)
    if (!other) continue
    const text = formatNlp(other)
    if (seen.has(text)) continue
    seen.add(text)
    yield other
  }
}

/** One change, uniform over the ways to make one. */
export function mutateNlp(cell: NlpCell, rules: NlpRules, random: Random): NlpCell {
  const before = formatNlp(cell)
  const ways = changes(cell, rules)
  for (const index of random.distinct(ways.length, ways.length)) {
    const other = inSpace(ways[index] as NlpCell, rules)
    if (other && formatNlp(other) !== before) return other
  }
  return cell
}

/**
 * The states of one parent; each node from either, where the other's takes nothing that is not
 * there. What nothing uses any more is left out.
 */
export function crossNlp(
  parents: readonly [NlpCell, NlpCell],
  rules: NlpRules,
  random: Random,
): NlpCell {
  const [base, other] = random.bernoulli(0.5) ? parents : parents.toReversed()
  const mine = base as NlpCell
  if (formatNlp(mine) === formatNlp(other as NlpCell)) return mine
  for (let attempt = 0; attempt < crossAttempts; attempt++) {
    const nodes = mine.nodes.map((node, index) =>
      random.bernoulli(0.5) ? (other?.nodes[index] ?? node) : node,
    )
    const child = inSpace(withoutUnused({ ...mine, nodes }), rules)
    if (child) return child
  }
  return mine
}

/** Draws of a mixture before one parent is given back: most mixtures that fail take x from no node. */
const crossAttempts = 8

/** In normal order, if it is a cell of the space; its nodes may come in any order. */
export function inSpace(cell: NlpCell, rules: NlpRules): NlpCell | null {
  const order = topologicalNodes(cell)
  if (!order) return null
  const sorted = renumbered(cell, order)
  return nlpProblems(sorted, rules).length === 0 ? normalNlp(sorted) : null
}

/** Cells that may be in the space, some several times. */
function changes(cell: NlpCell, rules: NlpRules): readonly NlpCell[] {
  return [
    ...cell.nodes.flatMap((_, index) => nodeChanges(cell, index, rules)),
    ...stateChanges(cell, rules),
    ...insertions(cell, rules),
    ...removals(cell),
  ]
}

function nodeChanges(cell: NlpCell, index: number, rules: NlpRules): readonly NlpCell[] {
  const { inputs } = cell.nodes[index] as NlpNode
  const refs = allRefs(cell.states.length, cell.nodes.length)
  const others = refs.filter((ref) => !inputs.includes(ref) && ref !== String(index + 1))
  const lists = [
    inputs,
    ...inputs.flatMap((_, position) => others.map((ref) => inputs.with(position, ref))),
    ...others.map((ref) => [...inputs, ref]),
    ...inputs.map((_, position) => inputs.toSpliced(position, 1)),
  ]
  return lists.flatMap((list) => {
    const isSame = list.length === inputs.length && list !== inputs
    // A replaced input is one change; a new operation on top of it would be a second.
    const offered = isSame ? [cell.nodes[index]?.operation] : rules.operations
    return offered.flatMap((operation) => {
      if (operation === undefined || !arities[operation].includes(list.length)) return []
      const orders = operation === 'blend' && !isSame ? permutations(list) : [list]
      return orders.map((taken) => withNode(cell, index, { operation, inputs: taken }))
    })
  })
}

function stateChanges(cell: NlpCell, rules: NlpRules): readonly NlpCell[] {
  const { nodes, states } = cell
  const free = nodes.map((_, index) => index + 1).filter((number) => !states.includes(number))
  const moved = states.flatMap((_, state) => free.map((number) => states.with(state, number)))
  const exchanged = states.flatMap((number, state) =>
    states
      .slice(state + 1)
      .map((other, distance) => states.with(state, other).with(state + 1 + distance, number)),
  )
  const added = states.length < rules.maxStates ? free.map((number) => [...states, number]) : []
  return [
    ...[...moved, ...exchanged, ...added].map((changed) => ({ nodes, states: changed })),
    ...states.flatMap((_, state) => (state === 0 ? [] : withoutState(cell, state))),
  ]
}

/** Without a state that nothing reads; none where something does. */
function withoutState({ nodes, states }: NlpCell, state: number): readonly NlpCell[] {
  if (nodes.some(({ inputs }) => inputs.includes(`h${state}`))) return []
  const renamed = (ref: NlpRef) => {
    const number = /^h\d$/.test(ref) ? Number(ref.slice(1)) : -1
    return number > state ? `h${number - 1}` : ref
  }
  const kept = nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) }))
  return [{ nodes: kept, states: states.toSpliced(state, 1) }]
}

/** A node more: on one way from a value to a consumer, or to a state afterwards. */
function insertions(cell: NlpCell, rules: NlpRules): readonly NlpCell[] {
  const { nodes, states } = cell
  if (nodes.length >= rules.maxNodes) return []
  const number = nodes.length + 1
  const added = String(number)
  const onWays = nodes.flatMap((node, index) =>
    node.inputs.flatMap((ref, position) => {
      const consumer = { ...node, inputs: node.inputs.with(position, added) }
      return waysThrough(ref, cell, rules).map((inserted) => ({
        nodes: [...nodes.with(index, consumer), inserted],
        states,
      }))
    }),
  )
  const onStates = states.flatMap((old, state) =>
    waysThrough(String(old), cell, rules).map((inserted) => ({
      nodes: [...nodes, inserted],
      states: states.with(state, number),
    })),
  )
  return [...onWays, ...onStates]
}

/** Nodes that can be put behind a value: activations of it, and linear layers of it and another. */
function waysThrough(ref: NlpRef, { nodes, states }: NlpCell, rules: NlpRules): NlpNode[] {
  const activations = rules.operations.filter((operation) => arities[operation].includes(1))
  const others = allRefs(states.length, nodes.length).filter((other) => other !== ref)
  return [
    ...(ref === 'x' ? [] : activations.map((operation) => ({ operation, inputs: [ref] }))),
    ...others.map((other): NlpNode => ({ operation: 'linear', inputs: [ref, other] })),
  ]
}

/** A node less that is on one way alone: one of its inputs goes on in its place. */
function removals(cell: NlpCell): readonly NlpCell[] {
  const { nodes, states } = cell
  return nodes.flatMap(({ operation, inputs }, index) => {
    const number = index + 1
    const uses =
      nodes.flatMap((node) => node.inputs).filter((input) => input === String(number)).length +
      states.filter((state) => state === number).length
    const isInserted = inputs.length === 1 || (operation === 'linear' && inputs.length === 2)
    return isInserted && uses === 1 ? inputs.flatMap((ref) => withoutNode(cell, number, ref)) : []
  })
}

/** With a value in the place of a node; none where that would make a state of what is no node. */
function withoutNode({ nodes, states }: NlpCell, number: number, ref: NlpRef): readonly NlpCell[] {
  const target = nodeNumber(ref)
  if (states.includes(number) && target === 0) return []
  const rewired = nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((input) => (input === String(number) ? ref : input)),
  }))
  const moved = states.map((state) => (state === number ? target : state))
  const kept = nodes.map((_, index) => index + 1).filter((other) => other !== number)
  return [renumbered({ nodes: rewired, states: moved }, kept)]
}

function withNode(cell: NlpCell, index: number, node: NlpNode): NlpCell {
  return { ...cell, nodes: cell.nodes.with(index, node) }
}

/** The nodes of these numbers alone, in this order. */
function renumbered({ nodes, states }: NlpCell, kept: readonly number[]): NlpCell {
  const named = (ref: NlpRef) => {
    const number = nodeNumber(ref)
    return number === 0 ? ref : String(kept.indexOf(number) + 1)
  }
  return {
    nodes: kept.map((number) => {
      const { operation, inputs } = nodes[number - 1] as NlpNode
      return { operation, inputs: inputs.map(named) }
    }),
    states: states.map((number) => kept.indexOf(number) + 1),
  }
}

/** Without the nodes that no state depends on. */
export function withoutUnused(cell: NlpCell): NlpCell {
  const needed = new Set<number>()
  const queue = [...cell.states]
  for (const number of queue) {
    if (number === 0 || needed.has(number)) continue
    needed.add(number)
    queue.push(...(cell.nodes[number - 1]?.inputs ?? []).map(nodeNumber))
  }
  const kept = cell.nodes.map((_, index) => index + 1).filter((number) => needed.has(number))
  return renumbered(cell, kept)
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items]
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  )
}
