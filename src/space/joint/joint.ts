import type { Configuration } from '#src/parameter/parameter.ts'
import { parameterSearchSpace } from '../parameter-search-space.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
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
 * Sampling draws from all values of a number; changes take one of `gridSize` values. What a change
 * switches on starts at its default, because the layers of another backbone have too many values to
 * list, so the way back from a neighbour may take several changes.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular: Multi-Fidelity MetaLearning for
 *   Efficient and Robust AutoDL", section 3.
 */
export function joint(settings: JointSettings): SearchSpace<Configuration> {
  checkJointSettings(settings)
  return parameterSearchSpace({
    name: 'joint',
    settings,
    takes: 'features',
    parameters: jointParameters(settings),
    grid: settings.gridSize,
    activated: 'default',
    compile: (configuration, task) =>
      compileBackbone(readBackbone(configuration), featureTask('joint', task)),
    training: readTraining,
    draw: drawJoint,
  })
}

export const jointEntry: SpaceEntry<typeof JointSettings> = {
  name: 'joint',
  summary: 'Perceptrons and residual networks for tabular data, with their training settings',
  source: 'Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular", section 3',
  settings: JointSettings,
  create: joint,
}
