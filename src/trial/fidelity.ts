import { z } from 'zod'

/**
 * How much of a full evaluation a trial gets. Only epochs exist so far; data share, resolution,
 * depth and width join here as further optional fields.
 */
export const Fidelity = z.strictObject({
  /** Training epochs in total, those of a continued checkpoint included. */
  epochs: z.int().min(1),
})
export type Fidelity = z.infer<typeof Fidelity>
