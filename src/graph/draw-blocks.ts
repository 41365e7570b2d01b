import type { GraphNode, NetworkGraph } from './graph.ts'

/** Nodes that are drawn as one box. */
export interface NodeBlock {
  /** A node's id, or the id prefix that its nodes share. */
  readonly id: string
  /** In topological order. */
  readonly nodes: readonly GraphNode[]
  /** Prefix of the frame that it stands in; empty for none. */
  readonly group: string
  /** Whether it stands for all nodes under a prefix instead of one run of them. */
  readonly collapsed: boolean
}

/**
 * Divides a network's nodes into at most `limit` boxes, where prefixes allow so few: into unbranched
 * runs if those are few enough, else with one box for all that lies under a prefix, as long a prefix
 * as keeps to the limit.
 */
export function blocksOf(graph: NetworkGraph, limit: number): NodeBlock[] {
  const runs = runsOf(graph)
  let blocks = named(runs)
  let depth = Math.max(0, ...graph.nodes.map(depthOf)) - 1
  for (; blocks.length > limit && depth >= 1; depth--) blocks = collapsedTo(runs, depth)
  return blocks
}

/** Maximal runs under one prefix in which each node feeds the next one alone. */
function runsOf(graph: NetworkGraph): GraphNode[][] {
  const uses = new Map<string, number>()
  for (const ref of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs]) {
    uses.set(ref, (uses.get(ref) ?? 0) + 1)
  }
  const runs: GraphNode[][] = []
  const endingWith = new Map<string, GraphNode[]>()
  for (const node of graph.nodes) {
    const [input = ''] = node.inputs
    const run = endingWith.get(input)
    const extended = run && continues(run, node) && uses.get(input) === 1 ? run : undefined
    if (extended) {
      endingWith.delete(input)
      extended.push(node)
    } else {
      runs.push([node])
    }
    endingWith.set(node.id, extended ?? runs.at(-1) ?? [])
  }
  return runs
}

/** Operations of several inputs, and those that hold networks: each is a box of its own. */
const loners: readonly string[] = [
  'add',
  'multiply',
  'blend',
  'concat',
  'attention',
  'recurrent',
  'choice',
]

function continues(run: readonly GraphNode[], node: GraphNode): boolean {
  const last = run.at(-1)
  const alone = [last, node].some((item) => loners.includes(item?.op.kind ?? ''))
  return !alone && prefixOf(node.id) !== '' && prefixOf(last?.id ?? '') === prefixOf(node.id)
}

/** A run that is alone under its prefix takes its name, and stands in the frame around it. */
function named(runs: readonly (readonly GraphNode[])[]): NodeBlock[] {
  const prefixes = runs.map((run) => prefixOf(run[0]?.id ?? ''))
  return runs.map((nodes, index) => {
    const prefix = prefixes[index] ?? ''
    const alone = prefix !== '' && prefixes.filter((other) => within(other, prefix)).length === 1
    const id = alone ? prefix : (nodes[0]?.id ?? '')
    return { id, nodes, group: alone ? prefixOf(prefix) : prefix, collapsed: false }
  })
}

/** Runs deeper than `depth` segments in one box for each prefix of that many; the others as they are. */
function collapsedTo(runs: readonly (readonly GraphNode[])[], depth: number): NodeBlock[] {
  const members = new Map<string, GraphNode[]>()
  for (const run of runs) {
    const [first] = run
    if (!first || depthOf(first) <= depth) continue
    const prefix = first.id.split('.').slice(0, depth).join('.')
    members.set(prefix, [...(members.get(prefix) ?? []), ...run])
  }
  const shallow = runs.filter((run) => run.some((node) => depthOf(node) <= depth))
  return [
    ...named(shallow),
    ...[...members].map(([id, nodes]) => ({ id, nodes, group: prefixOf(id), collapsed: true })),
  ]
}

function depthOf(node: GraphNode): number {
  return node.id.split('.').length
}

function within(prefix: string, outer: string): boolean {
  return prefix === outer || prefix.startsWith(`${outer}.`)
}

/** Everything before the last segment. */
function prefixOf(id: string): string {
  return id.slice(0, Math.max(id.lastIndexOf('.'), 0))
}
