/** DARTS cells as conditional hyperparameters, with the names of NAS-Bench-301. */
import { categorical, oneOf, parameterSpace, when } from '#src/parameter/define.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import {
  type Block,
  type CellKind,
  type CellPair,
  type CellRules,
  cellKinds,
  type Side,
  stateOf,
} from '../cell/cell.ts'
import { inputPairs } from '../cell/moves.ts'
import type { CellOperation } from '../cell/operations.ts'
import type { ParameterEncoding } from '../space.ts'

/** NAS-Bench-301's name of a cell. */
const cellNames: Readonly<Record<CellKind, string>> = { normal: 'normal', reduction: 'reduce' }

/**
 * The two inputs of each node but the first, `inputs_node_normal_3` = `0_1`, and the operation of
 * each edge, `edge_normal_4`, which exists where the inputs have it. Edges are counted node by node
 * over all earlier states.
 *
 * @see Zela et al. 2022, "Surrogate NAS Benchmarks", and its `configspace.json`, where every name
 * has the prefix `NetworkSelectorDatasetInfo:darts:`.
 */
export function dartsParameters(rules: CellRules): ParameterEncoding<CellPair> {
  const places = cellKinds.flatMap((kind) =>
    Array.from({ length: rules.blocks }, (_, block) => ({ kind, block })),
  )
  const space = parameterSpace({
    name: rules.space,
    parameters: places.flatMap(({ kind, block }) => [
      ...(block === 0
        ? []
        : [categorical(inputsName(kind, block), inputPairs(block).map(pairText))]),
      ...edgeSources(block).map((source) =>
        categorical(edgeName(kind, block, source), rules.operations),
      ),
    ]),
    conditions: places.flatMap(({ kind, block }) =>
      block === 0
        ? []
        : edgeSources(block).map((source) => {
            const pairs = inputPairs(block).filter((pair) => pair.includes(source))
            return when(
              edgeName(kind, block, source),
              oneOf(inputsName(kind, block), pairs.map(pairText)),
            )
          }),
    ),
  })
  return {
    space,
    encode: (pair) =>
      Object.fromEntries(places.flatMap(({ kind, block }) => blockValues(pair, kind, block))),
    decode(configuration) {
      const [first, ...rest] = configurationProblems(space, configuration)
      if (first !== undefined) return { problems: [first, ...rest] }
      const cell = (kind: CellKind) => ({
        blocks: Array.from({ length: rules.blocks }, (_, block) =>
          readBlock(configuration, kind, block),
        ),
        also: [],
      })
      return { architecture: { normal: cell('normal'), reduction: cell('reduction') } }
    },
  }
}

function blockValues(
  pair: CellPair,
  kind: CellKind,
  index: number,
): readonly (readonly [string, string])[] {
  const block = pair[kind].blocks[index]
  if (block === undefined) return []
  const { left, right } = block
  return [
    ...(index === 0
      ? []
      : [[inputsName(kind, index), pairText([left.input, right.input])] as const]),
    ...[left, right].map(
      ({ input, operation }) => [edgeName(kind, index, input), operation] as const,
    ),
  ]
}

/** The configuration has been found to be of the space. */
function readBlock(configuration: Configuration, kind: CellKind, block: number): Block {
  const text = block === 0 ? '0_1' : String(configuration[inputsName(kind, block)])
  const [left, right] = text.split('_').map((source): Side => {
    const operation = configuration[edgeName(kind, block, Number(source))]
    return { operation: operation as CellOperation, input: Number(source) }
  })
  return { left, right, combine: 'add' } as Block
}

function edgeSources(block: number): readonly number[] {
  return Array.from({ length: stateOf(block) }, (_, state) => state)
}

function inputsName(kind: CellKind, block: number): string {
  return `inputs_node_${cellNames[kind]}_${stateOf(block)}`
}

function edgeName(kind: CellKind, block: number, source: number): string {
  let first = 0
  for (let earlier = 0; earlier < block; earlier++) first += stateOf(earlier)
  return `edge_${cellNames[kind]}_${first + source}`
}

function pairText([left, right]: readonly [number, number]): string {
  return `${left}_${right}`
}
