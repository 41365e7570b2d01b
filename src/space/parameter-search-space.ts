import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { drawGraph } from '#src/graph/draw.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import {
  crossoverConfigurations,
  mutateConfiguration,
  neighbourConfigurations,
} from '#src/parameter/change.ts'
import { countConfigurations } from '#src/parameter/count.ts'
import { ordinal } from '#src/parameter/define.ts'
import { gridValues, roundFloat } from '#src/parameter/domain.ts'
import { isListable, listConfigurations } from '#src/parameter/list.ts'
import { parameterModel } from '#src/parameter/model.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { formatConfiguration, parseConfiguration } from '#src/parameter/text.ts'
import { drawConfiguration } from './draw-configuration.ts'
import type { Count, InputKind, SearchSpace, Supported, Task } from './space.ts'

export interface ParameterSearchSpace {
  readonly name: string
  readonly settings: Json
  /** Null for parameters that stand for no network. */
  readonly takes: InputKind | null
  /** What is decided; its configurations are the architectures. */
  readonly parameters: ParameterSpace
  /**
   * How many values of a number changes use, evenly over its scale, at least 2; sampling draws from
   * all. Default 16.
   */
  readonly grid?: number
  /**
   * What a change gives a parameter that it switches on: any value (`neighbours` lists them all, so
   * that the way back from a neighbour is one change, too), or its default, where the combinations
   * are too many to list. Default `fresh`.
   */
  readonly activated?: 'fresh' | 'default'
  /** The network of a configuration without problems; absent where `takes` is null. */
  readonly compile?: (configuration: Configuration, task: Task) => NetworkGraph
  readonly training?: (configuration: Configuration) => Readonly<Record<string, Json>>
  /** By default the whole network for a small task, or else the parameters. */
  readonly draw?: (configuration: Configuration) => Drawing
}

/**
 * A search space whose architectures are the configurations of a parameter space: all but the
 * network comes from the parameter language.
 *
 * @throws space/invalid-settings when there is one configuration only
 */
export function parameterSearchSpace(definition: ParameterSearchSpace): SearchSpace<Configuration> {
  const { name, settings, takes, parameters: space, training } = definition
  const compile = definition.compile ?? (() => refuseNetwork(name))
  const { grid = 16, activated = 'fresh' } = definition
  refuseSingle(name, space)
  const changes = { grid, activated }
  return {
    name,
    settings,
    takes,
    distribution: `each active parameter from its own distribution, uniform on its scale unless weighted${space.forbidden.length > 0 ? ', drawn again where forbidden' : ''}`,
    encodings: {
      parameters: {
        space,
        encode: (architecture) => architecture,
        decode(configuration) {
          const [first, ...others] = configurationProblems(space, configuration)
          if (first !== undefined) return { problems: [first, ...others] }
          return { architecture: configuration }
        },
      },
    },
    sample: (random) => sampleConfiguration(space, random),
    mutate: (architecture, random) => mutateConfiguration(space, architecture, random, changes),
    crossover: (first, second, random) =>
      crossoverConfigurations(space, [first, second], random, changes),
    neighbours: (architecture) => neighbourConfigurations(space, architecture, changes),
    problems: (architecture) => configurationProblems(space, architecture),
    count: () => countArchitectures(space, grid),
    ...(isListable(space) && { support: () => supportOf(space) }),
    format: formatConfiguration,
    parse: (text) => parseConfiguration(space, text),
    canonical: (architecture) => formatConfiguration(rounded(space, architecture)),
    compile,
    ...(training && { training }),
    draw:
      definition.draw ??
      ((architecture) =>
        takes === null
          ? drawConfiguration(space, architecture)
          : drawGraph(compile(architecture, drawnTasks[takes]))),
  }
}

const drawnTasks: Readonly<Record<InputKind, Task>> = {
  images: { kind: 'images', inputShape: [3, 32, 32], classCount: 10 },
  features: { kind: 'features', inputShape: [16], classCount: 10 },
  tokens: { kind: 'tokens', inputShape: [16], classCount: 65 },
}

function refuseNetwork(name: string): never {
  throw new ArchloomError(
    'space/no-network',
    `The space ${name} has parameters and no networks, so nothing can be trained or drawn as one; take a space of networks, or an evaluator that measures parameters`,
    { details: { space: name } },
  )
}

function refuseSingle(name: string, { parameters }: ParameterSpace): void {
  if (parameters.some(({ kind }) => kind !== 'constant')) return
  throw new ArchloomError(
    'space/invalid-settings',
    `The space ${name} holds a single architecture, so there is nothing to search; offer another choice`,
    { details: { space: name, place: 'parameters' } },
  )
}

function supportOf(space: ParameterSpace): readonly Supported<Configuration>[] {
  return listConfigurations(space).map(({ configuration, probability }) => ({
    architecture: configuration,
    probability,
  }))
}

/** Exact where no float can be active; else with those values of floats alone that are on the grid. */
function countArchitectures(space: ParameterSpace, grid: number): Count {
  const all = countConfigurations(space)
  if (all.kind !== 'infinite') return all
  const parameters = space.parameters.map((parameter) =>
    parameter.kind === 'float' ? ordinal(parameter.name, gridValues(parameter, grid)) : parameter,
  )
  const onGrid = countConfigurations({ ...space, parameters })
  // A bound from above is none from below; two there are, since something can be chosen.
  return { value: onGrid.kind === 'exact' ? onGrid.value : 2n, kind: 'lower-bound' }
}

/** Floats as the parameter language draws them, so that equal numbers have equal texts. */
function rounded(space: ParameterSpace, architecture: Configuration): Configuration {
  const { byName } = parameterModel(space)
  return Object.fromEntries(
    Object.entries(architecture).map(([name, value]) => {
      const parameter = byName.get(name)?.parameter
      return [name, parameter?.kind === 'float' ? roundFloat(parameter, Number(value)) : value]
    }),
  )
}
