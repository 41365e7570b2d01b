import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { BananasSettings } from './settings.ts'

export interface Candidate {
  readonly architecture: unknown
  readonly form: string
  /** Trial that it is a mutant of. */
  readonly parent: number
}

/** A told trial that may be mutated. */
export interface Parent {
  readonly trial: number
  readonly architecture: string
}

/** What to draw from, and what not to draw. */
export interface Draws {
  /** Whether a canonical form was never proposed. */
  readonly isNew: (form: string) => boolean
  readonly random: Random
}

/**
 * Mutants of the best parents, each new and each once, in the order of drawing.
 *
 * @remarks
 * The first `parentCount` give an equal share of `candidates`, each from its share of `maxMutants` draws.
 * Where that is not enough (a small neighbourhood that is used up), the next best give mutants, too,
 * from as many draws each as candidates are wanted, as far down as it takes.
 * @param parents - all told trials that completed, best first; not empty
 */
export function drawMutants(
  space: SearchSpace,
  parents: readonly Parent[],
  settings: Pick<BananasSettings, 'candidates' | 'maxMutants' | 'parents'>,
  { isNew, random }: Draws,
): readonly Candidate[] {
  const { candidates, maxMutants } = settings
  const firstCount = Math.min(settings.parents, parents.length)
  const found = new Map<string, Candidate>()
  for (const [rank, { trial, architecture: text }] of parents.entries()) {
    if (rank >= firstCount && found.size >= candidates) break
    const isFirst = rank < firstCount
    const enough = isFirst ? Math.ceil((candidates * (rank + 1)) / firstCount) : candidates
    const draws = isFirst ? Math.ceil(maxMutants / firstCount) : candidates
    const parent = space.parse(text)
    for (let draw = 0; draw < draws && found.size < enough; draw++) {
      const architecture = space.mutate(parent, random)
      const form = space.canonical(architecture)
      if (!found.has(form) && isNew(form)) found.set(form, { architecture, form, parent: trial })
    }
  }
  return [...found.values()]
}
