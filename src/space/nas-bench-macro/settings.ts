import { z } from 'zod'

/**
 * The network around the searched blocks; the defaults are the published ones.
 * @see Su et al. 2021, "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (CVPR);
 * xiusu/NAS-Bench-Macro `train/model.py`.
 */
export const MacroSettings = z.strictObject({
  /** Searched blocks of each stage; the first block of a stage halves the image. */
  blocksPerStage: z.array(z.int().min(1).max(32)).min(1).max(5).default([2, 3, 3]),
  /** Channels of the stem; each stage doubles them. */
  channels: z.int().min(1).max(1024).default(32),
  /** Channels of the 1x1 convolution before the global pool. */
  headChannels: z.int().min(1).max(65_536).default(1280),
})
export type MacroSettings = z.infer<typeof MacroSettings>
