import { categorical, parameterSpace } from '#src/parameter/define.ts'
import type { Parameter } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { FeatureEncoding, ParameterEncoding, SearchSpace } from '../space.ts'
import { drawEnas } from './draw.ts'
import {
  canonicalEnas,
  type EnasCell,
  type EnasNode,
  type EnasRules,
  enasCellGraph,
  enasFunctions,
  enasProblems,
  formatEnas,
  readEnas,
} from './enas-cell.ts'
import { compileLanguageModel } from './language-model.ts'
import { type RecurrentSettings, refuseCell } from './settings.ts'

/**
 * Recurrent cells of gated nodes that each take one earlier node.
 *
 * @remarks
 * `mutate` gives one node another function or another source, each such cell equally likely;
 * `crossover` takes each node's function and source from either parent.
 *
 * @see Pham et al. 2018, "Efficient Neural Architecture Search via Parameters Sharing", section 2.1.
 */
export function enasSpace(settings: RecurrentSettings): SearchSpace<EnasCell> {
  const { output, ...rules } = settings.enas
  const { nodes, functions } = rules
  return {
    name: 'recurrent',
    settings,
    takes: 'tokens',
    encodings: { parameters: enasParameters(rules), adjacency: enasFeatures(nodes) },
    distribution:
      'uniform over the cells: function and source of every node, isomorphic ones counted apart',
    sample: (random) =>
      Array.from({ length: nodes }, (_, index) => ({
        source: random.int(index + 1),
        function: random.pick(functions),
      })),
    mutate(cell, random) {
      const { index, node } = random.pick(enasChanges(cell, rules))
      return cell.with(index, node)
    },
    crossover: (first, second, random) =>
      first.map((node, index) => {
        const other = second[index] ?? node
        return {
          source: random.bernoulli(0.5) ? node.source : other.source,
          function: random.bernoulli(0.5) ? node.function : other.function,
        }
      }),
    neighbours: (cell) => enasNeighbours(cell, rules),
    problems: (cell) =>
      enasProblems(cell, rules).map(
        ({ place, expected, found }) =>
          `The cell is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: countOf(rules), kind: 'exact' }),
    format: formatEnas,
    parse(text) {
      const cell = readEnas(text)
      if ('place' in cell) return refuseCell(cell.place, cell.expected, cell.found)
      const [problem] = enasProblems(cell, rules)
      if (problem) refuseCell(problem.place, problem.expected, problem.found)
      return cell
    },
    canonical: canonicalEnas,
    compile: (cell, task) =>
      compileLanguageModel((sizes) => enasCellGraph(cell, sizes, output), settings, task),
    draw: (cell) => drawEnas(cell, output),
  }
}

/** Node k has k sources and every function. */
function countOf({ nodes, functions }: EnasRules): bigint {
  let count = 1n
  for (let node = 1; node <= nodes; node++) count *= BigInt(node * functions.length)
  return count
}

interface EnasChange {
  readonly index: number
  readonly node: EnasNode
}

function enasNeighbours(cell: EnasCell, rules: EnasRules): readonly EnasCell[] {
  return enasChanges(cell, rules).map(({ index, node }) => cell.with(index, node))
}

/** Every node with another function or another source. */
function enasChanges(cell: EnasCell, { functions }: EnasRules): readonly EnasChange[] {
  return cell.flatMap((node, index) => {
    const others: EnasNode[] = [
      ...functions
        .filter((name) => name !== node.function)
        .map((name) => ({ ...node, function: name })),
      ...Array.from({ length: index + 1 }, (_, source) => ({ ...node, source })).filter(
        ({ source }) => source !== node.source,
      ),
    ]
    return others.map((other) => ({ index, node: other }))
  })
}

/** `function1`, `source2` and so on: the first node's source is no decision. */
function enasParameters({ nodes, functions }: EnasRules): ParameterEncoding<EnasCell> {
  const numbers = Array.from({ length: nodes }, (_, index) => index + 1)
  const space = parameterSpace({
    name: 'recurrent',
    parameters: numbers.flatMap((number): Parameter[] => {
      const sources = Array.from({ length: number }, (_, source) => source)
      const choice = categorical(`function${number}`, functions)
      return number === 1 ? [choice] : [categorical(`source${number}`, sources), choice]
    }),
  })
  return {
    space,
    encode: (cell) =>
      Object.fromEntries(
        cell.flatMap(({ source, function: name }, index) => [
          ...(index === 0 ? [] : [[`source${index + 1}`, source]]),
          [`function${index + 1}`, name],
        ]),
      ),
    decode(configuration) {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      return {
        architecture: numbers.flatMap((number) => {
          const named = configuration[`function${number}`]
          const name = enasFunctions.find((candidate) => candidate === named)
          const source = Number(configuration[`source${number}`] ?? 0)
          return name ? [{ source, function: name }] : []
        }),
      }
    },
  }
}

/** One-hot sources and functions of every node. */
function enasFeatures(nodes: number): FeatureEncoding<EnasCell> {
  const numbers = Array.from({ length: nodes }, (_, index) => index + 1)
  return {
    size: numbers.reduce((sum, number) => sum + number, 0) + nodes * enasFunctions.length,
    description:
      'Each node as one-hot source among the earlier nodes and one-hot function; isomorphic cells differ',
    isCanonical: false,
    encode: (cell) =>
      cell.flatMap(({ source, function: name }, index) => [
        ...Array.from({ length: index + 1 }, (_, other) => (other === source ? 1 : 0)),
        ...enasFunctions.map((candidate) => (candidate === name ? 1 : 0)),
      ]),
  }
}
