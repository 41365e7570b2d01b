import { type ArcBase, type ArcDimension, arcDistance, logCorrelation } from './arc-kernel.ts'

/** Hyperparameters of a process with the arc kernel, of targets with unit variance. */
export interface ArcHyperparameters {
  /** Of the latent function. */
  readonly variance: number
  readonly noiseVariance: number
  /** One a dimension. */
  readonly radii: readonly number[]
  /** Of all numeric dimensions. */
  readonly angle: number
}

/** Points of a space that are compared again and again: equal values are told apart once. */
export interface ArcPoints {
  readonly dimensions: readonly ArcDimension[]
  readonly base: ArcBase
  length: number
  /** Different values of each dimension, in the order of their coming. */
  readonly values: readonly number[][]
  /** Of each dimension, for each point the place of its value. */
  readonly codes: readonly number[][]
}

export function arcPoints(dimensions: readonly ArcDimension[], base: ArcBase): ArcPoints {
  return {
    dimensions,
    base,
    length: 0,
    values: dimensions.map(() => []),
    codes: dimensions.map(() => []),
  }
}

/** Takes one more point: one number a dimension. */
export function addArcPoint(points: ArcPoints, vector: Float64Array): void {
  for (const [dimension, values] of points.values.entries()) {
    const value = Math.max(vector[dimension] as number, -1)
    const known = values.indexOf(value)
    points.codes[dimension]?.push(known < 0 ? values.push(value) - 1 : known)
  }
  points.length += 1
}

/** Takes the last point off again. */
export function removeArcPoint(points: ArcPoints): void {
  for (const places of points.codes) places.pop()
  points.length -= 1
}

/** Logarithms of the correlations of a dimension's values, row-major. */
export function correlationTable(
  points: ArcPoints,
  dimension: number,
  shape: { readonly radius: number; readonly angle: number },
): Float64Array {
  const values = points.values[dimension] ?? []
  const count = values.length
  const kind = points.dimensions[dimension] as ArcDimension
  const table = new Float64Array(count * count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const distance = arcDistance(kind, values[i] as number, values[j] as number, shape)
      const entry = logCorrelation(points.base, distance)
      table[i * count + j] = entry
      table[j * count + i] = entry
    }
  }
  return table
}

/**
 * Kernels between vectors and the first points.
 *
 * @returns a function of a vector and a count that gives the kernels with the first `count` points
 */
export function arcCross(
  points: ArcPoints,
  { variance, radii, angle }: ArcHyperparameters,
): (vector: Float64Array, count: number) => Float64Array {
  const { dimensions, base, values, codes } = points
  // The rows of values that come again, such as all choices.
  const rows = dimensions.map(() => new Map<number, Float64Array>())
  const rowOf = (dimension: number, value: number): Float64Array => {
    const known = rows[dimension]?.get(value)
    const present = values[dimension] ?? []
    if (known && known.length === present.length) return known
    const kind = dimensions[dimension] as ArcDimension
    const shape = { radius: radii[dimension] as number, angle }
    const row = Float64Array.from(present, (other) =>
      logCorrelation(base, arcDistance(kind, value, other, shape)),
    )
    rows[dimension]?.set(value, row)
    return row
  }
  return (vector, count) => {
    const kernels = new Float64Array(count)
    for (let dimension = 0; dimension < dimensions.length; dimension++) {
      const row = rowOf(dimension, Math.max(vector[dimension] as number, -1))
      const places = codes[dimension] as readonly number[]
      for (let i = 0; i < count; i++) {
        kernels[i] = (kernels[i] as number) + (row[places[i] as number] as number)
      }
    }
    for (let i = 0; i < count; i++) kernels[i] = variance * Math.exp(kernels[i] as number)
    return kernels
  }
}
