import { lateMemory } from '#src/encoding/late-memory.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { Named } from './lookup.ts'
import type { LocalSearchSettings } from './settings.ts'

/** The neighbours of a center, in the order of trying. */
export interface Neighbourhood {
  readonly size: number
  nameAt(index: number): Named
}

/** Of all neighbourhoods together: some megabytes. */
const neighboursMax = 8192

/**
 * The neighbourhoods of centers, those of late without listing and naming them again: asks in a row
 * need the same, and where much is known, climbs come along the same centers.
 *
 * @param name - how a neighbour is named once it is tried
 * @returns the neighbourhood of a center; the seed names its order
 */
export function neighbourhoods(
  space: SearchSpace,
  { order }: LocalSearchSettings,
  name: (architecture: unknown) => Named,
): (center: Observation, seed: string) => Neighbourhood {
  const list = ({ trial, architecture }: Observation, seed: string): readonly unknown[] => {
    const listed = [...space.neighbours(space.parse(architecture))]
    return order === 'listed' ? listed : Random.named(seed, 'neighbours', trial).shuffle(listed)
  }
  const remembered = lateMemory(
    neighboursMax,
    (_: string, { center, seed }: { center: Observation; seed: string }) =>
      nameWhenTried(list(center, seed), name),
    ({ size }) => size,
  )
  let last: { center: Observation; seed: string; neighbourhood: Neighbourhood } | null = null
  return (center, seed) => {
    if (last?.center === center && last.seed === seed) return last.neighbourhood
    const key = `${seed} ${center.trial} ${center.architecture}`
    const neighbourhood = remembered(key, { center, seed })
    last = { center, seed, neighbourhood }
    return neighbourhood
  }
}

function nameWhenTried(
  architectures: readonly unknown[],
  name: (architecture: unknown) => Named,
): Neighbourhood {
  const names: (Named | undefined)[] = Array.from(architectures, () => undefined)
  return {
    size: architectures.length,
    nameAt(index) {
      const known = names[index]
      if (known !== undefined) return known
      const named = name(architectures[index])
      names[index] = named
      return named
    },
  }
}
