import type { SearchSpace } from '../space.ts'
import { canonicalText } from './canonical.ts'
import type { CellPair, CellRules } from './cell.ts'
import { drawPair } from './draw.ts'
import { countPairs, crossPairs, mutatePair, pairNeighbours, samplePair } from './moves.ts'
import { type CellNetwork, checkNetwork, compileCells } from './network.ts'
import { checkRules } from './settings.ts'
import { formatPair, pairProblems, parsePair, problemSentence } from './text.ts'

/** Everything of a space of cell pairs that follows from its rules and its network. */
export type CellSpace = Omit<SearchSpace<CellPair>, 'settings' | 'encodings' | 'distribution'>

/**
 * What the spaces of cell pairs have in common.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function cellSpace(network: CellNetwork): CellSpace {
  const { firstState } = checkNetwork(network)
  const rules: CellRules = checkRules(network.rules)
  const inputs = ['previous cell', 'cell before'] as const
  return {
    name: rules.space,
    takes: 'images',
    sample: (random) => samplePair(rules, random),
    mutate: (pair, random) => mutatePair(pair, rules, random),
    crossover: (first, second, random) => crossPairs(first, second, rules, random),
    neighbours: (pair) => pairNeighbours(pair, rules),
    problems: (pair) => pairProblems(pair, rules).map((problem) => problemSentence(rules, problem)),
    count: () => ({ value: countPairs(rules), kind: 'exact' }),
    format: formatPair,
    parse: (text) => parsePair(text, rules),
    canonical: (pair) => canonicalText(pair, rules),
    compile: (pair, task) => compileCells(pair, network, task),
    draw: (pair) =>
      drawPair(pair, rules, firstState === 'current' ? inputs : [inputs[1], inputs[0]]),
  }
}
