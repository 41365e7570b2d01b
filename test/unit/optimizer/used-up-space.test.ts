/** Methods that propose no network twice, where there is hardly a new one left, and where there is none. */
import { describe, expect, it } from 'vitest'
import { growingHistory } from '#src/experiment/history.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { parsedTexts } from '#src/optimizer/remembered-texts.ts'
import { seenForms } from '#src/optimizer/seen-forms.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { observe } from '#test/fixtures/observe.ts'
import { playSearch } from '#test/fixtures/play-search.ts'

const cells: SearchSpace = nasBench201({ cellsPerStage: 5, channels: 16 })
/** Twelve chains: three pools, depths 1 and 2. */
const twelve: SearchSpace = chain(
  ChainSettings.parse({ maxDepth: 2, conv: null, pool: { modes: ['max'], kernels: [2, 3, 4] } }),
)
const methods = [
  ['random-search', { unique: true }],
  ['nsga-ii', { populationSize: 4 }],
  ['local-search', { initialCount: 2, restartCount: 2 }],
] as const

/** The space, and how often a search has looked at an architecture of it. */
function counting(space: SearchSpace) {
  const counts = { looks: 0 }
  const look = <T>(value: T): T => {
    counts.looks += 1
    return value
  }
  const counted: SearchSpace = {
    ...space,
    sample: (random) => look(space.sample(random)),
    mutate: (architecture, random) => look(space.mutate(architecture, random)),
    crossover: (first, second, random) => look(space.crossover(first, second, random)),
    *neighbours(architecture) {
      for (const neighbour of space.neighbours(architecture)) yield look(neighbour)
    },
  }
  return { space: counted, counts }
}

function make(space: SearchSpace, name: string, settings: unknown) {
  const entry = optimizerCatalog.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new Error(`No optimizer ${name}`)
  return entry.create(space, entry.settings.parse(settings))
}

describe.each(methods)('%s', (name, settings) => {
  it.each([1, 3])(
    'finds each of twelve networks, then says that it repeats, window %i',
    (window) => {
      const seen = new Set<string>()
      const optimizer = make(twelve, name, settings)
      const worth = (text: string) => Random.named('worth', text).uniform()
      for (const { proposal } of playSearch({
        optimizer,
        seed: 3,
        trials: 400,
        window,
        accuracy: worth,
      })) {
        const isRepeat = seen.has(proposal.architecture)
        expect(['fallback', 'random-repeat'].includes(proposal.origin)).toBe(isRepeat)
        seen.add(proposal.architecture)
      }
      expect(seen.size).toBe(12)
    },
  )

  it('looks at few networks an ask once the space is used up', () => {
    const { space, counts } = counting(twelve)
    const optimizer = make(space, name, settings)
    let looksBefore = 0
    const accuracy = (text: string, trial: number) => {
      if (trial === 300) looksBefore = counts.looks
      return Random.named('worth', text).uniform()
    }
    const played = playSearch({ optimizer, seed: 4, trials: 401, accuracy })
    // A child is made by at most two steps.
    expect(counts.looks - looksBefore).toBeLessThanOrEqual(2 * 100)
    expect(JSON.stringify(played.at(-1)?.state).length).toBeLessThan(2000)
  })

  it('finds new networks where 3 % are left, and says of each repeat that it is one', () => {
    const forms = new Map<string, string>()
    for (const { architecture } of cells.support?.() ?? []) {
      forms.set(cells.canonical(architecture), cells.format(architecture))
    }
    const [...told] = Random.named('told').shuffle([...forms.values()])
    // 3 % of the networks are left.
    const history = growingHistory()
    for (const text of told.slice(0, Math.floor(0.97 * told.length))) {
      history.append(observe(history.length, text, Random.named('worth', text).uniform()))
    }
    const optimizer = make(cells, name, settings)
    const known = new Set(
      told.slice(0, history.length).map((text) => cells.canonical(cells.parse(text))),
    )
    let state = optimizer.init()
    let newCount = 0
    for (let count = 0; count < 60; count++) {
      const trial = history.length
      const random = Random.named('ask', trial)
      const fullFidelity = { epochs: 1 }
      const context = { trial, random, history, pending: [], fullFidelity }
      const [{ architecture, origin }, next] = optimizer.ask(state, context)
      const form = cells.canonical(cells.parse(architecture))
      const isNew = !known.has(form)
      if (isNew) newCount += 1
      expect(['fallback', 'random-repeat'].includes(origin)).toBe(!isNew)
      known.add(form)
      const observation = observe(
        trial,
        architecture,
        Random.named('worth', architecture).uniform(),
      )
      history.append(observation)
      state = optimizer.tell(next, observation, history)
    }
    expect(newCount).toBeGreaterThan(15)
  })
})

describe('draws of one ask', () => {
  const seen = seenForms(twelve)
  const [one = '', two = ''] = [...twelve.neighbours(twelve.parse('max2'))].map(twelve.format)

  it('become fewer with each repeat in a row, and all again with a new network', () => {
    const history = growingHistory()
    const draws = [one, one, one, one, two, two].map((text) => {
      history.append(observe(history.length, text, 0.5))
      return seen.draws(history, 100)
    })
    expect(draws).toEqual([100, 50, 33, 25, 100, 50])
    for (let count = 0; count < 200; count++) history.append(observe(history.length, one, 0.5))
    expect(seen.draws(history, 100)).toBe(1)
  })
})

describe('texts of late', () => {
  it('are parsed once, and give what the space gives', () => {
    let parseCount = 0
    const parse = parsedTexts({
      ...cells,
      parse: (text) => {
        parseCount += 1
        return cells.parse(text)
      },
    })
    const random = Random.named('texts')
    const texts = Array.from({ length: 400 }, () => cells.format(cells.sample(random)))
    for (const text of [...texts, ...texts]) expect(parse(text)).toEqual(cells.parse(text))
    expect(parseCount).toBe(new Set(texts).size)
    // Others push them out.
    for (let index = 0; index < 4000; index++) parse(cells.format(cells.sample(random)))
    const before = parseCount
    for (const text of texts) expect(parse(text)).toEqual(cells.parse(text))
    expect(parseCount).toBeGreaterThan(before)
  })
})
