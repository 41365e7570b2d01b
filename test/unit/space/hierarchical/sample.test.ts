import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import {
  allSlots,
  type Genotype,
  initialGenotype,
  isConnected,
  operationAt,
  operationCount,
  type Slot,
  withOperation,
} from '#src/space/hierarchical/genotype.ts'
import { sampleGenotype } from '#src/space/hierarchical/moves.ts'
import { planOf } from '#src/space/hierarchical/plan.ts'
import { HierarchicalSettings } from '#src/space/hierarchical/settings.ts'

/** So few changes that many edges keep what they have, and some cells have to be changed on. */
const settings = HierarchicalSettings.parse({ initialMutations: 40 })
const slots = allSlots(settings)
const plan = planOf(settings)

/** As the source says it: one change after the other, from the first on. */
function sampleForwards(random: Random): Genotype {
  let genotype = initialGenotype(settings)
  const change = () => {
    const level = random.int(settings.levels.length)
    const { motifs = 1, nodes = 2 } = settings.levels[level] ?? {}
    const motif = random.int(motifs)
    const target = 1 + random.int(nodes - 1)
    const slot: Slot = { level, motif, target, source: random.int(target) }
    genotype = withOperation(genotype, slot, random.int(operationCount(settings, level) + 1))
  }
  for (let done = 0; done < settings.initialMutations; done++) change()
  while (!isConnected(genotype)) change()
  return genotype
}

describe('samples', () => {
  it('have on every edge what changes from the first on give it, as often', () => {
    const count = 6000
    const shares = [
      sampleForwards,
      (random: Random) => sampleGenotype(plan, settings.initialMutations, random),
    ].map((sample, way) => {
      const found = slots.map((slot) => new Array(operationCount(settings, slot.level) + 1).fill(0))
      for (let index = 0; index < count; index++) {
        const genotype = sample(Random.named('samples', way, index))
        for (const [place, slot] of slots.entries()) {
          const counts = found[place] ?? []
          counts[operationAt(genotype, slot)] += 1
        }
      }
      return found.flat().map((one: number) => one / count)
    })
    const [forwards = [], backwards = []] = shares
    const errors = forwards.map((one, index) => {
      const other = backwards[index] ?? 0
      const mean = (one + other) / 2
      return Math.abs(one - other) / Math.sqrt((2 * mean * (1 - mean)) / count)
    })
    // Some 300 comparisons; false-alarm rate of all together below one in a thousand.
    expect(errors.length).toBeGreaterThan(200)
    expect(Math.max(...errors)).toBeLessThan(4.9)
  })
})
