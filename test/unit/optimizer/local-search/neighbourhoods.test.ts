import { describe, expect, it } from 'vitest'
import type { Named } from '#src/optimizer/local-search/lookup.ts'
import { neighbourhoods } from '#src/optimizer/local-search/neighbourhoods.ts'
import { LocalSearchSettings } from '#src/optimizer/local-search/settings.ts'
import { Random } from '#src/random/random.ts'
import { NasBench201Settings, nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Observation } from '#src/trial/observation.ts'

const space: SearchSpace = nasBench201(NasBench201Settings.parse({}))

/** How often a space listed neighbours, and a neighbour was named. */
function counted() {
  const counts = { listed: 0, named: 0 }
  const counting: SearchSpace = {
    ...space,
    neighbours(architecture) {
      counts.listed += 1
      return space.neighbours(architecture)
    },
  }
  const name = (architecture: unknown): Named => {
    counts.named += 1
    return { text: space.format(architecture), form: space.canonical(architecture) }
  }
  return { counts, counting, name }
}

function center(trial: number): Observation {
  return {
    trial,
    architecture: space.format(space.sample(Random.named(61, 'center', trial))),
    fidelity: { epochs: 1 },
    outcome: 'completed',
    valAccuracy: 0.5,
    parameterCount: null,
    costSeconds: 0,
  }
}

describe('the neighbourhood of a center', () => {
  it.each(['shuffled', 'listed'] as const)('is its neighbours, %s, however often', (order) => {
    const { counting, name } = counted()
    const around = neighbourhoods(counting, LocalSearchSettings.parse({ order }), name)
    // More than are remembered: each has 24 neighbours.
    for (const trial of [...Array(400).keys(), ...Array(400).keys()]) {
      const { architecture } = center(trial)
      const listed = [...space.neighbours(space.parse(architecture))]
      const plain =
        order === 'listed' ? listed : Random.named('9', 'neighbours', trial).shuffle(listed)
      const { size, nameAt } = around(center(trial), '9')
      const names = Array.from({ length: size }, (_, index) => nameAt(index))
      expect(names.map(({ text }) => text)).toEqual(plain.map((one) => space.format(one)))
      expect(names.map(({ form }) => form)).toEqual(plain.map((one) => space.canonical(one)))
    }
  })

  it('is listed once while it is remembered, and a neighbour is named once it is asked for', () => {
    const { counts, counting, name } = counted()
    const around = neighbourhoods(counting, LocalSearchSettings.parse({}), name)
    for (const trial of [1, 2, 1, 2, 1]) {
      const neighbourhood = around(center(trial), '9')
      neighbourhood.nameAt(0)
      neighbourhood.nameAt(3)
    }
    expect(counts).toEqual({ listed: 2, named: 4 })
  })

  it('has an order of its own for every seed and trial', () => {
    const { counting, name } = counted()
    const around = neighbourhoods(counting, LocalSearchSettings.parse({}), name)
    const first = (seed: string, trial: number) => {
      const { size, nameAt } = around({ ...center(1), trial }, seed)
      return Array.from({ length: size }, (_, index) => nameAt(index).text)
    }
    const orders = [first('1', 1), first('2', 1), first('1', 2)]
    expect(new Set(orders.map((order) => order.join())).size).toBe(3)
    expect(new Set(orders.map((order) => order.toSorted().join())).size).toBe(1)
    expect(first('1', 1)).toEqual(orders[0])
  })
})
