import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import { playSearch } from '#test/fixtures/play-search.ts'

interface GoldenSearch {
  readonly space: string
  readonly optimizer: string
  readonly settings: unknown
  readonly seed: string
  readonly proposals: readonly Pick<Proposal, 'architecture' | 'origin' | 'parent'>[]
}

const path = new URL('../../golden/proposals.json', import.meta.url)
const golden = JSON.parse(readFileSync(path, 'utf8')) as { searches: readonly GoldenSearch[] }

/** What a seed proposes, given a made-up accuracy for each architecture. */
function proposals({ space: spaceName, optimizer, settings, seed }: GoldenSearch, count: number) {
  const spaceEntry = spaceCatalog.find(({ name }) => name === spaceName)
  const entry = optimizerCatalog.find(({ name }) => name === optimizer)
  const space = spaceEntry?.create(spaceEntry.settings.parse({}))
  if (space === undefined || entry === undefined) throw new Error(`No ${spaceName} or ${optimizer}`)
  return playSearch({
    optimizer: entry.create(space, entry.settings.parse(settings)),
    seed,
    trials: count,
    accuracy: (architecture) => Random.named('worth', architecture).uniform(),
  }).map(({ proposal: { fidelity: _, ...rest } }) => rest)
}

describe('recorded proposals', () => {
  it.each(golden.searches)('of $optimizer on $space are what they were', (search) => {
    expect(proposals(search, search.proposals.length)).toEqual(search.proposals)
  })

  it('cover every optimizer and every space', () => {
    const covered = (key: 'space' | 'optimizer') =>
      [...new Set(golden.searches.map((search) => search[key]))].sort()
    expect(covered('space')).toEqual(spaceCatalog.map(({ name }) => name).sort())
    expect(covered('optimizer')).toEqual(optimizerCatalog.map(({ name }) => name).sort())
  })
})
