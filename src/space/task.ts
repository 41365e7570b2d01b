import { ArchloomError } from '#src/errors.ts'
import type { Task } from './space.ts'

/** A task's image sizes, in pixels. */
export interface ImageTask {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly classCount: number
}

/**
 * The sizes of a task whose samples are images.
 * @throws space/invalid-settings when they are not `[channels, height, width]`
 */
export function imageTask(space: string, task: Task): ImageTask {
  const [channels, height, width, ...rest] = task.inputShape
  if (
    channels === undefined ||
    height === undefined ||
    width === undefined ||
    rest.length > 0 ||
    task.kind !== 'images'
  ) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${space} needs images, an input shape [channels, height, width], but the task has ${task.kind} of shape [${task.inputShape.join(', ')}]`,
      { details: { space, place: 'inputShape', found: task.inputShape } },
    )
  }
  return { channels, height, width, classCount: task.classCount }
}

/** A task's vector of features. */
export interface FeatureTask {
  readonly features: number
  readonly classCount: number
}

/**
 * The sizes of a task whose samples are vectors.
 * @throws space/invalid-settings when they are not `[features]`
 */
export function featureTask(space: string, task: Task): FeatureTask {
  const [features, ...rest] = task.inputShape
  if (features === undefined || rest.length > 0 || task.kind !== 'features') {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${space} needs tabular data, an input shape [features], but the task has ${task.kind} of shape [${task.inputShape.join(', ')}]`,
      { details: { space, place: 'inputShape', found: task.inputShape } },
    )
  }
  return { features, classCount: task.classCount }
}

/** A task's text. */
export interface TokenTask {
  /** Tokens of a sample. */
  readonly length: number
  readonly vocabulary: number
}

/**
 * The sizes of a task whose samples are tokens.
 * @throws space/invalid-settings when they are not `[length]`
 */
export function tokenTask(space: string, task: Task): TokenTask {
  const [length, ...rest] = task.inputShape
  if (length === undefined || rest.length > 0 || task.kind !== 'tokens') {
    throw new ArchloomError(
      'space/invalid-settings',
      `The space ${space} needs text, an input shape [length], but the task has ${task.kind} of shape [${task.inputShape.join(', ')}]`,
      { details: { space, place: 'inputShape', found: task.inputShape } },
    )
  }
  return { length, vocabulary: task.classCount }
}
