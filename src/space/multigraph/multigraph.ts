import { ArchloomError } from '#src/errors.ts'
import type { Drawing, DrawingEdge, DrawingRole } from '#src/graph/drawing.ts'
import type { Encodings, SearchSpace, SpaceEntry } from '../space.ts'
import { canonicalForm } from './canonical.ts'
import {
  cellProblems,
  formatCell,
  type Multigraph,
  pairsOf,
  parseCell,
  withoutDeadEdges,
} from './cell.ts'
import { gatesOfCell, heaviestCell } from './decision.ts'
import { cellFeatures, cellParameters, pathFeatures } from './encoding.ts'
import { countCells, crossCells, neighbourCells, sampleCell } from './moves.ts'
import { compileCell, compileWholeCells } from './network.ts'
import { type EdgeOperation, MultigraphSettings, type Offer, offerOf } from './settings.ts'

/**
 * One-shot cells: a directed acyclic multigraph whose nodes are representations and whose parallel
 * edges are operations; an architecture is a choice among the edges.
 *
 * @remarks
 * The nodes, the operations, and whether pairs of nodes or nodes decide, and on one edge or on any,
 * are settings. Operations that lie on no way from input to output are pruned by `compile`,
 * `canonical` and the gates; a cell has at least one way. With the defaults the cells are those of
 * NAS-Bench-201 but the ones that cut their input off. The skeleton is that of NAS-Bench-201.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Bender et al. 2018, "Understanding and Simplifying One-Shot Architecture Search", section 3;
 * Liu, Simonyan and Yang 2019, "DARTS", section 2.1 (one operation an edge).
 */
export function multigraph(settings: MultigraphSettings): SearchSpace<Multigraph> {
  const offer = offerOf(settings)
  const { nodes } = offer
  const count = countCells(offer)
  if (count === 1n) {
    throw new ArchloomError(
      'space/invalid-settings',
      'The multigraph space holds a single architecture, so there is nothing to search; allow another operation or node',
      { details: { space: 'multigraph', place: 'operations' } },
    )
  }
  return {
    name: 'multigraph',
    settings,
    takes: 'images',
    encodings: encodingsOf(offer),
    distribution:
      offer.rule === 'edge' || offer.rule === 'node'
        ? 'uniform over the choices, isomorphic cells counted apart'
        : 'uniform over the choices that lead from input to output, isomorphic cells counted apart',
    sample: (random) => sampleCell(offer, random),
    mutate: (cell, random) => random.pick(neighbourCells(cell, offer)),
    crossover: (first, second, random) => crossCells([first, second], offer, random),
    neighbours: (cell) => neighbourCells(cell, offer),
    problems: (cell) =>
      cellProblems(cell, offer).map(
        ({ place, expected, found }) =>
          `The cell is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: count, kind: 'exact' }),
    format: (cell) => formatCell(cell, nodes),
    parse: (text) => parseCell(text, offer),
    canonical: (cell) => canonicalForm(cell, nodes),
    compile: (cell, task) => compileCell(cell, offer, settings, task),
    supernet: (task) => ({
      graph: compileWholeCells(offer, settings, task),
      gatesOf: (cell) => gatesOfCell(cell, offer),
      architectureOf: (weights) => heaviestCell(weights, offer),
    }),
    draw: (cell) => drawCell(cell, nodes),
  }
}

export const multigraphEntry: SpaceEntry<typeof MultigraphSettings> = {
  name: 'multigraph',
  summary: 'One-shot cells: any choice among parallel operations between representations',
  source:
    'Bender et al. 2018, "Understanding and Simplifying One-Shot Architecture Search", section 3; Liu, Simonyan and Yang 2019, "DARTS", section 2.1',
  settings: MultigraphSettings,
  create: multigraph,
}

function encodingsOf(offer: Offer): Encodings<Multigraph> {
  const path = pathFeatures(offer)
  return {
    parameters: cellParameters(offer),
    adjacency: cellFeatures(offer),
    ...(path && { path }),
  }
}

/** Dead operations are dotted. */
function drawCell(cell: Multigraph, nodes: number): Drawing {
  const live = withoutDeadEdges(cell, nodes)
  return {
    title: `Multigraph of ${nodes} nodes`,
    direction: 'right',
    groups: [],
    nodes: Array.from({ length: nodes }, (_, node) => {
      const place = { id: `node${node}`, label: String(node) }
      if (node === 0) return { ...place, detail: 'input', role: 'input' }
      return node === nodes - 1
        ? { ...place, detail: 'output', role: 'output' }
        : { ...place, role: 'merge' }
    }),
    edges: pairsOf(nodes).flatMap(({ source, target }, index) =>
      (cell[index] ?? []).map((operation): DrawingEdge => {
        const { label, role } = lookOf(operation)
        const isLive = (live[index] ?? []).length > 0
        return { from: `node${source}`, to: `node${target}`, label, role: isLive ? role : 'zero' }
      }),
    ),
  }
}

function lookOf(operation: EdgeOperation): { label: string; role: DrawingRole } {
  if (operation === 'skip') return { label: 'skip', role: 'identity' }
  const kind = operation.slice(0, -1)
  const window = `${operation.at(-1)}×${operation.at(-1)}`
  if (kind === 'conv') return { label: `conv ${window}`, role: 'conv' }
  if (kind === 'sep') return { label: `separable ${window}`, role: 'separable' }
  if (kind === 'dil') return { label: `dilated ${window}`, role: 'separable' }
  return { label: `${kind} pool ${window}`, role: 'pool' }
}
