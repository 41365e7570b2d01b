import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { activationFunctions } from '#src/graph/graph.ts'
import { shapeNames } from './shape.ts'

export const backboneNames = ['shaped-mlp', 'plain-mlp', 'shaped-resnet'] as const
export type BackboneName = (typeof backboneNames)[number]
export const trainingNames = ['batch-size', 'optimizer', 'schedule', 'label-smoothing'] as const
export const optimizerNames = ['sgd', 'adamw'] as const
export const scheduleNames = ['constant', 'cosine', 'step', 'one-cycle'] as const

/** Groups of a perceptron are its layers; the source's largest number. */
const groupsMax = 15
const unitsMax = 65_536

/**
 * Settings of the joint space. The ranges are Auto-PyTorch's, as far as the recipe can carry them.
 * A list with one entry leaves no choice: its parameter is a constant.
 */
export const JointSettings = z.strictObject({
  /** Architectures offered. */
  backbones: z.array(z.enum(backboneNames)).default([...backboneNames]),
  /** How the widths of the shaped backbones may run from input to output. */
  shapes: z.array(z.enum(shapeNames)).default([...shapeNames]),
  activations: z.array(z.enum(activationFunctions)).default(['relu', 'tanh', 'sigmoid']),
  /** Whether layers have batch norm. */
  batchNorm: z.array(z.boolean()).default([true, false]),
  /** Whether layers may have dropout. */
  dropout: z.array(z.boolean()).default([false, true]),
  /** Layers of a perceptron, or groups of residual blocks. */
  maxGroups: z.int().min(1).max(groupsMax).default(15),
  /** Residual blocks in each group. */
  maxBlocksPerGroup: z.int().min(1).max(16).default(4),
  /** Width of a layer. */
  minUnits: z.int().min(1).max(unitsMax).default(10),
  maxUnits: z.int().min(1).max(unitsMax).default(1024),
  /** Training settings that are searched; the others stay as the evaluator's recipe has them. */
  training: z.array(z.enum(trainingNames)).default([...trainingNames]),
  optimizers: z.array(z.enum(optimizerNames)).default([...optimizerNames]),
  schedules: z.array(z.enum(scheduleNames)).default([...scheduleNames]),
  /**
   * Values of a number that sampling, mutation and neighbours use, evenly over its scale; methods
   * that work on the parameters themselves use all of them.
   */
  gridSize: z.int().min(2).max(1000).default(16),
})
export type JointSettings = z.infer<typeof JointSettings>

/**
 * Refuses settings that leave nothing to choose from, or contradict each other.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function checkJointSettings(settings: JointSettings): void {
  const { training, minUnits, maxUnits, ...others } = settings
  for (const [place, list] of Object.entries({ ...others, training })) {
    if (Array.isArray(list)) checkList(place, list)
  }
  if (minUnits > maxUnits) {
    throw new ArchloomError(
      'space/empty',
      `The joint space holds nothing: maxUnits ${maxUnits} is below minUnits ${minUnits}`,
      { details: { space: 'joint', place: 'maxUnits', minUnits, maxUnits } },
    )
  }
}

function checkList(place: string, list: readonly unknown[]): void {
  if (list.length === 0 && place !== 'training') {
    throw new ArchloomError(
      'space/empty',
      `The joint space holds nothing: ${place} is an empty list; give at least one choice`,
      { details: { space: 'joint', place } },
    )
  }
  const twice = list.find((item, index) => list.indexOf(item) !== index)
  if (twice !== undefined) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The joint space's ${place} lists ${JSON.stringify(twice)} twice; give each choice once`,
      { details: { space: 'joint', place, found: twice } },
    )
  }
}
