import { z } from 'zod'

/**
 * Settings of the fabric space. The defaults are those of the paper's small fabrics, for images of
 * 32 pixels.
 * @see Saxena and Verbeek 2016, "Convolutional Neural Fabrics", section 3; its public code.
 */
export const FabricSettings = z.strictObject({
  /** Layers of nodes, the first and the last among them. */
  layers: z.int().min(2).max(32).default(8),
  /** Channels of every node. */
  channels: z.int().min(1).max(4096).default(64),
  /**
   * Resolutions, each half as high and wide as the one before; null for as many as bring an image of
   * `imageSize` down to one pixel. Images of any size can be used with any number.
   */
  scales: z.int().min(2).max(9).nullable().default(null),
  /** Height or width, the larger, in pixels. */
  imageSize: z.int().min(2).max(256).default(32),
  /** One path through the fabric, or any part of it that is made of paths. */
  architectures: z.enum(['paths', 'parts']).default('paths'),
})
export type FabricSettings = z.infer<typeof FabricSettings>

/** Sizes of a fabric, and which parts of it are architectures. */
export interface FabricBounds {
  readonly layers: number
  readonly scales: number
  readonly onlyPaths: boolean
}

/** What the settings allow. */
export function fabricBounds(settings: FabricSettings): FabricBounds {
  const { layers, scales, imageSize, architectures } = settings
  return {
    layers,
    scales: scales ?? Math.ceil(Math.log2(imageSize)) + 1,
    onlyPaths: architectures === 'paths',
  }
}
