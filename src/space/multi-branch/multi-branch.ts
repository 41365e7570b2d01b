import { ArchloomError } from '#src/errors.ts'
import { canonicalOrder } from '../dag-form.ts'
import { maybeWithLearningRate } from '../learning-rate.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { changeMultiBranch, multiBranchChangeKinds } from './change-kinds.ts'
import { drawMultiBranch } from './drawing.ts'
import { multiBranchParameters } from './encoding.ts'
import {
  countByDepth,
  crossMultiBranches,
  multiBranchNeighbours,
  mutateMultiBranch,
  sampleDepth,
  sampleMultiBranch,
} from './moves.ts'
import { compileMultiBranch } from './network.ts'
import { checkMultiBranchSettings, MultiBranchSettings } from './settings.ts'
import {
  formatMultiBranch,
  type MultiBranch,
  multiBranchProblems,
  parseMultiBranch,
} from './text.ts'

/**
 * Networks whose layers read any set of earlier layers.
 *
 * @remarks
 * Layers are numbered so that each reads earlier ones, which every directed acyclic graph allows.
 * `canonical` is the text of one numbering for all: architectures are the same network when a
 * renumbering of their layers carries one into the other.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Zoph and Le 2017, "Neural Architecture Search with Reinforcement Learning", section 3.3;
 * Pham et al. 2018, "Efficient Neural Architecture Search via Parameters Sharing", section 2.3.
 */
export function multiBranch(settings: MultiBranchSettings): SearchSpace<MultiBranch> {
  checkMultiBranchSettings(settings)
  const total = countByDepth(settings).reduce((sum, count) => sum + count, 0n)
  if (total === 1n) {
    throw new ArchloomError(
      'space/invalid-settings',
      'The multi-branch space holds a single architecture, so there is nothing to search; allow another layer or operation',
      { details: { space: 'multi-branch', place: 'maxLayers' } },
    )
  }
  return {
    name: 'multi-branch',
    settings,
    takes: 'images',
    encodings: { parameters: multiBranchParameters(settings) },
    distribution:
      settings.sampling === 'architectures'
        ? 'uniform over all numbered networks, so that most have the largest depth'
        : 'uniform over the depths, then over the operation and the inputs of each layer',
    sample: (random) => sampleMultiBranch(settings, random),
    smallest: (random) => sampleDepth(settings, settings.minLayers, random),
    mutate: (layers, random) => mutateMultiBranch(layers, settings, random),
    changeKinds: multiBranchChangeKinds,
    change(name, layers, random) {
      const kind = multiBranchChangeKinds.find((candidate) => candidate === name)
      return kind === undefined ? null : changeMultiBranch(kind, layers, settings, random)
    },
    crossover: (first, second, random) => crossMultiBranches([first, second], settings, random),
    neighbours: (layers) => multiBranchNeighbours(layers, settings),
    problems: (layers) =>
      multiBranchProblems(layers, settings).map(
        ({ place, expected, found }) =>
          `The network is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: total, kind: 'exact' }),
    format: formatMultiBranch,
    parse: (text) => parseMultiBranch(text, settings),
    canonical: (layers) => formatMultiBranch(renumbered(layers)),
    compile: (layers, task) => compileMultiBranch(layers, settings, task),
    draw: (layers) => drawMultiBranch(layers, settings),
  }
}

export const multiBranchEntry: SpaceEntry<typeof MultiBranchSettings> = {
  name: 'multi-branch',
  summary: 'Any directed acyclic graph of layers, inputs joined by concatenation or addition',
  source:
    'Zoph and Le 2017, "Neural Architecture Search with Reinforcement Learning", section 3.3; Pham et al. 2018, "ENAS", section 2.3',
  settings: MultiBranchSettings,
  create: (settings) => maybeWithLearningRate(multiBranch(settings), settings.learningRate),
}

/** The same network with its layers in the order that all its numberings share. */
function renumbered(layers: MultiBranch): MultiBranch {
  const image = { label: '', inputs: [] }
  const vertices = [image, ...layers.map(({ operation, inputs }) => ({ label: operation, inputs }))]
  const order = canonicalOrder(vertices)
  // The image alone has no inputs, so it is first in every order.
  return order.slice(1).flatMap((position) => {
    const layer = layers[position - 1]
    if (layer === undefined) return []
    const inputs = layer.inputs.map((input) => order.indexOf(input)).sort((one, two) => one - two)
    return [{ ...layer, inputs }]
  })
}
