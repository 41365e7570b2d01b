/** The network of a cell, or of all cells at once with a choice for each decision. */
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import {
  activationConvNorm,
  addAll,
  dilatedSeparableConv,
  separableConv,
} from '#src/graph/compose.ts'
import type { NetworkGraph, Shape } from '#src/graph/graph.ts'
import { pool2d, zero } from '#src/graph/operations.ts'
import { compileSkeleton } from '../nas-bench-201/skeleton.ts'
import type { Task } from '../space.ts'
import { incoming, type Multigraph, withoutDeadEdges } from './cell.ts'
import { type Candidate, candidatesOf, type Decision, decisionsOf } from './decision.ts'
import type { EdgeOperation, MultigraphSettings, Offer } from './settings.ts'

/**
 * The network of a cell, dead operations left out.
 * @throws space/invalid-settings as the skeleton does
 */
export function compileCell(
  cell: Multigraph,
  offer: Offer,
  settings: MultigraphSettings,
  task: Task,
): NetworkGraph {
  const live = withoutDeadEdges(cell, offer.nodes)
  return compileSkeleton('multigraph', settings, task, (builder, id, input) =>
    addCell(builder, id, input, { cell: live, offer }),
  )
}

/**
 * The network with a choice for each decision; decision k of every cell has gate row k.
 * @throws space/invalid-settings as the skeleton does
 */
export function compileWholeCells(
  offer: Offer,
  settings: MultigraphSettings,
  task: Task,
): NetworkGraph {
  return compileSkeleton('multigraph', settings, task, (builder, id, input) =>
    addWholeCell(builder, id, input, offer),
  )
}

interface CellOf {
  /** Without dead operations. */
  readonly cell: Multigraph
  readonly offer: Offer
}

function addCell(
  builder: GraphBuilder,
  id: string,
  input: string,
  { cell, offer }: CellOf,
): string {
  const wires: (string | null)[] = [input]
  const joinsPairs = offer.rule !== 'node-edges'
  for (let node = 1; node < offer.nodes; node++) {
    const pairs = incoming(cell, node).map((operations, source) => {
      const wire = wires[source] ?? null
      if (wire === null) return []
      const edge = `${id}.edge${source}_${node}`
      const terms = operations.map((operation) =>
        addOperation(builder, `${edge}.${operation}`, wire, operation),
      )
      return joinsPairs && terms.length > 0 ? [addAll(builder, `${edge}.sum`, terms)] : terms
    })
    const terms = pairs.flat()
    wires.push(terms.length === 0 ? null : addAll(builder, `${id}.node${node}`, terms))
  }
  return wires.at(-1) ?? input
}

function addWholeCell(builder: GraphBuilder, id: string, input: string, offer: Offer): string {
  const shape = builder.shape(input)
  const decisions = decisionsOf(offer)
  const wires = [input]
  for (let node = 1; node < offer.nodes; node++) {
    const terms = decisions.flatMap((decision, gate) => {
      if (decision.target !== node) return []
      const refs = decision.sources.map((source) => wires[source] ?? input)
      const candidates = candidatesOf(decision, offer).map((candidate) =>
        candidateGraph(shape, decision, candidate),
      )
      const name =
        decision.sources.length === 1 ? `edge${decision.sources[0]}_${node}` : `into${node}`
      return [builder.add(`${id}.${name}`, { kind: 'choice', gate, candidates }, refs)]
    })
    wires.push(addAll(builder, `${id}.node${node}`, terms))
  }
  return wires.at(-1) ?? input
}

function candidateGraph(shape: Shape, decision: Decision, candidate: Candidate): NetworkGraph {
  const builder = graphBuilder()
  const inputs = decision.sources.map((source) => builder.input(`node${source}`, shape))
  const input = inputs[decision.sources.indexOf(candidate.source)] ?? ''
  const { operation } = candidate
  if (operation === null) return builder.finish([builder.add('none', zero(), [input])])
  return builder.finish([addOperation(builder, operation, input, operation)])
}

/** Convolutions come with relu and norm; all keep height, width and channels. */
function addOperation(
  builder: GraphBuilder,
  id: string,
  input: string,
  operation: EdgeOperation,
): string {
  const [channels = 1] = builder.shape(input)
  switch (operation) {
    case 'skip':
      return input
    case 'conv1':
    case 'conv3':
    case 'conv5':
      return activationConvNorm(builder, id, input, { channels, kernel: kernelOf(operation) })
    case 'sep3':
    case 'sep5':
      return separableConv(builder, id, input, {
        channels,
        kernel: kernelOf(operation),
        repeats: 2,
      })
    case 'dil3':
    case 'dil5':
      return dilatedSeparableConv(builder, id, input, { channels, kernel: kernelOf(operation) })
    case 'max3':
      return builder.add(`${id}.pool`, pool2d({ mode: 'max' }), [input])
    case 'avg3':
      return builder.add(`${id}.pool`, pool2d({ mode: 'avg' }), [input])
  }
}

function kernelOf(operation: EdgeOperation): number {
  return Number(operation.at(-1))
}
