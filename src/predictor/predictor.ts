/**
 * The interface of a predictor: a model fitted to measured vectors that says what others are worth,
 * and how sure it is. An optimizer makes the predictor that defines it, so that none is chosen by name.
 */
/** Measured points: one row a point, all of one length, and one target each. */
export interface TrainingSet {
  readonly inputs: readonly Float64Array[]
  readonly targets: Float64Array
}

/** What is believed of one point: a normal distribution's moments, in the targets' unit. */
export interface Prediction {
  readonly mean: number
  /** At least 0. */
  readonly variance: number
}

/** A model after fitting: immutable, and a pure function of what it was fitted to. */
export interface FittedPredictor {
  predict(input: Float64Array): Prediction
}
