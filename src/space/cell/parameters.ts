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
  type Side,
  type SideName,
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
  const names: BlockNames[] = cellKinds.flatMap((kind) =>
    Array.from({ length: rules.blocks }, (_, block) => blockNames(kind, block)),
  )
  const space = parameterSpace({
    name: rules.space,
    parameters: names.flatMap((block) => blockParameters(block, rules)),
  })
  return {
    space,
    encode(pair) {
      refuseAlso(pair, rules)
      const configuration: Record<string, ParameterValue> = {}
      for (const block of names) writeBlock(pair, block, rules, configuration)
      return configuration
    },
    decode(configuration) {
      const [first, ...rest] = configurationProblems(space, configuration)
      if (first !== undefined) return { problems: [first, ...rest] }
      const blocks = names.map((block) => readBlock(configuration, block, rules))
      const normal = { blocks: blocks.slice(0, rules.blocks), also: [] }
      return {
        architecture: { normal, reduction: { blocks: blocks.slice(rules.blocks), also: [] } },
      }
    },
  }
}

/** What the parameters of a block are called: made once, since they are asked for at every trial. */
interface BlockNames extends Readonly<Record<SideName, Readonly<Record<keyof Side, string>>>> {
  readonly kind: CellKind
  readonly block: number
  readonly combine: string
}

function blockNames(kind: CellKind, block: number): BlockNames {
  const name = `${kind}.block${block}`
  const side = (which: SideName) => ({
    input: `${name}.${which}Input`,
    operation: `${name}.${which}Operation`,
  })
  return { kind, block, left: side('left'), right: side('right'), combine: `${name}.combine` }
}

function blockParameters(names: BlockNames, rules: CellRules): Parameter[] {
  const states = Array.from({ length: stateOf(names.block) }, (_, state) => state)
  const sides = sideNames.flatMap((side) => [
    categorical(names[side].input, states),
    categorical(names[side].operation, rules.operations),
  ])
  return rules.combinations.length === 1
    ? sides
    : [...sides, categorical(names.combine, rules.combinations)]
}

function writeBlock(
  pair: CellPair,
  names: BlockNames,
  rules: CellRules,
  configuration: Record<string, ParameterValue>,
): void {
  const block = pair[names.kind].blocks[names.block]
  if (block === undefined) return
  for (const side of sideNames) {
    configuration[names[side].input] = block[side].input
    configuration[names[side].operation] = block[side].operation
  }
  if (rules.combinations.length > 1) configuration[names.combine] = block.combine
}

/** The configuration has been found to be of the space, so that its values are of their kinds. */
function readBlock(configuration: Configuration, names: BlockNames, rules: CellRules): Block {
  const side = ({ operation, input }: BlockNames['left']): Side => ({
    operation: configuration[operation] as CellOperation,
    input: Number(configuration[input]),
  })
  const combine = (configuration[names.combine] ?? rules.combinations[0]) as Combination
  return { left: side(names.left), right: side(names.right), combine }
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
