import { type CholeskyFactor, cholesky, extendCholesky } from '#src/numeric/cholesky.ts'
import type { ArcBase, ArcDimension } from '#src/predictor/arc-kernel.ts'
import {
  type ArcHyperparameters,
  type ArcPoints,
  addArcPoint,
  arcCross,
  arcPoints,
  removeArcPoint,
} from '#src/predictor/arc-points.ts'
import { type ArcSetting, hyperparametersOf } from '#src/predictor/arc-posterior.ts'
import { expectedImprovement } from '#src/predictor/expected-improvement.ts'
import { conditioned, type GaussianProcess } from '#src/predictor/gaussian-process.ts'

/** All that was told, and for each setting of the hyperparameters a factor that grows with it. */
export interface ArcData {
  readonly points: ArcPoints
  readonly vectors: Float64Array[]
  /** By the setting's text. */
  readonly factors: Map<string, CholeskyFactor>
}

export function arcData(dimensions: readonly ArcDimension[], base: ArcBase): ArcData {
  return { points: arcPoints(dimensions, base), vectors: [], factors: new Map() }
}

export function addArcVector({ points, vectors }: ArcData, vector: Float64Array): void {
  addArcPoint(points, vector)
  vectors.push(vector)
}

/** The expected improvement of each of some vectors, averaged over settings. */
export type ArcWorth = (vectors: readonly Float64Array[]) => Float64Array

export interface ArcConditions {
  readonly settings: readonly ArcSetting[]
  /** Standardised costs of all that was told. */
  readonly targets: Float64Array
  /** Under way: counts as if told, each with the cost that is expected of it. */
  readonly pending: readonly Float64Array[]
}

/** Makes a model of what was told and what is under way, for as long as it is used. */
export function useArcModel<T>(
  data: ArcData,
  conditions: ArcConditions,
  use: (worthOf: ArcWorth) => T,
): T {
  const { settings, pending } = conditions
  const texts = settings.map((setting) => JSON.stringify(setting))
  for (const text of data.factors.keys()) if (!texts.includes(text)) data.factors.delete(text)
  for (const vector of pending) addArcPoint(data.points, vector)
  try {
    const members = settings.map((setting, index) =>
      memberOf(data, hyperparametersOf(setting), texts[index] as string, conditions),
    )
    return use((vectors) => meanImprovement(members, vectors))
  } finally {
    for (const _ of pending) removeArcPoint(data.points)
  }
}

interface Member {
  readonly process: GaussianProcess
  /** The least cost that was told or is expected of what is under way. */
  readonly incumbent: number
  readonly variance: number
  readonly cross: (vector: Float64Array, count: number) => Float64Array
}

function memberOf(
  data: ArcData,
  hyperparameters: ArcHyperparameters,
  text: string,
  { targets, pending }: ArcConditions,
): Member {
  const { variance, noiseVariance } = hyperparameters
  const cross = arcCross(data.points, hyperparameters)
  const rowsFrom = (first: number, vectors: readonly Float64Array[]) =>
    vectors.map((vector, offset) => {
      const row = new Float64Array(first + offset + 1)
      row.set(cross(vector, first + offset))
      row[first + offset] = variance + noiseVariance
      return row
    })
  const known = data.factors.get(text) ?? cholesky(new Float64Array(0), 0)
  const factor = extended(known, (size) => rowsFrom(size, data.vectors.slice(size)))
  data.factors.set(text, factor)
  const told = conditioned(factor, targets)
  if (pending.length === 0) {
    return { process: told, incumbent: leastOf(targets), variance, cross }
  }
  const n = targets.length
  const believed = pending.map((vector) => told.predict(cross(vector, n), variance).mean)
  const all = [...data.vectors, ...pending]
  const grown = extended(factor, (size) => rowsFrom(size, all.slice(size)))
  const costs = Float64Array.of(...targets, ...believed)
  return { process: conditioned(grown, costs), incumbent: leastOf(costs), variance, cross }
}

/** A factor with the rows that it lacks; from scratch where its jitter does not do for them. */
function extended(
  factor: CholeskyFactor,
  rowsFrom: (size: number) => readonly Float64Array[],
): CholeskyFactor {
  const grown = extendCholesky(factor, rowsFrom(factor.size))
  if (grown !== null) return grown
  const rows = rowsFrom(0)
  const matrix = new Float64Array(rows.length ** 2)
  for (const [index, row] of rows.entries()) matrix.set(row, index * rows.length)
  return cholesky(matrix, rows.length)
}

function leastOf(costs: Float64Array): number {
  return costs.reduce((least, cost) => Math.min(least, cost))
}

function meanImprovement(
  members: readonly Member[],
  vectors: readonly Float64Array[],
): Float64Array {
  const gains = new Float64Array(vectors.length)
  for (const { process, incumbent, variance, cross } of members) {
    const n = process.size
    const crosses = new Float64Array(vectors.length * n)
    for (const [index, vector] of vectors.entries()) crosses.set(cross(vector, n), index * n)
    const selves = new Float64Array(vectors.length).fill(variance)
    for (const [index, belief] of process.predictAll(crosses, selves).entries()) {
      const gain = expectedImprovement(incumbent, belief.mean, belief.variance)
      gains[index] = (gains[index] as number) + gain / members.length
    }
  }
  return gains
}
