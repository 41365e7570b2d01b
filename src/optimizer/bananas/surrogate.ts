import { type Loss, meanAbsoluteError, meanAbsolutePercentageError } from '#src/numeric/loss.ts'
import {
  bananasAdam,
  diverseMembers,
  mlpEnsemble,
  standardMembers,
} from '#src/predictor/mlp-ensemble.ts'
import type { TrainingSet } from '#src/predictor/predictor.ts'
import type { Random } from '#src/random/random.ts'
import type { Belief } from './acquisition.ts'
import type { BananasSettings } from './settings.ts'

/** How far the lower bound of the loss stays below every error, in percent. */
const boundGap = 0.5

/** Fits the ensemble to errors in percent; hands back what it believes of some inputs, in their order. */
export type Surrogate = (
  points: TrainingSet,
  inputs: readonly Float64Array[],
  random: Random,
) => readonly Belief[]

export function surrogate(settings: BananasSettings): Surrogate {
  const { ensemble, epochs, batchSize, learningRate } = settings
  // The loss hangs on the errors, through the lower bound; the nets do not.
  let loss: Loss = meanAbsoluteError
  const train = mlpEnsemble({
    members: ensemble === 'standard' ? standardMembers : diverseMembers,
    epochs,
    batchSize,
    loss: (...batch) => loss(...batch),
    adam: { ...bananasAdam, learningRate },
  })
  return (points, inputs, random) => {
    loss = lossFor(settings, points.targets)
    const fitted = train(points, random)
    return inputs.map((input) => {
      const { mean, variance } = fitted.predict(input)
      return { mean, deviation: Math.sqrt(variance), members: [...fitted.members(input)] }
    })
  }
}

/** A bound that an error reaches moves to half a percent below the lowest error. */
function lossFor({ loss, lowerBound }: BananasSettings, errors: Float64Array): Loss {
  if (loss === 'mae') return meanAbsoluteError
  const lowest = errors.reduce((least, error) => Math.min(least, error), Number.POSITIVE_INFINITY)
  return meanAbsolutePercentageError(lowest > lowerBound ? lowerBound : lowest - boundGap)
}
