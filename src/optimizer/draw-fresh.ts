import type { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'

export interface FreshDraws {
  /** Whether a canonical form was never proposed. */
  readonly isNew: (form: string) => boolean
  readonly random: Random
  /** Draws before a repeat is taken, at least 1. */
  readonly maxDraws?: number
}

/** A new architecture from the space's sampler; where no draw gives one, the last of them. */
export function drawFresh(
  space: SearchSpace,
  { isNew, random, maxDraws = 100 }: FreshDraws,
): { readonly architecture: unknown; readonly form: string } {
  for (let draw = 1; ; draw++) {
    const architecture = space.sample(random)
    const form = space.canonical(architecture)
    if (draw >= maxDraws || isNew(form)) return { architecture, form }
  }
}
