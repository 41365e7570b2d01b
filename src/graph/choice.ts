/**
 * Choices and their gates. A gate matrix has a row for each decision and a column for each of its
 * candidates; a choice is the sum of its candidates, weighted by its row.
 */
import { ArchloomError } from '#src/errors.ts'
import { type GraphBuilder, graphBuilder } from './builder.ts'
import { addAll } from './compose.ts'
import type { GraphNode, NetworkGraph, Operation, Shape } from './graph.ts'
import { resize, zero } from './operations.ts'
import { graphError, outputShapes } from './shape.ts'
import { show } from './shape-problem.ts'

/** Weights of candidates, a row a decision; a row has as many columns as its choice candidates. */
export type GateMatrix = readonly (readonly number[])[]

type Choice = Extract<Operation, { kind: 'choice' }>

/** A choice and where it stands. */
export interface PlacedChoice {
  /** Ids of the choices around it and its own, with candidates: `cell.edge.c1.inner`. */
  readonly id: string
  readonly op: Choice
}

/** Every choice of a graph, those within candidates after the one that holds them. */
export function choicesOf(graph: NetworkGraph, prefix = ''): readonly PlacedChoice[] {
  return graph.nodes.flatMap(({ id, op }) => {
    if (op.kind !== 'choice') return []
    const inner = op.candidates.flatMap((candidate, index) =>
      choicesOf(candidate, `${prefix}${id}.c${index}.`),
    )
    return [{ id: `${prefix}${id}`, op }, ...inner]
  })
}

/**
 * Candidates of each gate row of a valid graph; 0 for a row that no choice uses. Empty for a graph
 * without choices.
 */
export function gateShape(graph: NetworkGraph): readonly number[] {
  const rows: number[] = []
  for (const { op } of choicesOf(graph)) {
    while (rows.length <= op.gate) rows.push(0)
    rows[op.gate] = op.candidates.length
  }
  return rows
}

/**
 * The network that is left of a supernet when each gate is 0 or 1: without choices, and with what
 * no output needs left out.
 *
 * @remarks
 * The nodes of candidate k of choice `edge` are called `edge.c<k>.<id>`, as the worker names the
 * supernet's parameters, so that a child takes its weights over by name. Several candidates of one
 * row are summed in `edge.sum`. A candidate that passes its input on is a wire, one that ends in a
 * `zero` operation is nothing and is left out of sums, as is a choice whose row has no 1; zeros
 * stand in for it only where something other than a sum needs it.
 *
 * @throws graph/invalid when a row is missing, too short or too long, or holds another number
 */
export function specialize(graph: NetworkGraph, gates: GateMatrix): NetworkGraph {
  verifyGates(graph, gates)
  const builder = graphBuilder()
  const values = new Map<string, Value>()
  for (const { id, shape, dtype } of graph.inputs) {
    values.set(id, { ref: builder.input(id, shape, dtype), isNothing: false })
  }
  const outputs = inlined(graph, values, { builder, gates, prefix: '', isCandidate: false })
  return builder.finish(outputs.map((value) => needed(value)))
}

/** What a node of the supernet has become. */
interface Value {
  /** The id of what is left of it; of zeros where it is nothing. */
  readonly ref: string | { readonly missing: string }
  /** Whether it is zeros that a sum can do without. */
  readonly isNothing: boolean
}

interface Site {
  readonly builder: GraphBuilder
  readonly gates: GateMatrix
  readonly prefix: string
  readonly isCandidate: boolean
}

/** Values of the graph's outputs. */
function inlined(graph: NetworkGraph, values: Map<string, Value>, site: Site): Value[] {
  for (const node of graph.nodes) {
    values.set(node.id, inlinedNode(node, node.inputs.map(valueIn(values)), site))
  }
  return graph.outputs.map(valueIn(values))
}

function inlinedNode(node: GraphNode, inputs: readonly Value[], site: Site): Value {
  const { op } = node
  const id = `${site.prefix}${node.id}`
  if (op.kind === 'choice') return chosen(id, op, inputs, site)
  if (op.kind === 'add') return summed(id, inputs, site.builder)
  const ref = joined(inputs, (refs) => site.builder.add(id, op, refs))
  return { ref, isNothing: site.isCandidate && op.kind === 'zero' }
}

function chosen(id: string, op: Choice, inputs: readonly Value[], site: Site): Value {
  const row = site.gates[op.gate] ?? []
  const terms = op.candidates.flatMap((candidate, index) => {
    if (row[index] !== 1) return []
    const values = new Map(
      candidate.inputs.map((item, position): [string, Value] => [
        item.id,
        inputs[position] ?? lost(item.id),
      ]),
    )
    const prefix = `${id}.c${index}.`
    return inlined(candidate, values, { ...site, prefix, isCandidate: true })
  })
  if (terms.length > 0) return summed(`${id}.sum`, terms, site.builder)
  const [candidate] = op.candidates
  const [shape = []] = candidate ? outputShapes(candidate) : []
  return { ref: zeros(id, inputs[0] ?? lost(id), shape, site.builder), isNothing: true }
}

/** The sum of what is something; nothing where all is nothing. */
function summed(id: string, terms: readonly Value[], builder: GraphBuilder): Value {
  const live = terms.filter(({ isNothing }) => !isNothing)
  if (live.length === 0) return terms.find(isThere) ?? terms[0] ?? lost(id)
  return { ref: joined(live, (refs) => addAll(builder, id, refs)), isNothing: false }
}

/** What is made of values, or what one of them misses: that matters only if an output needs it. */
function joined(values: readonly Value[], make: (refs: readonly string[]) => string): Value['ref'] {
  const absent = values.find((value) => !isThere(value))
  return absent ? absent.ref : make(values.map(needed))
}

function isThere({ ref }: Value): boolean {
  return typeof ref === 'string'
}

/** Zeros of a shape, made from any image. */
function zeros(id: string, input: Value, shape: Shape, builder: GraphBuilder): Value['ref'] {
  const missing = `choice "${id}" has no candidate left, and zeros of ${show(shape)} cannot stand in for it`
  if (typeof input.ref !== 'string') return input.ref
  const [channels = 0, height = 0, width = 0] = shape
  const [given = 0, ...size] = builder.shape(input.ref)
  if (shape.length !== 3 || size.length !== 2) return { missing }
  let ref = builder.add(`${id}.zero`, zero(), [input.ref])
  if (given > channels) {
    ref = builder.add(`${id}.slice`, { kind: 'channel-slice', start: 0, end: channels }, [ref])
  } else if (given < channels) {
    ref = builder.add(`${id}.pad`, { kind: 'channel-pad', channels }, [ref])
  }
  if (size[0] === height && size[1] === width) return ref
  return builder.add(`${id}.resize`, resize([height, width], 'nearest'), [ref])
}

function needed({ ref }: Value): string {
  if (typeof ref === 'string') return ref
  throw graphError('graph/invalid', 'gates', `${ref.missing}; give its row a 1`)
}

function valueIn(values: ReadonlyMap<string, Value>): (id: string) => Value {
  return (id) => values.get(id) ?? lost(id)
}

function lost(id: string): never {
  throw new ArchloomError('internal/invariant', `Graph value "${id}" is used before it is made`)
}

function verifyGates(graph: NetworkGraph, gates: GateMatrix): void {
  const shape = gateShape(graph)
  if (gates.length !== shape.length) {
    const text = `expected ${shape.length} rows, one for each decision, found ${gates.length}`
    throw graphError('graph/invalid', 'gates', text)
  }
  for (const [index, count] of shape.entries()) {
    const row = gates[index] ?? []
    const place = `gates[${index}]`
    if (row.length !== count) {
      const text = `expected ${count} gates, one for each candidate, found ${row.length}`
      throw graphError('graph/invalid', place, text)
    }
    const other = row.find((gate) => gate !== 0 && gate !== 1)
    if (other !== undefined) {
      const text = `expected each gate to be 0 or 1, found ${other}; a weight has no place in a plain network`
      throw graphError('graph/invalid', place, text)
    }
  }
}
