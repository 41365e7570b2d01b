/**
 * Generations that are told apart by trial numbers: the first so many trials, then the next so many.
 * What a generation-synchronous method may see so follows from trial numbers, never from timing.
 */
import type { History, Observation } from '#src/trial/observation.ts'
import { perHistory } from './per-history.ts'

export interface GenerationSizes {
  /** Trials of generation 0. */
  readonly first: number
  /** Trials of each generation after it. */
  readonly later: number
}

/** The generation that a trial belongs to. */
export function generationOf(trial: number, { first, later }: GenerationSizes): number {
  return trial < first ? 0 : 1 + Math.floor((trial - first) / later)
}

interface Progress<P> {
  completeCount: number
  population: P | null
  /** Told trials of generations that are not complete, by generation. */
  readonly told: Map<number, Observation[]>
}

/**
 * The population after the last generation of which every trial is told, with all before it.
 *
 * @param next - the population after a generation, given the one before (null before the first) and the
 *   generation's trials by number; a pure function
 * @returns null while the first generation is not complete; a cache, O(new observations) a call
 */
export function populationAfter<P>(
  sizes: GenerationSizes,
  next: (population: P | null, children: readonly Observation[]) => P,
): (history: History) => P | null {
  const progress = perHistory<Progress<P>>(
    () => ({ completeCount: 0, population: null, told: new Map() }),
    (value, observation) => {
      const generation = generationOf(observation.trial, sizes)
      const children = value.told.get(generation) ?? []
      children.push(observation)
      value.told.set(generation, children)
      advance(value, sizes, next)
    },
  )
  return (history) => progress(history).population
}

function advance<P>(
  value: Progress<P>,
  { first, later }: GenerationSizes,
  next: (population: P | null, children: readonly Observation[]) => P,
): void {
  for (;;) {
    const size = value.completeCount === 0 ? first : later
    const children = value.told.get(value.completeCount)
    if (children === undefined || children.length < size) return
    // Trials can be told in another order than they were asked for.
    const ordered = children.toSorted((one, two) => one.trial - two.trial)
    value.population = next(value.population, ordered)
    value.told.delete(value.completeCount)
    value.completeCount += 1
  }
}
