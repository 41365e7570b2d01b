import { expectedImprovement, logExpectedImprovement } from '#src/predictor/expected-improvement.ts'
import { type ForestSettings, fitForest } from '#src/predictor/random-forest.ts'
import type { Random } from '#src/random/random.ts'
import type { FeatureSpace } from './feature-space.ts'
import { scaledLogCosts } from './log-costs.ts'

/** What a model is made of: configurations and what they cost; at least one. */
export interface Evaluated {
  readonly vectors: readonly Float64Array[]
  readonly costs: Float64Array
}

export interface ChallengerSettings {
  readonly forest: ForestSettings
  readonly challengers: number
  readonly localSearches: number
}

/** A vector and the improvement that is expected of it. */
interface Scored {
  readonly vector: Float64Array
  readonly gain: number
}

/**
 * Configurations from the most to the least promising: the ends of local searches and random ones,
 * by the improvement that a forest expects of them, equal ones in random order.
 *
 * @remarks What was evaluated can be among them; whoever takes one leaves those out.
 * @see Hutter et al. 2011, "Sequential Model-Based Optimization for General Algorithm
 *   Configuration", section 4.3; SMAC3 2 `smac/acquisition/maximizer`.
 */
export function rankChallengers(
  space: FeatureSpace,
  evaluated: Evaluated,
  settings: ChallengerSettings,
  random: Random,
): Float64Array[] {
  const { forest: forestSettings, challengers, localSearches } = settings
  const targets = forestSettings.logTargets ? scaledLogCosts(evaluated.costs) : evaluated.costs
  const inputs = evaluated.vectors
  const forest = fitForest({ inputs, targets }, random.split('forest'), forestSettings)
  const predicted = forest.predictRows(flatten(inputs, space.features.length), inputs.length).means
  const incumbent = predicted.reduce((least, mean) => Math.min(least, mean))
  const improvement = forestSettings.logTargets ? logExpectedImprovement : expectedImprovement
  const size = space.features.length
  const gainsOfRows = (rows: Float64Array, count: number) => {
    const { means, variances } = forest.predictRows(rows, count)
    return means.map((mean, i) => improvement(incumbent, mean, variances[i] as number))
  }
  const gainsOf = (vectors: readonly Float64Array[]) =>
    gainsOfRows(flatten(vectors, size), vectors.length)

  const rows = drawRows(space, challengers, random)
  const shortlist = bestRows(rows, gainsOfRows(rows, challengers), random)
  const starts = distinct([
    ...leastOf(predicted, localSearches, random).map((row) => inputs[row] as Float64Array),
    ...shortlist.slice(0, localSearches).map(({ vector }) => vector),
  ])
  const found = scored(starts, gainsOf).map((start) => climb(space, start, gainsOf, random))
  return sortByGain([...found, ...shortlist], random).map(({ vector }) => vector)
}

/** Random ones that are kept, ties with the last of them included. */
const shortlistSize = 500

function drawRows(space: FeatureSpace, count: number, random: Random): Float64Array {
  const size = space.features.length
  const rows = new Float64Array(count * size)
  const vector = new Float64Array(size)
  for (let row = 0; row < count; row++) {
    space.drawInto(vector, random)
    rows.set(vector, row * size)
  }
  return rows
}

/** The best of many rows, best first. */
function bestRows(rows: Float64Array, gains: Float64Array, random: Random): Scored[] {
  const size = rows.length / gains.length
  const least = gains.slice().sort()[Math.max(gains.length - shortlistSize, 0)] as number
  const kept: Scored[] = []
  for (let row = 0; row < gains.length; row++) {
    const gain = gains[row] as number
    if (gain >= least) kept.push({ vector: rows.subarray(row * size, (row + 1) * size), gain })
  }
  return sortByGain(kept, random)
}

type Gains = (vectors: readonly Float64Array[]) => Float64Array

function scored(vectors: readonly Float64Array[], gainsOf: Gains): Scored[] {
  const gains = gainsOf(vectors)
  return vectors.map((vector, i) => ({ vector, gain: gains[i] as number }))
}

function flatten(vectors: readonly Float64Array[], size: number): Float64Array {
  const rows = new Float64Array(vectors.length * size)
  for (const [row, vector] of vectors.entries()) rows.set(vector, row * size)
  return rows
}

/** Equal gains keep an order that was shuffled before: sorting is stable. */
function sortByGain(scoredOnes: readonly Scored[], random: Random): Scored[] {
  return random.shuffle(scoredOnes).sort((a, b) => b.gain - a.gain)
}

/** Positions of the smallest values, smallest first, equal ones in random order. */
function leastOf(values: Float64Array, count: number, random: Random): number[] {
  const positions = random.shuffle([...values.keys()])
  return positions.sort((a, b) => (values[a] as number) - (values[b] as number)).slice(0, count)
}

function distinct(vectors: readonly Float64Array[]): Float64Array[] {
  return [...new Map(vectors.map((vector) => [vector.join(), vector])).values()]
}

/** Steps on a plateau, and the widths of numeric steps: the defaults of SMAC3's LocalSearch. */
const plateauSteps = 10
const stepsMax = 1000
const firstDeviation = 0.05
const leastDeviation = 0.005
const stepsToRescale = 3

/** Moves to the first better neighbour, over plateaus for a while, until there is none. */
function climb(space: FeatureSpace, start: Scored, gainsOf: Gains, random: Random): Scored {
  let here = start
  let deviation = firstDeviation
  let [improvements, plateaus] = [0, 0]
  for (let step = 0; step < stepsMax; step++) {
    const neighbours = scored(space.neighbours(here.vector, random, deviation), gainsOf)
    const better = neighbours.find(({ gain }) => gain > here.gain)
    const equal = neighbours.find(({ gain }) => gain === here.gain)
    if (better) {
      here = better
      improvements++
      if (improvements % stepsToRescale === 0) {
        deviation = Math.min(2 * deviation, firstDeviation * 2 ** stepsToRescale)
      }
    } else if (equal && plateaus < plateauSteps) {
      here = equal
      improvements = 0
      plateaus++
      if (plateaus % stepsToRescale === 0) deviation = Math.max(deviation / 2, leastDeviation)
    } else return here
  }
  return here
}
