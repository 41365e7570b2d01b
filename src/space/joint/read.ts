/** Configurations of the joint space, read as the network and the training that they stand for. */
import type { Json } from '#src/encoding/json.ts'
import { invariant } from '#src/errors.ts'
import { activationFunctions } from '#src/graph/graph.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import type { Backbone } from './plan.ts'
import { shapeNames } from './shape.ts'

/** @param configuration - one without problems */
export function readBackbone(configuration: Configuration): Backbone {
  const style = {
    activation: readName(configuration, 'activation', activationFunctions),
    batchNorm: configuration.batchNorm === true,
  }
  const groups = readNumber(configuration, 'groups')
  if (configuration.backbone === 'plain-mlp') {
    const layers = Array.from({ length: groups }, (_, index) => ({
      units: readNumber(configuration, `units${index + 1}`),
      dropoutRate: readNumber(configuration, `dropout${index + 1}`, 0),
    }))
    return { ...style, kind: 'plain-mlp', layers }
  }
  const outputUnits = readNumber(configuration, 'outputUnits')
  const shaped = {
    ...style,
    groups,
    // Absent where every shape has the same widths; so is the largest width where there is one.
    shape: readName(configuration, 'shape', shapeNames, 'brick'),
    maxUnits: readNumber(configuration, 'maxUnits', outputUnits),
    outputUnits,
    maxDropout: readNumber(configuration, 'maxDropout', 0),
  }
  if (configuration.backbone === 'shaped-mlp') return { ...shaped, kind: 'shaped-mlp' }
  const blocksPerGroup = readNumber(configuration, 'blocksPerGroup')
  return { ...shaped, kind: 'shaped-resnet', blocksPerGroup }
}

/** The part of a recipe that a configuration decides; empty where no training is searched. */
export function readTraining(configuration: Configuration): Readonly<Record<string, Json>> {
  const { batchSize, labelSmoothing } = configuration
  const optimizer = readOptimizer(configuration)
  const schedule = readSchedule(configuration)
  return {
    ...(batchSize !== undefined && { batchSize }),
    ...(optimizer && { optimizer }),
    ...(schedule && { schedule }),
    ...(labelSmoothing !== undefined && { labelSmoothing }),
  }
}

function readOptimizer(configuration: Configuration): Json | null {
  const kind = configuration.optimizer
  if (kind === undefined) return null
  const names =
    kind === 'sgd'
      ? ['learningRate', 'momentum', 'weightDecay']
      : ['learningRate', 'beta1', 'beta2', 'weightDecay']
  const values = names.map((name) => [name, readNumber(configuration, `${kind}.${name}`)] as const)
  // Plain momentum, as the source has it; Nesterov's needs one above 0.
  return { kind, ...Object.fromEntries(values), ...(kind === 'sgd' && { nesterov: false }) }
}

function readSchedule(configuration: Configuration): Json | null {
  const kind = configuration.schedule
  switch (kind) {
    case undefined:
      return null
    case 'step': {
      const drops = readNumber(configuration, 'step.drops')
      const milestones = Array.from({ length: drops }, (_, index) => (index + 1) / (drops + 1))
      return { kind, milestones, factor: readNumber(configuration, 'step.factor') }
    }
    case 'one-cycle':
      return { kind, riseShare: readNumber(configuration, 'oneCycle.riseShare') }
    default:
      return { kind }
  }
}

function readNumber(configuration: Configuration, name: string, absent?: number): number {
  const value = configuration[name] ?? absent
  invariant(typeof value === 'number', `The joint configuration has no number ${name}`)
  return value
}

function readName<T extends string>(
  configuration: Configuration,
  name: string,
  known: readonly T[],
  absent?: T,
): T {
  const value = known.find((candidate) => candidate === configuration[name]) ?? absent
  invariant(value !== undefined, `The joint configuration has no ${name}`)
  return value
}
