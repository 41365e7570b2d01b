/** The decisions of a cell, their candidates, and how these correspond to gates. */
import type { GateMatrix } from '#src/graph/choice.ts'
import { isConnected, type Multigraph, pairsOf, withoutDeadEdges } from './cell.ts'
import type { EdgeOperation, Offer } from './settings.ts'

/** What one row of the gates decides: operations into a node from one earlier node, or from all. */
export interface Decision {
  readonly target: number
  readonly sources: readonly number[]
}

/** An operation from a node, or nothing. */
export interface Candidate {
  readonly source: number
  readonly operation: EdgeOperation | null
}

/** In the order of the gate rows. */
export function decisionsOf({ nodes, rule }: Offer): readonly Decision[] {
  if (rule === 'edge' || rule === 'optional-edge' || rule === 'edges') {
    return pairsOf(nodes).map(({ source, target }) => ({ target, sources: [source] }))
  }
  return Array.from({ length: nodes - 1 }, (_, index) => ({
    target: index + 1,
    sources: Array.from({ length: index + 1 }, (_, source) => source),
  }))
}

/** In the order of the gate columns; nothing comes first where it can be chosen. */
export function candidatesOf({ sources }: Decision, offer: Offer): readonly Candidate[] {
  return sources.flatMap((source) => {
    const operations = offer.operations.map((operation) => ({ source, operation }))
    return offer.rule === 'optional-edge'
      ? [{ source, operation: null }, ...operations]
      : operations
  })
}

/** Ones for the operations that lie on a way to the output, and for nothing where a pair has none. */
export function gatesOfCell(cell: Multigraph, offer: Offer): GateMatrix {
  const live = withoutDeadEdges(cell, offer.nodes)
  return decisionsOf(offer).map((decision) =>
    candidatesOf(decision, offer).map(({ source, operation }) => {
      const operations = live[pairIndex(source, decision.target)] ?? []
      const isChosen = operation === null ? operations.length === 0 : operations.includes(operation)
      return isChosen ? 1 : 0
    }),
  )
}

/**
 * The cell whose operations weigh most: the heaviest candidate of each decision, or where any may be
 * picked, all above 0 of at least half its weight. Where the output would not be reached, the
 * heaviest operation straight from the input is added.
 */
export function heaviestCell(weights: GateMatrix, offer: Offer): Multigraph {
  const { nodes, operations } = offer
  const decisions = decisionsOf(offer)
  const chosen = decisions.flatMap((decision, index) => {
    const candidates = candidatesOf(decision, offer)
    const row = candidates.map((_, position) => weights[index]?.[position] ?? 0)
    return picked(row, offer).map((position) => ({ decision, candidate: candidates[position] }))
  })
  const cell = pairsOf(nodes).map(({ source, target }) =>
    operations.filter((operation) =>
      chosen.some(
        ({ decision, candidate }) =>
          decision.target === target &&
          candidate?.source === source &&
          candidate.operation === operation,
      ),
    ),
  )
  if (isConnected(cell, nodes)) return cell
  const last = decisions.findIndex(
    ({ target, sources }) => target === nodes - 1 && sources[0] === 0,
  )
  const direct = candidatesOf(decisions[last] ?? { target: 1, sources: [0] }, offer)
    .map((candidate, position) => ({ ...candidate, weight: weights[last]?.[position] ?? 0 }))
    .filter(({ source, operation }) => source === 0 && operation !== null)
  const most = Math.max(...direct.map(({ weight }) => weight))
  const operation = direct.find(({ weight }) => weight === most)?.operation
  return cell.with(pairIndex(0, nodes - 1), operation ? [operation] : operations.slice(0, 1))
}

/** Positions of a row's candidates that are taken. */
function picked(row: readonly number[], { rule }: Offer): readonly number[] {
  const most = Math.max(...row)
  if (rule !== 'edges' && rule !== 'node-edges') return [row.indexOf(most)]
  return [...row.keys()].filter((position) => {
    const weight = row[position] ?? 0
    return weight > 0 && weight >= most / 2
  })
}

function pairIndex(source: number, target: number): number {
  return (target * (target - 1)) / 2 + source
}
