import type { Drawing, DrawingEdge, DrawingNode } from '#src/graph/drawing.ts'
import {
  type CellKind,
  type CellPair,
  type CellRules,
  cellKinds,
  outputStates,
  sideNames,
  stateOf,
} from './cell.ts'
import { operationLook } from './operations.ts'

const titles: Readonly<Record<CellKind, string>> = {
  normal: 'Normal cell',
  reduction: 'Reduction cell',
}

/**
 * Both cells from left to right: states as nodes, named by their numbers in the text form,
 * operations before the states that they make.
 *
 * @param inputs - what states 0 and 1 are
 */
export function drawPair(
  pair: CellPair,
  { output, space }: CellRules,
  inputs: readonly [string, string],
): Drawing {
  const parts = cellKinds.map((kind) => drawCell(pair, kind, output, inputs))
  return {
    title: `${space} cells`,
    direction: 'right',
    groups: cellKinds.map((kind) => ({ id: kind, label: titles[kind] })),
    nodes: parts.flatMap(({ nodes }) => nodes),
    edges: parts.flatMap(({ edges }) => edges),
  }
}

function drawCell(
  pair: CellPair,
  kind: CellKind,
  output: CellRules['output'],
  inputs: readonly [string, string],
): { readonly nodes: readonly DrawingNode[]; readonly edges: readonly DrawingEdge[] } {
  const cell = pair[kind]
  const id = (state: number | string) => `${kind}.${state}`
  const nodes: DrawingNode[] = [
    ...inputs.map((label, state) => ({
      id: id(state),
      label: `${state} ${label}`,
      role: 'input' as const,
    })),
    ...cell.blocks.map(({ combine }, block) => ({
      id: id(stateOf(block)),
      label: combine === 'add' ? String(stateOf(block)) : `${stateOf(block)} concat`,
      role: 'merge' as const,
    })),
    { id: id('output'), label: 'output', role: 'output' },
  ]
  const sides = cell.blocks.flatMap((block, index) =>
    sideNames.map((name) => ({ block: id(stateOf(index)), name, ...block[name] })),
  )
  const operations = sides.map(
    ({ block, name, operation }): DrawingNode => ({
      id: `${block}.${name}`,
      ...operationLook(operation),
    }),
  )
  const edges = sides.flatMap(({ block, name, input }): DrawingEdge[] => [
    { from: id(input), to: `${block}.${name}` },
    { from: `${block}.${name}`, to: block },
  ])
  const handedOn = outputStates(cell, output).map((state) => ({
    from: id(state),
    to: id('output'),
  }))
  return {
    nodes: [...nodes, ...operations].map((node) => ({ ...node, group: kind })),
    edges: [...edges, ...handedOn],
  }
}
