/** Cells as hyperparameters and as numbers. */
import { categorical, parameterSpace } from '#src/parameter/define.ts'
import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { Decoded, FeatureEncoding, ParameterEncoding } from '../space.ts'
import {
  incoming,
  isConnected,
  type Multigraph,
  type NodePair,
  pairsOf,
  withoutDeadEdges,
} from './cell.ts'
import type { EdgeOperation, Offer } from './settings.ts'

/** Parameters of one rule, and what a configuration says of a pair. */
interface Naming {
  readonly parameters: readonly Parameter[]
  encode(cell: Multigraph): Configuration
  operations(configuration: Configuration, pair: NodePair): readonly EdgeOperation[]
}

/** A categorical a decision; two a node that picks one, its source and its operation. */
export function cellParameters(offer: Offer): ParameterEncoding<Multigraph> {
  const naming = namingOf(offer)
  const space = parameterSpace({ name: 'multigraph', parameters: naming.parameters })
  return {
    space,
    encode: naming.encode,
    decode(configuration): Decoded<Multigraph> {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      const architecture = pairsOf(offer.nodes).map((pair) =>
        naming.operations(configuration, pair),
      )
      if (isConnected(architecture, offer.nodes)) return { architecture }
      return { problems: [`The operations make no way from node 0 to node ${offer.nodes - 1}`] }
    },
  }
}

/** One bit for every operation of every pair. */
export function cellFeatures({ nodes, operations }: Offer): FeatureEncoding<Multigraph> {
  return {
    size: pairsOf(nodes).length * operations.length,
    description: 'One bit for each operation of each pair of nodes, dead ones among them',
    isCanonical: false,
    encode: (cell) =>
      cell.flatMap((chosen) => operations.map((operation) => (chosen.includes(operation) ? 1 : 0))),
  }
}

/** Largest number of bits that paths are encoded in. */
export const pathSizeMax = 4096

/**
 * One bit for every sequence of operations from input to output, skips left out of it; null where
 * there are more than `pathSizeMax`.
 * @see White, Neiswanger and Savani 2021, "BANANAS", section 3.
 */
export function pathFeatures({ nodes, operations }: Offer): FeatureEncoding<Multigraph> | null {
  const working: readonly string[] = operations.filter((operation) => operation !== 'skip')
  /** Sequences shorter than each length come first. */
  const before = [0]
  for (let length = 0; length < nodes; length++) {
    before.push((before.at(-1) ?? 0) + working.length ** length)
  }
  const size = before.at(-1) ?? 0
  if (size > pathSizeMax) return null
  const position = (path: readonly EdgeOperation[]) =>
    path.reduce((so, operation) => so * working.length + working.indexOf(operation), 0) +
    (before[path.length] ?? 0)
  return {
    size,
    description: 'One bit for each sequence of operations from input to output, skips left out',
    isCanonical: true,
    encode(cell) {
      const live = withoutDeadEdges(cell, nodes)
      const found = new Set(pathsTo(live, nodes - 1).map(position))
      return Array.from({ length: size }, (_, index) => (found.has(index) ? 1 : 0))
    },
  }
}

function pathsTo(cell: Multigraph, node: number): readonly (readonly EdgeOperation[])[] {
  if (node === 0) return [[]]
  return incoming(cell, node).flatMap((operations, source) =>
    operations.length === 0
      ? []
      : pathsTo(cell, source).flatMap((path) =>
          operations.map((operation) => (operation === 'skip' ? path : [...path, operation])),
        ),
  )
}

function namingOf(offer: Offer): Naming {
  if (offer.rule === 'node') return nodeNaming(offer)
  return offer.rule === 'edges' || offer.rule === 'node-edges'
    ? switchNaming(offer)
    : pairNaming(offer)
}

const nothing = 'none'

function pairNaming({ nodes, operations, rule }: Offer): Naming {
  const choices = rule === 'optional-edge' ? [nothing, ...operations] : operations
  const pairs = pairsOf(nodes)
  return {
    parameters: pairs.map((pair) =>
      categorical(pairName(pair), choices, { defaultValue: operations[0] ?? nothing }),
    ),
    encode: (cell) =>
      Object.fromEntries(pairs.map((pair, index) => [pairName(pair), cell[index]?.[0] ?? nothing])),
    operations: (configuration, pair) =>
      operations.filter((operation) => configuration[pairName(pair)] === operation),
  }
}

function switchNaming({ nodes, operations }: Offer): Naming {
  const pairs = pairsOf(nodes)
  const name = (pair: NodePair, operation: EdgeOperation) => `${pairName(pair)}.${operation}`
  return {
    parameters: pairs.flatMap((pair) =>
      operations.map((operation) => categorical(name(pair, operation), [true, false])),
    ),
    encode: (cell) =>
      Object.fromEntries(
        pairs.flatMap((pair, index) =>
          operations.map((operation) => [
            name(pair, operation),
            (cell[index] ?? []).includes(operation),
          ]),
        ),
      ),
    operations: (configuration, pair) =>
      operations.filter((operation) => configuration[name(pair, operation)] === true),
  }
}

/** The first node has one source alone, which is no parameter. */
function nodeNaming({ nodes, operations }: Offer): Naming {
  const targets = Array.from({ length: nodes - 1 }, (_, index) => index + 1)
  return {
    parameters: targets.flatMap((node) => [
      ...(node === 1
        ? []
        : [
            categorical(
              `node${node}.source`,
              Array.from({ length: node }, (_, source) => source),
            ),
          ]),
      categorical(`node${node}.operation`, operations),
    ]),
    encode: (cell) =>
      Object.fromEntries(
        targets.flatMap((node) => {
          const pairs = incoming(cell, node)
          const source = pairs.findIndex((chosen) => chosen.length > 0)
          const operation = pairs[source]?.[0] ?? operations[0] ?? nothing
          const entry: [string, string | number][] = [[`node${node}.operation`, operation]]
          return node === 1 ? entry : [[`node${node}.source`, source], ...entry]
        }),
      ),
    operations: (configuration, { source, target }) =>
      (configuration[`node${target}.source`] ?? 0) === source
        ? operations.filter((operation) => configuration[`node${target}.operation`] === operation)
        : [],
  }
}

function pairName({ source, target }: NodePair): string {
  return `edge${source}_${target}`
}
