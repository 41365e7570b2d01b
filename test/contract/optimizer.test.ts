import { describe, expect, it } from 'vitest'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { optimizerContract } from './optimizer.contract.ts'

/** Settings for each optimizer: those that change what it does, start-up short. */
const settings: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  'random-search': [{}, { unique: true }, { unique: true, maxDraws: 1 }],
  'regularized-evolution': [
    { populationSize: 10, sampleSize: 3 },
    { populationSize: 10, sampleSize: 3, replacement: false },
    { populationSize: 10, sampleSize: 10, removal: 'worst' },
    { populationSize: 1, sampleSize: 1 },
    // The defaults: these few trials only see the random ones.
    {},
  ],
}

for (const entry of optimizerCatalog) {
  for (const values of settings[entry.name] ?? []) {
    for (const spaceEntry of spaceCatalog) {
      const space = spaceEntry.create(spaceEntry.settings.parse({}))
      optimizerContract({
        name: `${entry.name} ${JSON.stringify(values)} on ${space.name}`,
        space,
        make: () => entry.create(space, entry.settings.parse(values)),
        trials: 40,
      })
    }
  }
}

describe('optimizer catalog', () => {
  it('has settings for every optimizer, so that each is tested', () => {
    expect(Object.keys(settings).sort()).toEqual(optimizerCatalog.map(({ name }) => name).sort())
  })

  it('names every optimizer once, as the optimizer names itself', () => {
    const [spaceEntry] = spaceCatalog
    if (spaceEntry === undefined) throw new Error('no space ships')
    const space = spaceEntry.create(spaceEntry.settings.parse({}))
    expect(new Set(optimizerCatalog.map(({ name }) => name)).size).toBe(optimizerCatalog.length)
    for (const entry of optimizerCatalog) {
      expect(entry.create(space, entry.settings.parse({})).name).toBe(entry.name)
      expect(entry.summary).toMatch(/^[A-Z].*[^.]$/)
      expect(entry.source).toMatch(/\d{4}/)
    }
  })

  it('refuses unknown settings', () => {
    for (const entry of optimizerCatalog) {
      expect(entry.settings.safeParse({ nonsense: 1 }).success).toBe(false)
    }
  })
})
