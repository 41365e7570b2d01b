import { z } from 'zod'
import { type Cell, cellOperations, cellProblems, prune } from '../nas-bench-101/cell.ts'
import { drawCell } from '../nas-bench-101/draw.ts'
import { cellEncodings } from '../nas-bench-101/encodings.ts'
import { storedCell } from '../nas-bench-101/enumerate.ts'
import { knownHashes } from '../nas-bench-101/hash/known-hashes.ts'
import { compileCell, networkSettings } from '../nas-bench-101/network.ts'
import { prunedSupport } from '../nas-bench-101/support.ts'
import { formatCell, parseCell, refuseCell } from '../nas-bench-101/text.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { choiceBlockEncoding } from './encodings.ts'
import {
  cellNeighbours,
  crossCells,
  everyMatrix,
  mutateCell,
  parentChoices,
  parentCounts,
  parentProblems,
  sampleCell,
  variants,
} from './parents.ts'

export const NasBench1Shot1Settings = z.strictObject({
  /** Which of the three published spaces. */
  variant: z.enum(variants).default('S1'),
  ...networkSettings,
})
export type NasBench1Shot1Settings = z.infer<typeof NasBench1Shot1Settings>

/**
 * Parts of NAS-Bench-101 in which every vertex has a fixed number of parents, so that one network can
 * hold all cells of one.
 *
 * @remarks
 * Vertices that lead nowhere are allowed and pruned, as in the paper's "with loose ends". The network
 * is that of NAS-Bench-101, where the trained results are; the paper's one-shot models are smaller.
 *
 * @see Zela, Siems and Hutter 2020, "NAS-Bench-1Shot1: Benchmarking and Dissecting One-shot Neural
 *   Architecture Search", section 3.
 */
export function nasBench1Shot1(settings: NasBench1Shot1Settings): SearchSpace<Cell> {
  const { variant } = settings
  const counts = parentCounts[variant]
  const vertices = counts.length + 1
  // Nine parents in all, so that no cell has too many edges.
  const bounds = { vertices, maxEdges: 9 }
  const choices = parentChoices(counts)
  const findProblems = (cell: Cell) => {
    const problems = cellProblems(cell, bounds)
    return problems.length > 0 ? problems : parentProblems(cell, counts)
  }
  const problems = (cell: Cell) =>
    findProblems(cell).map(
      ({ place, expected, found }) =>
        `The cell is wrong at ${place}: expected ${expected}, found ${found}`,
    )
  return {
    name: 'nas-bench-1shot1',
    settings,
    takes: 'images',
    encodings: {
      ...cellEncodings(bounds, problems),
      parameters: choiceBlockEncoding(`nas-bench-1shot1 ${variant}`, counts),
    },
    distribution:
      'uniform over the parents and the operation of each vertex; cells that are equal after pruning are counted apart',
    sample: (random) => sampleCell(choices, random),
    mutate: (cell, random) => mutateCell(cell, choices, random),
    crossover: crossCells,
    neighbours: (cell) => cellNeighbours(cell, choices),
    problems,
    count: () => ({
      value: choices.bits.reduce(
        (product, { length }) => product * BigInt(length),
        BigInt(cellOperations.length) ** BigInt(vertices - 2),
      ),
      kind: 'exact',
    }),
    support: () => prunedSupport(everyMatrix(choices), vertices),
    format: formatCell,
    parse(text) {
      const cell = parseCell(text, 'nas-bench-1shot1')
      const [problem] = findProblems(cell)
      if (problem) refuseCell('nas-bench-1shot1', problem.place, problem.expected, problem.found)
      return cell
    },
    canonical: knownHashes(),
    compile: (cell, task) =>
      compileCell(storedCell(prune(cell)), settings, task, 'nas-bench-1shot1'),
    draw: (cell) => drawCell(cell, `NAS-Bench-1Shot1 cell, space ${variant}`),
  }
}

export const nasBench1Shot1Entry: SpaceEntry<typeof NasBench1Shot1Settings> = {
  name: 'nas-bench-1shot1',
  summary: 'Three parts of NAS-Bench-101 in which each vertex has a fixed number of parents',
  source: 'Zela, Siems and Hutter 2020, "NAS-Bench-1Shot1", section 3',
  settings: NasBench1Shot1Settings,
  create: nasBench1Shot1,
}
