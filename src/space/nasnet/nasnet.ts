import { z } from 'zod'
import { type CellPair, type CellRules, combinations } from '../cell/cell.ts'
import { cellSpace } from '../cell/cell-space.ts'
import { adjacencyEncoding } from '../cell/features.ts'
import { layerEncoding } from '../cell/layers.ts'
import { type CellOperation, cellOperations } from '../cell/operations.ts'
import { cellParameters } from '../cell/parameters.ts'
import { channelsField } from '../cell/settings.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { nasnetNamed } from './named.ts'
import { nasnetNetwork, nasnetNetworkFields } from './settings.ts'

/** Operation sets by name. */
const operationSets: Readonly<Record<'paper' | 'released', readonly CellOperation[]>> = {
  /** The thirteen of the search, as recalled from Zoph et al. 2018, section 3. */
  paper: [
    'skip',
    'conv1x3',
    'conv1x7',
    'dilconv3',
    'avg3',
    'max3',
    'max5',
    'max7',
    'conv1',
    'conv3',
    'sep3',
    'sep5',
    'sep7',
  ],
  /** The six that the released cells are made of; `nasnet_utils.py`. */
  released: ['skip', 'avg3', 'max3', 'sep3', 'sep5', 'sep7'],
}

/** Settings of the NASNet space; the defaults are those of the published search and CIFAR-10 network. */
export const NasnetSettings = z.strictObject({
  /** Blocks a cell, B. */
  blocks: z.int().min(1).max(8).default(5),
  /** A published set, or a list. */
  operations: z
    .union([z.enum(['paper', 'released']), z.array(z.enum(cellOperations))])
    .default('paper'),
  /** How a block may join its sides. */
  combinations: z.array(z.enum(combinations)).default([...combinations]),
  /** Channels of the first stage's cells, F. */
  channels: channelsField.default(32),
  ...nasnetNetworkFields,
})
export type NasnetSettings = z.infer<typeof NasnetSettings>

/**
 * Pairs of cells of B blocks with five choices each.
 *
 * @remarks
 * `mutate` makes one of the decisions otherwise: an input state, an operation, a combination, each
 * decision equally likely. What a cell hands on is recomputed with it; states that a published cell
 * hands on in addition stay.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Zoph et al. 2018, "Learning Transferable Architectures for Scalable Image Recognition",
 * section 3.
 */
export function nasnet(settings: NasnetSettings): SearchSpace<CellPair> {
  const { operations } = settings
  const rules: CellRules = {
    space: 'nasnet',
    blocks: settings.blocks,
    operations: typeof operations === 'string' ? operationSets[operations] : operations,
    combinations: settings.combinations,
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
      'uniform over pairs of cells: every input state, operation and combination independently, equal networks counted apart',
  }
}

export const nasnetEntry: SpaceEntry<typeof NasnetSettings> = {
  name: 'nasnet',
  summary: 'A normal and a reduction cell of blocks that join two operations on earlier states',
  source:
    'Zoph et al. 2018, "Learning Transferable Architectures for Scalable Image Recognition", section 3',
  settings: NasnetSettings,
  named: nasnetNamed,
  create: nasnet,
}
