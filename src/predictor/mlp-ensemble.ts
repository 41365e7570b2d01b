import { invariant } from '#src/errors.ts'
import type { AdamSettings } from '#src/numeric/adam.ts'
import type { Loss } from '#src/numeric/loss.ts'
import { createMlp, glorotMlp, type Mlp } from '#src/numeric/mlp.ts'
import { createMlpTrainer, type MlpTraining } from '#src/numeric/mlp-trainer.ts'
import type { Random } from '#src/random/random.ts'
import type { FittedPredictor, TrainingSet } from './predictor.ts'

export interface MlpEnsembleSettings {
  /** Units of the hidden layers of each net. */
  readonly members: readonly (readonly number[])[]
  readonly epochs: number
  readonly batchSize: number
  readonly loss: Loss
  readonly adam: MlpTraining['adam']
}

/** Ten layers of twenty units, five times: naszilla's `standard`. */
export const standardMembers: readonly (readonly number[])[] = Array.from({ length: 5 }, () =>
  units(10, 20),
)
/** Five depths and widths: naszilla's `diverse`. */
export const diverseMembers: readonly (readonly number[])[] = [
  units(10, 20),
  units(5, 5),
  units(5, 30),
  units(30, 5),
  units(30, 30),
]
/** @see White et al. 2021, "BANANAS", section 5; naszilla `meta_neural_net.py`. */
export const bananasAdam: Omit<AdamSettings, 'weightDecay' | 'isDecoupled'> = {
  learningRate: 0.01,
  firstDecay: 0.9,
  secondDecay: 0.99,
  epsilon: 1e-7,
}

export interface FittedEnsemble extends FittedPredictor {
  /** What each net says of one point, in the targets' unit; valid until the next call. */
  members(input: Float64Array): Float64Array
}

/**
 * Fits nets of one form or several to the same points, each from its own first weights and in its own
 * order of the points; what they disagree about is the uncertainty.
 *
 * @remarks
 * Targets and inputs are taken as they are, without scaling. The variance is the population's. Net i
 * draws from `random.split('net', i)`; 140 points of 40 numbers take 0.2 s with the settings of BANANAS.
 * @see Lakshminarayanan et al. 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
 *   Ensembles", section 2.4; White et al. 2021, "BANANAS", section 4.
 */
export function mlpEnsemble(
  settings: MlpEnsembleSettings,
): (points: TrainingSet, random: Random) => FittedEnsemble {
  const { members, epochs, batchSize, loss, adam } = settings
  const trainer = createMlpTrainer()
  return (points, random) => {
    const width = points.inputs[0]?.length ?? 0
    checkPoints(points, width)
    const nets = members.map((hidden, index): Mlp => {
      const stream = random.split('net', index)
      const sizes = [width, ...hidden, 1]
      const weights = glorotMlp(sizes, stream)
      trainer.train({ sizes, epochs, batchSize, loss, adam }, points, weights, stream)
      return createMlp({ sizes, activation: 'relu' }, weights, 1)
    })
    return fitted(nets)
  }
}

function fitted(nets: readonly Mlp[]): FittedEnsemble {
  const said = new Float64Array(nets.length)
  const members = (input: Float64Array) => {
    nets.forEach((net, index) => {
      said[index] = net.forward(input, 1)[0] as number
    })
    return said
  }
  return {
    members,
    predict(input) {
      const all = members(input)
      const mean = all.reduce((sum, one) => sum + one, 0) / all.length
      const variance = all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / all.length
      return { mean, variance }
    },
  }
}

function checkPoints({ inputs, targets }: TrainingSet, width: number): void {
  invariant(
    inputs.length > 0 && inputs.length === targets.length,
    `An ensemble is fitted to points with one target each, not to ${inputs.length} with ${targets.length}`,
  )
  const wrong = inputs.find((input) => input.length !== width)
  invariant(
    wrong === undefined,
    `Points have ${width} numbers as the first has, not ${wrong?.length}`,
  )
}

function units(layers: number, width: number): readonly number[] {
  return Array.from({ length: layers }, () => width)
}
