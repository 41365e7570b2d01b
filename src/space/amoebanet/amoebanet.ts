import { z } from 'zod'
import type { Random } from '#src/random/random.ts'
import type { CellPair, CellRules } from '../cell/cell.ts'
import { cellSpace } from '../cell/cell-space.ts'
import { adjacencyEncoding } from '../cell/features.ts'
import { layerEncoding } from '../cell/layers.ts'
import { decideOtherwise, decisions } from '../cell/moves.ts'
import { type CellOperation, cellOperations } from '../cell/operations.ts'
import { cellParameters } from '../cell/parameters.ts'
import { channelsField } from '../cell/settings.ts'
import { nasnetNetwork, nasnetNetworkFields } from '../nasnet/settings.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'

/** The eight of the search, as recalled from Real et al. 2019. */
const searchOperations: readonly CellOperation[] = [
  'skip',
  'sep3',
  'sep5',
  'sep7',
  'avg3',
  'max3',
  'dil3',
  'conv1x7',
]

/** Settings of the AmoebaNet space; the defaults are those of the published search and CIFAR-10 network. */
export const AmoebanetSettings = z.strictObject({
  /** Blocks a cell. */
  blocks: z.int().min(1).max(8).default(5),
  operations: z.array(z.enum(cellOperations)).default([...searchOperations]),
  /** Channels of the first stage's cells, F. */
  channels: channelsField.default(36),
  ...nasnetNetworkFields,
})
export type AmoebanetSettings = z.infer<typeof AmoebanetSettings>

/**
 * NASNet's cells with sums alone and fewer operations, and AmoebaNet's mutations.
 *
 * @remarks
 * `mutate` is a hidden-state mutation or an operation mutation, each half of the time: one of the
 * sides of one of the blocks, uniformly, reads another earlier state or applies another operation;
 * the old value is excluded from the draw. The third published kind, the identity of probability
 * 0.05, changes nothing and so is no mutation here: a search that wants it asks for the parent again.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search", section 3.
 */
export function amoebanet(settings: AmoebanetSettings): SearchSpace<CellPair> {
  const rules: CellRules = {
    space: 'amoebanet',
    blocks: settings.blocks,
    operations: settings.operations,
    combinations: ['add'],
    distinctInputs: false,
    output: 'unused',
  }
  return {
    ...cellSpace({ ...nasnetNetwork(settings), rules }),
    settings,
    encodings: {
      parameters: cellParameters(rules),
      adjacency: adjacencyEncoding(rules),
      layers: layerEncoding(rules),
    },
    distribution:
      'uniform over pairs of cells: every input state and operation independently, equal networks counted apart',
    mutate: (pair, random) => mutateAmoeba(pair, rules, random),
  }
}

export const amoebanetEntry: SpaceEntry<typeof AmoebanetSettings> = {
  name: 'amoebanet',
  summary: 'NASNet cells that only add, with the mutations of regularized evolution',
  source:
    'Real et al. 2019, "Regularized Evolution for Image Classifier Architecture Search", section 3',
  settings: AmoebanetSettings,
  named: {
    // Read off `genotypes.py` in the code of Liu, Simonyan and Yang 2019, whose states 0 and 1 are
    // the other way round.
    'AmoebaNet-A':
      'normal: avg3(1)+max3(0) sep3(1)+sep5(2) sep3(1)+avg3(3) sep3(0)+skip(0) skip(1)+avg3(0); reduction: avg3(1)+sep3(0) max3(1)+sep7(2) sep7(1)+avg3(0) max3(1)+max3(0) conv1x7(1)+sep3(5)',
  },
  create: amoebanet,
}

function mutateAmoeba(pair: CellPair, rules: CellRules, random: Random): CellPair {
  const sites = (['input', 'operation'] as const)
    .map((kind) => decisions(pair, rules, kind))
    .filter((found) => found.length > 0)
  return decideOtherwise(pair, random.pick(sites), rules, random)
}
