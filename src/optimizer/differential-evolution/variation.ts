/** How differential evolution makes a vector of three others; vectors are in [0, 1]^d. */
import type { Random } from '#src/random/random.ts'

export type UnitVector = readonly number[]

export interface VariationRules {
  /** F: how much of a difference is added. */
  readonly scale: number
  /** Cr: the probability that an entry comes from the mutant. */
  readonly crossoverRate: number
  /** What becomes of an entry outside [0, 1] that crossover takes: a fresh uniform one, or the nearest end. */
  readonly boundary: 'redraw' | 'clip'
}

export function uniformVector(size: number, random: Random): UnitVector {
  return Array.from({ length: size }, () => random.uniform())
}

/** DE/rand/1: `a + F (b - c)`; entries can lie outside [0, 1]. */
export function mutant(
  [a, b, c]: readonly [UnitVector, UnitVector, UnitVector],
  scale: number,
): UnitVector {
  return a.map((entry, index) => entry + scale * ((b[index] ?? 0) - (c[index] ?? 0)))
}

/**
 * Binomial crossover: each entry from the donor with probability Cr, else from the target; one
 * uniform entry from the donor if none was taken.
 *
 * @remarks Taken are `d Cr + (1 - Cr)^d` entries on average. Textbooks force one entry always.
 * @see automl/DE-NAS `denas/optimizers/de.py`, `crossover_bin` and `boundary_check`.
 */
export function crossBinomially(
  target: UnitVector,
  donor: UnitVector,
  { crossoverRate, boundary }: VariationRules,
  random: Random,
): UnitVector {
  const taken = target.map(() => random.bernoulli(crossoverRate))
  if (!taken.includes(true)) taken[random.int(target.length)] = true
  return target.map((own, index) => {
    if (!taken[index]) return own
    const entry = donor[index] ?? own
    if (entry >= 0 && entry <= 1) return entry
    return boundary === 'redraw' ? random.uniform() : Math.min(Math.max(entry, 0), 1)
  })
}

/** The trial vector for one target: DE/rand/1/bin. Needs a population of three or more. */
export function trialVector(
  population: readonly UnitVector[],
  targetIndex: number,
  rules: VariationRules,
  random: Random,
): UnitVector {
  const [a, b, c] = random.distinct(3, population.length).map((index) => population[index] ?? [])
  const donor = mutant([a ?? [], b ?? [], c ?? []], rules.scale)
  return crossBinomially(population[targetIndex] ?? donor, donor, rules, random)
}
