import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import type { Random } from '#src/random/random.ts'
import type { SyntheticFunction } from './synthetic-function.ts'

/**
 * Counting ones: minus the sum of all parameters, which are zeros and ones, or floats from 0 to 1. An
 * evaluation sees each float through as many coin flips of that probability as it has epochs.
 *
 * @remarks
 * The names of the parameters do not matter, and there may be as many as one likes; the source has equal
 * numbers of both kinds, `cat_0` … and `float_0` …, and budgets from 9 to 729 flips.
 *
 * @see Falkner, Klein and Hutter 2018, "BOHB: Robust and Efficient Hyperparameter Optimization at
 *   Scale", section 5.1; HPOlib2 `benchmarks/synthetic_functions/counting_ones.py`.
 */
export const countingOnes: SyntheticFunction = {
  name: 'counting-ones',
  summary: 'Zeros and ones, and probabilities that are seen through coin flips: their sum',
  source: 'Falkner, Klein and Hutter 2018, "BOHB", section 5.1',
  fullEpochs: 729,
  misfit({ parameters, conditions, forbidden }) {
    const isFree = conditions.length === 0 && forbidden.length === 0
    if (isFree && parameters.every(isCounted)) return null
    return 'needs parameters that are 0 or 1, or floats from 0 to 1, without conditions'
  },
  range: ({ parameters }) => ({ least: -parameters.length, greatest: 0 }),
  value: (configuration) => -sum(configuration, (probability) => probability),
  observe: (configuration, { epochs }, random) =>
    -sum(configuration, (probability) => flips(probability, epochs, random)),
  cost: (share) => share,
}

/** In the order of the names, so that draws do not depend on who wrote the configuration. */
function sum(configuration: Configuration, see: (probability: number) => number): number {
  return Object.keys(configuration)
    .sort()
    .reduce((total, name) => total + see(Number(configuration[name])), 0)
}

/** Share of heads among so many flips; zero and one need none. */
function flips(probability: number, count: number, random: Random): number {
  if (probability === 0 || probability === 1) return probability
  let heads = 0
  for (let flip = 0; flip < count; flip++) heads += random.bernoulli(probability) ? 1 : 0
  return heads / count
}

function isCounted(parameter: Parameter): boolean {
  switch (parameter.kind) {
    case 'float':
    case 'integer':
      return parameter.lower === 0 && parameter.upper === 1
    case 'categorical':
      return areBits(parameter.choices)
    case 'ordinal':
      return areBits(parameter.sequence)
    case 'constant':
      return false
  }
}

function areBits(values: readonly unknown[]): boolean {
  return values.length === 2 && values.includes(0) && values.includes(1)
}
