import { invariant } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import type { FittedPredictor, TrainingSet } from './predictor.ts'
import { growTree, leafOf, type Tree, type TreeSettings } from './regression-tree.ts'

export interface ForestSettings extends TreeSettings {
  readonly treeCount: number
  /** Whether each tree grows on as many rows, drawn with replacement, or on all of them. */
  readonly bootstrap: boolean
}

export interface Forest extends FittedPredictor {
  /**
   * Predictions of many points at once.
   *
   * @param rows - the points one after the other, `count` times as many numbers as there are features
   */
  predictRows(rows: Float64Array, count: number): RowPredictions
}

export interface RowPredictions {
  readonly means: Float64Array
  readonly variances: Float64Array
}

/** So that no point counts as known for certain. */
const leastVariance = 1e-10

/**
 * A random forest that knows how unsure it is: the mean of its trees, and their variance.
 *
 * @remarks
 * The variance is that of the population of trees, at least 1e-10; what the leaves scatter by is not
 * added, as in SMAC3. Each tree has a stream of its own, so the same points and the same stream give
 * the same forest. O(trees · features · n log n) to fit.
 *
 * @see Hutter et al. 2011, "Sequential Model-Based Optimization for General Algorithm
 *   Configuration", section 4.1; SMAC3 `smac/model/random_forest`.
 */
export function fitForest(points: TrainingSet, random: Random, settings: ForestSettings): Forest {
  const { inputs, targets } = points
  const size = inputs[0]?.length ?? 0
  invariant(inputs.length > 0, 'A forest needs at least one point')
  invariant(
    inputs.length === targets.length && inputs.every(({ length }) => length === size),
    `A forest needs a target for each of its ${inputs.length} points, and points of one length`,
  )
  const columns = Array.from({ length: size }, (_, feature) =>
    Float64Array.from(inputs, (input) => input[feature] as number),
  )
  const trees = Array.from({ length: settings.treeCount }, (_, index) => {
    const stream = random.split('tree', index)
    const rows = Int32Array.from(inputs, (_input, row) =>
      settings.bootstrap ? stream.int(inputs.length) : row,
    )
    return growTree({ columns, targets }, rows, settings, stream)
  })
  const predictRows = (rows: Float64Array, count: number) => predictAll(trees, rows, count, size)
  return {
    predictRows,
    predict(input) {
      const { means, variances } = predictRows(input, 1)
      return { mean: means[0] as number, variance: variances[0] as number }
    },
  }
}

function predictAll(
  trees: readonly Tree[],
  rows: Float64Array,
  count: number,
  size: number,
): RowPredictions {
  const means = new Float64Array(count)
  const variances = new Float64Array(count)
  const values = new Float64Array(trees.length)
  for (let row = 0; row < count; row++) {
    let sum = 0
    for (let t = 0; t < trees.length; t++) {
      const value = leafOf(trees[t] as Tree, rows, row * size)
      values[t] = value
      sum += value
    }
    // Of equal values the mean is the value, without rounding.
    const first = values[0] as number
    const mean = values.every((value) => value === first) ? first : sum / trees.length
    let squares = 0
    for (let t = 0; t < trees.length; t++) squares += ((values[t] as number) - mean) ** 2
    means[row] = mean
    variances[row] = Math.max(squares / trees.length, leastVariance)
  }
  return { means, variances }
}
