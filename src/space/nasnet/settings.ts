import { z } from 'zod'
import type { CellNetwork } from '../cell/network.ts'
import { cellsPerStageField, networkFields, stagesOf } from '../cell/settings.ts'
import { dartsSkeleton, nasnetSkeleton } from '../cell/skeleton.ts'

/** Settings of the network that NASNet and AmoebaNet share, but for `channels`. */
export const nasnetNetworkFields = {
  /** Normal cells of each stage: N for three stages, or a list, one number a stage. */
  cellsPerStage: cellsPerStageField.default(6),
  /** How cells are joined to a network: as NASNet's code has it, or as DARTS' code has NASNet's cells. */
  skeleton: z.enum(['nasnet', 'darts']).default('nasnet'),
  /** Channels of the stem over the first cells' (`small`) or over 32 (`imagenet`); DARTS' ImageNet stem has none. */
  stemMultiplier: z.number().min(1).max(16).default(3),
  /**
   * Whether the first cell, whose two inputs are both the stem, projects the earlier one to its
   * channels or reads it as it is. Null: projected behind the small stem, as it is behind the
   * ImageNet stem, which gives the parameter counts of the literature.
   */
  projectStem: z.boolean().nullable().default(null),
  /** Whether the cell after a reduction reads past it; the large ImageNet networks do. */
  skipReductionInput: z.boolean().default(false),
  ...networkFields,
}

export type NasnetNetworkSettings = z.infer<z.ZodObject<typeof nasnetNetworkFields>> & {
  readonly channels: number
}

/** The network of the settings; state 0 of a cell is the previous cell's output. */
export function nasnetNetwork(settings: NasnetNetworkSettings): Omit<CellNetwork, 'rules'> {
  const { channels, cellsPerStage, skeleton, stem, stemMultiplier } = settings
  const { skipReductionInput, auxiliary, dropPathRate, dropoutRate } = settings
  return {
    skeleton: skeleton === 'nasnet' ? nasnetSkeleton : dartsSkeleton,
    firstState: 'current',
    channels,
    stages: stagesOf(cellsPerStage),
    stem,
    stemMultiplier,
    projectsStem: settings.projectStem,
    skipsReduction: skipReductionInput,
    auxiliary,
    dropPathRate,
    dropoutRate,
  }
}
