import { z } from 'zod'
import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'

/** Where an acquisition is looked for. */
export const acquisitionSearchSettings = {
  /** Candidates from the space's sampler. */
  randomCandidates: z.int().min(0).max(100_000),
  /** Candidates that are mutants of the best told trials. */
  mutantCandidates: z.int().min(1).max(100_000),
  /** Told trials that are mutated: the best. */
  parents: z.int().min(1).max(1000),
  /** Steps that the search takes at most from the best candidate, by the best of its mutants. */
  climbSteps: z.int().min(0).max(1000),
}
const Settings = z.object(acquisitionSearchSettings)
export type AcquisitionSearchSettings = z.infer<typeof Settings>

export interface Candidate {
  readonly architecture: unknown
  readonly text: string
  /** The told trial that it descends from; absent for a draw. */
  readonly parent?: number
}

/** A told trial that may be mutated. */
export interface ToldTrial {
  readonly trial: number
  readonly architecture: string
}

export interface AcquisitionProblem {
  /** Best first; not empty. */
  readonly best: readonly ToldTrial[]
  /** What each of some architectures is worth to the search. */
  readonly worthOf: (architectures: readonly unknown[]) => ArrayLike<number>
  /** Whether a canonical form was never proposed. */
  readonly isNew: (form: string) => boolean
  readonly random: Random
}

interface Valued {
  readonly candidate: Candidate
  readonly worth: number
}

/** Mutants of a step's best. */
const climbMutants = 20

/**
 * The new architecture that is worth most: of draws from the space, of mutants of the best trials, and
 * of what a climb by single changes finds from the best of those.
 *
 * @remarks
 * Each text form is looked at once. Only forms that win are made canonical, which can cost more than
 * all else.
 * @returns null where no candidate is new
 */
export function searchAcquisition(
  space: SearchSpace,
  settings: AcquisitionSearchSettings,
  { best, worthOf, isNew, random }: AcquisitionProblem,
): Candidate | null {
  const texts = new Set<string>()
  const valued: Valued[] = []
  /** Takes those in that were never seen; says how the best of them does. */
  const consider = (drawn: readonly Candidate[]): Valued | null => {
    const fresh = drawn.filter(({ text }) => !texts.has(text) && texts.add(text))
    const worths = worthOf(fresh.map(({ architecture }) => architecture))
    const found = fresh.map((candidate, index) => ({ candidate, worth: worths[index] as number }))
    valued.push(...found)
    return found.reduce<Valued | null>(
      (most, one) => (most === null || one.worth > most.worth ? one : most),
      null,
    )
  }
  let top = consider([
    ...drawRandom(space, settings.randomCandidates, random),
    ...drawMutants(space, settings, best, random),
  ])
  for (let step = 0; top !== null && step < settings.climbSteps; step++) {
    const next = consider(mutantsOf(space, top.candidate, climbMutants, random))
    if (next === null || next.worth <= top.worth) break
    top = next
  }
  valued.sort((one, other) => other.worth - one.worth)
  const chosen = valued.find(({ candidate }) => isNew(space.canonical(candidate.architecture)))
  return chosen?.candidate ?? null
}

function drawRandom(space: SearchSpace, count: number, random: Random): readonly Candidate[] {
  return Array.from({ length: count }, () => {
    const architecture = space.sample(random)
    return { architecture, text: space.format(architecture) }
  })
}

/** In turn of each of the best. */
function drawMutants(
  space: SearchSpace,
  { mutantCandidates, parents }: AcquisitionSearchSettings,
  best: readonly ToldTrial[],
  random: Random,
): readonly Candidate[] {
  const chosen = best.slice(0, parents)
  return chosen.flatMap(({ trial, architecture }, rank) => {
    const share = Math.ceil((mutantCandidates - rank) / chosen.length)
    const parent = { architecture: space.parse(architecture), parent: trial }
    return mutantsOf(space, parent, Math.max(0, share), random)
  })
}

function mutantsOf(
  space: SearchSpace,
  { architecture, parent }: Pick<Candidate, 'architecture' | 'parent'>,
  count: number,
  random: Random,
): readonly Candidate[] {
  return Array.from({ length: count }, () => {
    const mutant = space.mutate(architecture, random)
    const text = space.format(mutant)
    return parent === undefined
      ? { architecture: mutant, text }
      : { architecture: mutant, text, parent }
  })
}
