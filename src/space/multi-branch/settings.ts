import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { LearningRateGene } from '../learning-rate.ts'
import { readOperation } from './operation.ts'

const layersMax = 32

const operation = z.string().refine((text) => readOperation(text) !== null, {
  message:
    'must be such as conv3-16 (kernel 3, 16 channels), conv1x7s2-16 (kernel 1 high and 7 wide, stride 2), sep5-32, max3 or avg3s2, kernels odd',
})

/**
 * Settings of the multi-branch space. The defaults are archloom's own, sized for small images; the
 * page of the space has those of the published spaces.
 */
export const MultiBranchSettings = z.strictObject({
  minLayers: z.int().min(1).max(layersMax).default(1),
  maxLayers: z.int().min(1).max(layersMax).default(6),
  /** What a layer can be: `conv`, `sep` (depthwise separable), `max` or `avg`, as texts. */
  operations: z
    .array(operation)
    .max(256)
    .default([
      'conv3-16',
      'conv5-16',
      'conv3s2-32',
      'sep3-16',
      'sep5-16',
      'max3',
      'max3s2',
      'avg3',
    ]),
  /**
   * Which inputs a layer may have: `any` set of earlier layers and the image but the empty one;
   * `layers`, any set of earlier layers, the image where it is empty (Zoph and Le 2017); `previous`,
   * the layer before and any set of the ones before that and the image (Pham et al. 2018).
   */
  wiring: z.enum(['any', 'layers', 'previous']).default('any'),
  /** How several inputs become one. */
  join: z.enum(['concat', 'add']).default('concat'),
  /** Channels of a 3x3 convolution that stands for the image everywhere; null for none. */
  stemChannels: z.int().min(1).max(4096).nullable().default(null),
  /** What `sample` is uniform over: whole architectures, or depths first and layers second. */
  sampling: z.enum(['architectures', 'depths']).default('architectures'),
  /** A learning rate beside each network; null for the recipe's. */
  learningRate: LearningRateGene.nullable().default(null),
})
export type MultiBranchSettings = z.infer<typeof MultiBranchSettings>

/**
 * Refuses settings that leave nothing to choose or contradict each other.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function checkMultiBranchSettings(settings: MultiBranchSettings): void {
  const { minLayers, maxLayers, operations } = settings
  if (maxLayers < minLayers) {
    throw new ArchloomError(
      'space/empty',
      `The multi-branch space holds nothing: maxLayers ${maxLayers} is below minLayers ${minLayers}`,
      { details: { space: 'multi-branch', place: 'maxLayers', minLayers, maxLayers } },
    )
  }
  if (operations.length === 0) {
    throw new ArchloomError(
      'space/empty',
      'The multi-branch space holds nothing: operations is an empty list; give at least one',
      { details: { space: 'multi-branch', place: 'operations' } },
    )
  }
  const twice = operations.find((item, index) => operations.indexOf(item) !== index)
  if (twice !== undefined) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The multi-branch space's operations list ${JSON.stringify(twice)} twice; give each once`,
      { details: { space: 'multi-branch', place: 'operations', found: twice } },
    )
  }
}
