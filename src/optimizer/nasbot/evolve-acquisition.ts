import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { ToldTrial } from '../acquisition-search.ts'
import type { NasbotSettings } from './settings.ts'

export interface Evolved {
  readonly architecture: unknown
  readonly text: string
  readonly worth: number
  /** The told trial that it descends from. */
  readonly parent: number
}

export interface Evolution {
  /** All that was told, with what each is worth now. */
  readonly told: readonly ToldTrial[]
  readonly worths: ArrayLike<number>
  readonly worthOf: (architectures: readonly unknown[]) => ArrayLike<number>
  /** Networks to look at. */
  readonly evaluations: number
  readonly random: Random
}

/** Probabilities of 1 to 5 steps of a mutation, up to their sum. */
const stepShares = [0.5, 0.25, 0.125, 0.075, 0.05] as const

/**
 * Maximises an acquisition by evolution: parents are drawn by what they are worth, among what was told
 * and all mutants so far.
 *
 * @returns the mutants, each text once, best first
 * @see Kandasamy et al. 2018, section 4 and appendix D; its code `opt/ga_optimiser.py`.
 */
export function evolveAcquisition(
  space: SearchSpace,
  { epochMutants }: Pick<NasbotSettings, 'epochMutants'>,
  { told, worths, worthOf, evaluations, random }: Evolution,
): readonly Evolved[] {
  const pool: Evolved[] = told.map(({ trial, architecture }, index) => ({
    architecture: space.parse(architecture),
    text: architecture,
    worth: worths[index] as number,
    parent: trial,
  }))
  const texts = new Set(pool.map(({ text }) => text))
  const found: Evolved[] = []
  for (let drawn = 0; drawn < evaluations; drawn += epochMutants) {
    const count = Math.min(epochMutants, evaluations - drawn)
    const mutants = drawParents(pool, count, random).map((parent) =>
      mutantOf(space, parent, random),
    )
    const fresh = mutants.filter(({ text }) => !texts.has(text) && texts.add(text))
    const values = worthOf(fresh.map(({ architecture }) => architecture))
    const valued = fresh.map((mutant, index) => ({ ...mutant, worth: values[index] as number }))
    pool.push(...valued)
    found.push(...valued)
  }
  return found.sort((one, other) => other.worth - one.worth)
}

/** With replacement, in proportion to `exp((worth - mean) / (2 deviation))`. */
export function drawParents<T extends Pick<Evolved, 'worth'>>(
  pool: readonly T[],
  count: number,
  random: Random,
): readonly T[] {
  const mean = pool.reduce((sum, { worth }) => sum + worth, 0) / pool.length
  const variance = pool.reduce((sum, { worth }) => sum + (worth - mean) ** 2, 0) / pool.length
  const deviation = Math.sqrt(variance)
  let total = 0
  const sums = pool.map(({ worth }) => {
    total += deviation > 0 ? Math.exp((worth - mean) / (2 * deviation)) : 1
    return total
  })
  return Array.from({ length: count }, () => {
    const point = random.uniform() * total
    return pool[
      Math.max(
        0,
        sums.findIndex((sum) => sum > point),
      )
    ] as T
  })
}

function mutantOf(
  space: SearchSpace,
  { architecture, parent }: Evolved,
  random: Random,
): Omit<Evolved, 'worth'> {
  let mutant = architecture
  for (let step = stepCount(random); step > 0; step--) mutant = space.mutate(mutant, random)
  return { architecture: mutant, text: space.format(mutant), parent }
}

function stepCount(random: Random): number {
  let rest = random.uniform() * stepShares.reduce((sum, share) => sum + share, 0)
  const index = stepShares.findIndex((share) => {
    rest -= share
    return rest < 0
  })
  return index < 0 ? stepShares.length : index + 1
}
