import { ArchloomError } from '#src/errors.ts'
import { readConfigSpace } from '#src/parameter/configspace-read.ts'
import { categorical, equals, float, integer, parameterSpace, when } from '#src/parameter/define.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import { parameterSearchSpace } from '../parameter-search-space.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { completeParameter, HyperparametersSettings } from './settings.ts'

/**
 * A parameter space of the document's own, whose configurations stand for no network: for
 * hyperparameter benchmarks, test functions, and measurements of the user's own.
 *
 * @throws space/invalid-settings naming the place
 * @see Lindauer et al. 2019, "BOAH: A Tool Suite for Multi-Fidelity Bayesian Optimization & Analysis
 *   of Hyperparameters", section 2 (ConfigSpace).
 */
export function hyperparameters(settings: HyperparametersSettings): SearchSpace<Configuration> {
  const { gridSize, activated } = settings
  return parameterSearchSpace({
    name: 'hyperparameters',
    // As it was parsed from JSON or YAML.
    settings: JSON.parse(JSON.stringify(settings)),
    takes: null,
    parameters: readParameters(settings),
    grid: gridSize,
    activated,
  })
}

export const hyperparametersEntry: SpaceEntry<typeof HyperparametersSettings> = {
  name: 'hyperparameters',
  summary: 'Hyperparameters that the document lists, without a network of their own',
  source: 'Lindauer et al. 2019, "BOAH", section 2',
  settings: HyperparametersSettings,
  create: hyperparameters,
}

function readParameters(settings: HyperparametersSettings): ParameterSpace {
  const { parameters, conditions, forbidden, configSpace } = settings
  const own = parameters !== null || conditions.length > 0 || forbidden.length > 0
  if (configSpace !== null) {
    if (!own) return readConfigSpace(configSpace, 'hyperparameters')
    throw new ArchloomError(
      'space/invalid-settings',
      'The hyperparameters are given twice: configSpace stands beside parameters, conditions or forbidden; leave one out',
      { details: { space: 'hyperparameters', place: 'configSpace' } },
    )
  }
  if (!own) return exampleParameters()
  return parameterSpace({
    name: 'hyperparameters',
    parameters: (parameters ?? []).map(completeParameter),
    conditions,
    forbidden,
  })
}

/** So that the space can be looked at without a document. */
function exampleParameters(): ParameterSpace {
  return parameterSpace({
    name: 'hyperparameters',
    parameters: [
      integer('batchSize', 16, 512, { log: true }),
      float('learningRate', 1e-4, 1e-1, { log: true }),
      categorical('optimizer', ['sgd', 'adam']),
      float('momentum', 0, 0.99),
      float('beta2', 0.9, 0.9999),
      integer('layers', 1, 5),
    ],
    conditions: [
      when('momentum', equals('optimizer', 'sgd')),
      when('beta2', equals('optimizer', 'adam')),
    ],
  })
}
