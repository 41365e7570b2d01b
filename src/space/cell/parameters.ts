/** Pairs of cells as a fixed list of categorical hyperparameters. */
import { ArchloomError } from '#src/errors.ts'
import { categorical, parameterSpace } from '#src/parameter/define.ts'
import type { Configuration, Parameter, ParameterValue } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { ParameterEncoding } from '../space.ts'
import {
  type Block,
  type CellKind,
  type CellPair,
  type CellRules,
  type Combination,
  cellKinds,
  sideNames,
  stateOf,
} from './cell.ts'
import type { CellOperation } from './operations.ts'
import { formatPair } from './text.ts'

/**
 * Five variables a block, four where sides can only be added: 2 x 5 x B, 50 for NASNet and 40 for
 * AmoebaNet. They are named `normal.block0.leftInput`, `…leftOperation`, `…rightInput`,
 * `…rightOperation` and `…combine`.
 */
export function cellParameters(rules: CellRules): ParameterEncoding<CellPair> {
  const places = cellKinds.flatMap((kind) =>
    Array.from({ length: rules.blocks }, (_, block) => ({ kind, block })),
  )
  const space = parameterSpace({
    name: rules.space,
    parameters: places.flatMap(({ kind, block }) => blockParameters(kind, block, rules)),
  })
  return {
    space,
    encode(pair) {
      refuseAlso(pair, rules)
      return Object.fromEntries(
        places.flatMap(({ kind, block }) => blockValues(pair, kind, block, rules)),
      )
    },
    decode(configuration) {
      const [first, ...rest] = configurationProblems(space, configuration)
      if (first !== undefined) return { problems: [first, ...rest] }
      const cell = (kind: CellKind) => ({
        blocks: Array.from({ length: rules.blocks }, (_, block) =>
          readBlock(configuration, prefix(kind, block), rules),
        ),
        also: [],
      })
      return { architecture: { normal: cell('normal'), reduction: cell('reduction') } }
    },
  }
}

function blockParameters(kind: CellKind, block: number, rules: CellRules): Parameter[] {
  const states = Array.from({ length: stateOf(block) }, (_, state) => state)
  const sides = sideNames.flatMap((side) => [
    categorical(`${prefix(kind, block)}.${side}Input`, states),
    categorical(`${prefix(kind, block)}.${side}Operation`, rules.operations),
  ])
  return rules.combinations.length === 1
    ? sides
    : [...sides, categorical(`${prefix(kind, block)}.combine`, rules.combinations)]
}

function blockValues(
  pair: CellPair,
  kind: CellKind,
  index: number,
  rules: CellRules,
): (readonly [string, ParameterValue])[] {
  const block = pair[kind].blocks[index]
  if (block === undefined) return []
  const name = prefix(kind, index)
  return [
    ...sideNames.flatMap((side): (readonly [string, ParameterValue])[] => [
      [`${name}.${side}Input`, block[side].input],
      [`${name}.${side}Operation`, block[side].operation],
    ]),
    ...(rules.combinations.length === 1 ? [] : [[`${name}.combine`, block.combine] as const]),
  ]
}

/** The configuration has been found to be of the space, so that its values are of their kinds. */
function readBlock(configuration: Configuration, name: string, rules: CellRules): Block {
  const [left, right] = sideNames.map((side) => ({
    operation: configuration[`${name}.${side}Operation`] as CellOperation,
    input: Number(configuration[`${name}.${side}Input`]),
  }))
  const combine = (configuration[`${name}.combine`] ?? rules.combinations[0]) as Combination
  return { left, right, combine } as Block
}

function refuseAlso(pair: CellPair, rules: CellRules): void {
  const kind = cellKinds.find((candidate) => pair[candidate].also.length > 0)
  if (kind === undefined) return
  const found = `also(${pair[kind].also.join(',')})`
  throw new ArchloomError(
    'space/invalid-architecture',
    `The ${rules.space} architecture has no form as hyperparameters, since there are none for states handed on in addition: the ${kind} cell has ${found}; expected none`,
    {
      details: {
        space: rules.space,
        place: `the ${kind} cell`,
        found,
        architecture: formatPair(pair),
      },
    },
  )
}

function prefix(kind: CellKind, block: number): string {
  return `${kind}.block${block}`
}
