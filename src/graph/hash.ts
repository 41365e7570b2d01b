import { contentHash } from '#src/encoding/hash.ts'
import type { GraphNode, NetworkGraph, Operation } from './graph.ts'

/**
 * Content hash of a network, as 64 lower-case hexadecimal digits.
 *
 * @remarks
 * Equal for graphs that differ only in node ids, in the order of their nodes, or in the order of an
 * `add`'s or a `multiply`'s inputs; the order of graph inputs, of outputs and of a `concat`'s inputs matters. A node
 * used twice is told from two equal nodes, whose weights would differ.
 *
 * Each node's colour is refined by its inputs' colours (forward) and its consumers' (backward)
 * until no class splits any more. Refinement cannot tell some highly regular graphs apart (a ring
 * of six equal branches from two rings of three), which no search space here makes.
 * @see Weisfeiler and Leman 1968; Ying et al. 2019, "NAS-Bench-101", section 2.2 and its `hash_module`.
 */
export function graphHash(graph: NetworkGraph): string {
  let colors = initialColors(graph)
  let classCount = 0
  for (;;) {
    colors = refined(graph, colors)
    const found = new Set(colors.values()).size
    if (found <= classCount) break
    classCount = found
  }
  return contentHash({
    format: 'network-graph-1',
    inputs: graph.inputs.map(({ id }) => colors.get(id)),
    nodes: graph.nodes.map(({ id }) => colors.get(id)).toSorted(),
    outputs: graph.outputs.map((id) => colors.get(id)),
  })
}

type Colors = ReadonlyMap<string, string>

function initialColors(graph: NetworkGraph): Colors {
  return new Map([
    ...graph.inputs.map(({ id, shape, dtype }, index): [string, string] => [
      id,
      contentHash({ input: index, shape, ...(dtype && { dtype }) }),
    ]),
    ...graph.nodes.map(({ id, op }): [string, string] => [id, contentHash(operationContent(op))]),
  ])
}

/** What of an operation matters: all of it, candidates and cells by their own hashes. */
function operationContent(op: Operation): unknown {
  if (op.kind === 'recurrent') return { kind: op.kind, cell: graphHash(op.cell) }
  if (op.kind !== 'choice') return op
  return { kind: op.kind, gate: op.gate, candidates: op.candidates.map(graphHash) }
}

/** One sweep from inputs to outputs, then one back. */
function refined(graph: NetworkGraph, before: Colors): Colors {
  const forward = new Map(before)
  for (const node of graph.nodes) {
    forward.set(node.id, contentHash([forward.get(node.id), inputColors(node, forward)]))
  }
  const uses = usesOf(graph)
  const backward = new Map(forward)
  for (const id of [...graph.inputs, ...graph.nodes].map((item) => item.id).toReversed()) {
    const colors = (uses.get(id) ?? []).map(({ node, role }) => [role, backward.get(node)])
    const sorted = colors.map((color) => JSON.stringify(color)).toSorted()
    backward.set(id, contentHash([forward.get(id), sorted, graph.outputs.indexOf(id)]))
  }
  return backward
}

/** Colours of a node's inputs; for `add` and `multiply` without order, but with how often each is used. */
function inputColors(node: GraphNode, colors: Colors): unknown {
  if (!isCommutative(node.op)) {
    return node.inputs.map((ref) => [colors.get(ref), node.inputs.indexOf(ref)])
  }
  const distinct = [...new Set(node.inputs)]
  return distinct.map((ref) => `${colors.get(ref)} ${multiplicity(node, ref)}`).toSorted()
}

interface Use {
  readonly node: string
  /** How the consumer uses it: the positions, or how often where they do not matter. */
  readonly role: readonly number[]
}

function usesOf(graph: NetworkGraph): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>()
  for (const node of graph.nodes) {
    for (const ref of new Set(node.inputs)) {
      const positions = node.inputs.flatMap((input, index) => (input === ref ? [index] : []))
      const role = isCommutative(node.op) ? [multiplicity(node, ref)] : positions
      uses.set(ref, [...(uses.get(ref) ?? []), { node: node.id, role }])
    }
  }
  return uses
}

function isCommutative({ kind }: Operation): boolean {
  return kind === 'add' || kind === 'multiply'
}

function multiplicity(node: GraphNode, ref: string): number {
  return node.inputs.filter((input) => input === ref).length
}
