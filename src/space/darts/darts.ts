import { z } from 'zod'
import type { CellPair, CellRules } from '../cell/cell.ts'
import { cellSpace } from '../cell/cell-space.ts'
import { adjacencyEncoding, pathEncoding } from '../cell/features.ts'
import { layerEncoding } from '../cell/layers.ts'
import { type CellOperation, cellOperations } from '../cell/operations.ts'
import { channelsField, networkFields } from '../cell/settings.ts'
import { dartsSkeleton } from '../cell/skeleton.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { dartsNamed } from './named.ts'
import { dartsParameters } from './parameters.ts'

/** The seven of the published space; `PRIMITIVES` without `none`. */
const searchOperations: readonly CellOperation[] = [
  'max3',
  'avg3',
  'skip',
  'sep3',
  'sep5',
  'dil3',
  'dil5',
]

/** Settings of the DARTS space; the defaults are those of the published CIFAR-10 network. */
export const DartsSettings = z.strictObject({
  /** Intermediate nodes of a cell, each with two incoming edges. */
  nodes: z.int().min(1).max(8).default(4),
  operations: z.array(z.enum(cellOperations)).default([...searchOperations]),
  /** Channels of the first cells, C; doubled by each of the two reduction cells. */
  channels: channelsField.default(36),
  /** Cells in all, L; those at positions L/3 and 2L/3, rounded down, are reduction cells. */
  cells: z.int().min(2).max(100).default(20),
  ...networkFields,
})
export type DartsSettings = z.infer<typeof DartsSettings>

/**
 * Pairs of cells whose nodes each sum two operations on different earlier states.
 *
 * @remarks
 * Every node is handed on. `mutate` gives one edge another operation or another source, each
 * decision that can be made otherwise equally likely; `crossover` takes whole nodes.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Liu, Simonyan and Yang 2019, "DARTS: Differentiable Architecture Search", section 2.1.
 */
export function darts(settings: DartsSettings): SearchSpace<CellPair> {
  const { channels, cells, stem, auxiliary, dropPathRate, dropoutRate } = settings
  const rules: CellRules = {
    space: 'darts',
    blocks: settings.nodes,
    operations: settings.operations,
    combinations: ['add'],
    distinctInputs: true,
    output: 'all',
  }
  const [first, second] = [Math.floor(cells / 3), Math.floor((2 * cells) / 3)]
  return {
    ...cellSpace({
      rules,
      skeleton: dartsSkeleton,
      firstState: 'previous',
      channels,
      stages: [first, second - first - 1, cells - second - 1],
      stem,
      stemMultiplier: 3,
      projectsStem: null,
      skipsReduction: false,
      auxiliary,
      dropPathRate,
      dropoutRate,
    }),
    settings,
    encodings: {
      parameters: dartsParameters(rules),
      adjacency: adjacencyEncoding(rules),
      path: pathEncoding(rules),
      layers: layerEncoding(rules),
    },
    distribution:
      'uniform over pairs of cells: the two states and the two operations of every node, equal networks counted apart',
  }
}

export const dartsEntry: SpaceEntry<typeof DartsSettings> = {
  name: 'darts',
  summary: 'A normal and a reduction cell of nodes that sum two operations on different states',
  source: 'Liu, Simonyan and Yang 2019, "DARTS: Differentiable Architecture Search", section 2.1',
  settings: DartsSettings,
  named: dartsNamed,
  create: darts,
}
