import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { activationFunctions } from '#src/graph/graph.ts'
import { LearningRateGene } from '../learning-rate.ts'

/** Longest list of choices; keeps the number of layers below 2^32. */
const choicesMax = 64
const depthMax = 256

const sizes = (max: number) => z.array(z.int().min(1).max(max)).max(choicesMax)
const kernels = z
  .array(
    z
      .int()
      .min(1)
      .max(31)
      .refine((kernel) => kernel % 2 === 1, {
        message: 'must be odd, so that padding keeps sizes',
      }),
  )
  .max(choicesMax)

const ConvolutionChoices = z.strictObject({
  /** Kernel edges in pixels, odd. */
  kernels: kernels.default([3, 5]),
  strides: sizes(8).default([1]),
  /** Output channels. */
  channels: sizes(65_536).default([16, 32, 64]),
  activations: z.array(z.enum(activationFunctions)).max(choicesMax).default(['relu']),
})
export type ConvolutionChoices = z.infer<typeof ConvolutionChoices>

const PoolChoices = z.strictObject({
  modes: z.array(z.enum(['max', 'avg'])).default(['max', 'avg']),
  /** Window edges in pixels; the stride equals the window. */
  kernels: sizes(31).default([2]),
})
export type PoolChoices = z.infer<typeof PoolChoices>

/**
 * Settings of the chain space. A kind of layer set to null is not offered. The defaults are
 * archloom's own, sized for small images.
 */
export const ChainSettings = z.strictObject({
  minDepth: z.int().min(1).max(depthMax).default(1),
  maxDepth: z.int().min(1).max(depthMax).default(6),
  /** What `sample` is uniform over: whole architectures, or depths first and layers second. */
  sampling: z.enum(['architectures', 'depths']).default('architectures'),
  conv: ConvolutionChoices.nullable().prefault({}),
  separable: ConvolutionChoices.nullable().default(null),
  pool: PoolChoices.nullable().prefault({}),
  /** A learning rate beside each network; null for the recipe's. */
  learningRate: LearningRateGene.nullable().default(null),
})
export type ChainSettings = z.infer<typeof ChainSettings>

/**
 * Refuses settings that leave nothing to choose or contradict each other.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function checkChainSettings(settings: ChainSettings): void {
  const { minDepth, maxDepth, conv, separable, pool } = settings
  if (maxDepth < minDepth) {
    throw new ArchloomError(
      'space/empty',
      `The chain space holds nothing: maxDepth ${maxDepth} is below minDepth ${minDepth}`,
      { details: { place: 'maxDepth', minDepth, maxDepth } },
    )
  }
  const kinds = Object.entries({ conv, separable, pool })
  if (kinds.every(([, choices]) => choices === null)) {
    throw new ArchloomError(
      'space/empty',
      'The chain space holds nothing: give at least one of conv, separable, pool',
      { details: { place: 'conv, separable, pool' } },
    )
  }
  for (const [kind, choices] of kinds) {
    for (const [name, list] of Object.entries(choices ?? {})) checkList(`${kind}.${name}`, list)
  }
}

function checkList(place: string, list: readonly unknown[]): void {
  if (list.length === 0) {
    throw new ArchloomError(
      'space/empty',
      `The chain space holds nothing of its kind: ${place} is an empty list; give at least one choice or set the kind to null`,
      { details: { place } },
    )
  }
  const twice = list.find((item, index) => list.indexOf(item) !== index)
  if (twice !== undefined) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The chain space's ${place} lists ${JSON.stringify(twice)} twice; give each choice once`,
      { details: { place, found: twice } },
    )
  }
}
