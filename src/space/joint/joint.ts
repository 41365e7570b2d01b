import { ArchloomError } from '#src/errors.ts'
import {
  crossoverConfigurations,
  mutateConfiguration,
  neighbourConfigurations,
} from '#src/parameter/change.ts'
import { countConfigurations } from '#src/parameter/count.ts'
import { ordinal } from '#src/parameter/define.ts'
import { gridValues, roundFloat } from '#src/parameter/domain.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { formatConfiguration, parseConfiguration } from '#src/parameter/text.ts'
import type { Count, SearchSpace, SpaceEntry } from '../space.ts'
import { featureTask } from '../task.ts'
import { drawJoint } from './draw.ts'
import { compileBackbone } from './network.ts'
import { jointParameters } from './parameters.ts'
import { readBackbone, readTraining } from './read.ts'
import { checkJointSettings, JointSettings } from './settings.ts'

/**
 * Networks for tabular data together with the settings that they are trained by: a parameter space,
 * whose configurations are the architectures.
 *
 * @remarks
 * Sampling draws from all values of a number; changes take one of `gridSize` values, so that there
 * are finitely many. What a change switches on starts at its default, so the way back from a
 * neighbour may take several changes.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular: Multi-Fidelity MetaLearning for
 *   Efficient and Robust AutoDL", section 3.
 */
export function joint(settings: JointSettings): SearchSpace<Configuration> {
  checkJointSettings(settings)
  const space = jointParameters(settings)
  refuseSingle(space)
  const changes = { grid: settings.gridSize, activated: 'default' } as const
  return {
    name: 'joint',
    settings,
    takes: 'features',
    distribution:
      'each active parameter uniform over its range, on its scale, drawn again where forbidden',
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
    count: () => countJoint(space, settings.gridSize),
    format: formatConfiguration,
    parse: (text) => parseConfiguration(space, text),
    canonical: (architecture) => formatConfiguration(rounded(space, architecture)),
    compile: (architecture, task) =>
      compileBackbone(readBackbone(architecture), featureTask('joint', task)),
    training: readTraining,
    draw: drawJoint,
  }
}

export const jointEntry: SpaceEntry<typeof JointSettings> = {
  name: 'joint',
  summary: 'Perceptrons and residual networks for tabular data, with their training settings',
  source: 'Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular", section 3',
  settings: JointSettings,
  create: joint,
}

function refuseSingle({ parameters }: ParameterSpace): void {
  if (parameters.some(({ kind }) => kind !== 'constant')) return
  throw new ArchloomError(
    'space/invalid-settings',
    'The joint space holds a single architecture, so there is nothing to search; offer another choice',
    { details: { space: 'joint', place: 'backbones' } },
  )
}

/** Exact where no float can be active; else with those values of floats alone that are on the grid. */
function countJoint(space: ParameterSpace, gridSize: number): Count {
  const all = countConfigurations(space)
  if (all.kind !== 'infinite') return all
  const parameters = space.parameters.map((parameter) =>
    parameter.kind === 'float'
      ? ordinal(parameter.name, gridValues(parameter, gridSize))
      : parameter,
  )
  const grid = countConfigurations({ ...space, parameters })
  // Forbidden clauses left out would make it no bound from below; there are too few for that.
  return { value: grid.kind === 'exact' ? grid.value : 2n, kind: 'lower-bound' }
}

/** Floats as the parameter language draws them, so that equal numbers have equal texts. */
function rounded(space: ParameterSpace, architecture: Configuration): Configuration {
  const floats = space.parameters.filter((parameter) => parameter.kind === 'float')
  return Object.fromEntries(
    Object.entries(architecture).map(([name, value]) => {
      const parameter = floats.find((one) => one.name === name)
      return [name, parameter ? roundFloat(parameter, Number(value)) : value]
    }),
  )
}
