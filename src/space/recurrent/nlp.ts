import type { SearchSpace } from '../space.ts'
import { drawNlp } from './draw.ts'
import { compileLanguageModel } from './language-model.ts'
import { type NlpCell, nlpProblems } from './nlp-cell.ts'
import { nlpFeatures } from './nlp-features.ts'
import { formatNlp, normalNlp, readNlp } from './nlp-form.ts'
import { crossNlp, mutateNlp, nlpNeighbours } from './nlp-moves.ts'
import { nlpCellGraph } from './nlp-network.ts'
import { nlpCellBound, sampleNlp } from './nlp-sample.ts'
import { type RecurrentSettings, refuseCell } from './settings.ts'

/**
 * Recurrent cells that are any graph of a few operations, with one state to three.
 *
 * @remarks
 * An architecture is a cell in normal order, so isomorphic cells are one architecture with one text;
 * `normalNlp` gives the order, and a text in another is refused with the right one.
 *
 * @see Klyuchnikov et al. 2020, "NAS-Bench-NLP", section 3.
 */
export function nlpSpace(settings: RecurrentSettings): SearchSpace<NlpCell> {
  const rules = settings.nlp
  const problemsOf = (cell: NlpCell) => {
    const problems = nlpProblems(cell, rules)
    if (problems.length > 0) return problems
    const expected = formatNlp(normalNlp(cell))
    const found = formatNlp(cell)
    if (expected === found) return []
    return [{ place: 'the order', expected: `the normal form ${expected}`, found }]
  }
  return {
    name: 'recurrent',
    settings,
    takes: 'tokens',
    encodings: { adjacency: nlpFeatures(rules) },
    distribution:
      'numbers of states and nodes uniform, then node after node an operation, weighted as in the public logs, on earlier values, half of them unused ones; drawn again until every node is used',
    sample: (random) => sampleNlp(rules, random),
    mutate: (cell, random) => mutateNlp(cell, rules, random),
    crossover: (first, second, random) => crossNlp([first, second], rules, random),
    neighbours: (cell) => nlpNeighbours(cell, rules),
    problems: (cell) =>
      problemsOf(cell).map(
        ({ place, expected, found }) =>
          `The cell is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: nlpCellBound(rules), kind: 'upper-bound' }),
    format: formatNlp,
    parse(text) {
      const cell = readNlp(text)
      if ('place' in cell) return refuseCell(cell.place, cell.expected, cell.found)
      const [problem] = problemsOf(cell)
      if (problem) refuseCell(problem.place, problem.expected, problem.found)
      return cell
    },
    canonical: formatNlp,
    compile: (cell, task) =>
      compileLanguageModel((sizes) => nlpCellGraph(cell, sizes), settings, task),
    draw: drawNlp,
  }
}
