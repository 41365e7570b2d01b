import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadStudy } from '#src/config/load-study.ts'
import { resolveStudy } from '#src/config/resolve-study.ts'
import { ArchloomError } from '#src/errors.ts'
import { loadToyStudy, toyExtensions, toyInput } from '#test/fixtures/toy-study.ts'

function refusal(change: Readonly<Record<string, unknown>>): string {
  try {
    resolveStudy({ ...toyInput, ...change }, toyExtensions, 'study.yaml')
  } catch (error) {
    if (error instanceof ArchloomError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('a study document', () => {
  it('gets every default, random search, seeds and labels', () => {
    const { document, methods } = loadToyStudy()
    expect(document).toMatchObject({
      visibility: 'ordered',
      workers: 1,
      seeds: { first: 0, count: 3 },
    })
    expect(methods.map(({ label }) => label)).toEqual(['random-search', 'evolution'])
    expect(methods[0]?.settings).toEqual({ unique: false, maxDraws: 100 })
    expect(methods[1]?.settings).toMatchObject({ populationSize: 4, removal: 'oldest' })
    expect(methods[1]?.seeds).toEqual(['0', '1', '2'])
    expect(document.benchmarks[0]).toMatchObject({
      label: 'first',
      space: { name: 'nas-bench-macro', channels: 32, blocksPerStage: [2, 3] },
      salt: '',
    })
  })

  it('resolves to itself', () => {
    const first = loadToyStudy()
    const again = loadToyStudy(JSON.parse(JSON.stringify(first.document)))
    expect(again.document).toEqual(first.document)
    expect(again.hash).toBe(first.hash)
    expect(again.methods).toEqual(first.methods)
  })

  it('keeps what the tuning of a method cost, and lets variants be untuned', () => {
    const tuning = { costSeconds: 86_400, source: 'studies/pilot' }
    const [evolution] = toyInput.methods
    const input = {
      ...toyInput,
      methods: [{ ...Object(evolution), tuning }],
      vary: [{ method: 'evolution', settings: { removal: ['worst'] } }],
    }
    const { document, methods } = loadToyStudy(input)
    expect(loadToyStudy(JSON.parse(JSON.stringify(document))).document).toEqual(document)
    expect(methods.map((method) => [method.label, method.tuning])).toEqual([
      ['random-search', undefined],
      ['evolution', tuning],
      ['evolution removal=worst', undefined],
    ])
    // Cells do not depend on it: a study may say it later.
    expect(methods[1]?.hash).toBe(loadToyStudy().methods[1]?.hash)
    expect(
      refusal({ methods: [{ name: 'random-search', tuning: { costSeconds: -1 } }] }),
    ).toContain('tuning')
  })

  it('adds plain random search beside another kind of it, and not twice', () => {
    const labels = (methods: unknown) =>
      loadToyStudy({ ...toyInput, methods }).methods.map(({ label }) => label)
    expect(labels([{ name: 'random-search', label: 'unique', unique: true }])).toEqual([
      'random-search',
      'unique',
    ])
    expect(labels(['random-search'])).toEqual(['random-search'])
    expect(labels([{ name: 'random-search', label: 'RS', maxDraws: 100 }])).toEqual(['RS'])
  })

  it('pairs methods by seed, also those with fewer', () => {
    const { methods } = loadToyStudy({
      ...toyInput,
      seeds: { first: 40, count: 3 },
      methods: [{ name: 'regularized-evolution', seeds: 2 }],
    })
    expect(methods.map(({ seeds }) => seeds)).toEqual([
      ['40', '41', '42'],
      ['40', '41'],
    ])
  })

  it('writes variants out after their method, with its seeds', () => {
    const { methods } = loadToyStudy({
      ...toyInput,
      vary: [{ method: 'evolution', settings: { removal: ['worst'], populationSize: [4, 6] } }],
    })
    expect(methods.map(({ label }) => label)).toEqual([
      'random-search',
      'evolution',
      'evolution removal=worst',
      'evolution populationSize=6',
    ])
    expect(methods[2]).toMatchObject({
      settings: { removal: 'worst', populationSize: 4 },
      variant: { of: 'evolution', changes: { removal: 'worst' } },
    })
    expect(new Set(methods.map(({ hash }) => hash)).size).toBe(4)
  })

  const benchmark = { label: 'first', name: 'toy', space: 'nas-bench-201' }
  it.each([
    [
      'an unknown key',
      { seed: 3 },
      'config/unknown-key: In study.yaml: unknown key "seed"; did you mean "seeds"?',
    ],
    ['no seeds', { seeds: 0 }, 'config/invalid: In study.yaml, seeds: expected'],
    ['a word for seeds', { seeds: 'many' }, 'config/invalid: In study.yaml, seeds: expected'],
    [
      'no methods',
      { methods: [] },
      'config/invalid: In study.yaml, methods: expected at least 1 entries, found []',
    ],
    [
      'a method without a name',
      { methods: [{ label: 'x' }] },
      'config/invalid: In study.yaml, methods[0].name: expected a string, found nothing',
    ],
    [
      'an unknown method',
      { methods: ['regularised-evolution'] },
      'config/unknown-name: In study.yaml, methods[0].name: unknown name "regularised-evolution"; did you mean "regularized-evolution"?',
    ],
    [
      'a wrong setting',
      { methods: [{ name: 'regularized-evolution', populationSize: 0 }] },
      'config/invalid: In study.yaml, methods[0].populationSize: expected a number at least 1, found 0',
    ],
    [
      'an unknown setting',
      { methods: [{ name: 'regularized-evolution', population: 3 }] },
      'config/unknown-key: In study.yaml, methods[0]: unknown key "population"; did you mean "populationSize"?',
    ],
    [
      'two methods of one label',
      { methods: ['regularized-evolution', 'regularized-evolution'] },
      'config/invalid: In study.yaml, methods: expected a label of its own for each, found "regularized-evolution" twice',
    ],
    [
      'two benchmarks of one label',
      { benchmarks: [benchmark, benchmark] },
      'config/invalid: In study.yaml, benchmarks: expected a label of its own for each, found "first" twice',
    ],
    [
      'an unknown space',
      { benchmarks: [{ ...benchmark, space: 'nas-bench-102' }] },
      'config/unknown-name: In study.yaml, benchmarks[0].space.name: unknown name "nas-bench-102"',
    ],
    [
      'a wrong setting of a space',
      { benchmarks: [{ ...benchmark, space: { name: 'nas-bench-201', channels: 0 } }] },
      'config/invalid: In study.yaml, benchmarks[0].space.channels: expected',
    ],
    [
      'a benchmark that has to train',
      { benchmarks: [{ ...benchmark, name: 'train' }] },
      'config/incompatible: In study.yaml, benchmarks[0].name: a study needs an evaluator that answers at once, such as tabular',
    ],
    [
      'an unknown setting of a benchmark',
      { benchmarks: [{ ...benchmark, sallt: 'x' }] },
      'config/unknown-key: In study.yaml, benchmarks[0]: unknown key "sallt"; did you mean "salt"?',
    ],
    [
      'no budget at all',
      { budget: undefined },
      'config/invalid: In study.yaml, benchmarks[0].budget: expected a budget here or one for the whole study, found neither',
    ],
    [
      'an empty budget',
      { budget: {} },
      'config/invalid: In study.yaml, budget: expected at least one of trials, epochs, costSeconds, found {}',
    ],
    [
      'a budget of real time',
      { budget: { seconds: 60 } },
      'config/unknown-key: In study.yaml, budget: unknown key "seconds"',
    ],
    [
      'no workers',
      { workers: 0 },
      'config/invalid: In study.yaml, workers: expected a number at least 1, found 0',
    ],
    [
      'a variation of nobody',
      { vary: [{ method: 'RE', settings: { x: [1] } }] },
      'config/unknown-name: In study.yaml, vary[0].method: unknown method "RE"; there are random-search, evolution',
    ],
    [
      'an unknown method on a benchmark',
      { benchmarks: [{ ...benchmark, methods: ['evolution', 'RE'] }] },
      'config/unknown-name: In study.yaml, benchmarks[0].methods: unknown method "RE"; there are random-search, evolution',
    ],
    [
      'a variation of nothing',
      { vary: [{ method: 'evolution', settings: {} }] },
      'config/invalid: In study.yaml, vary[0].settings: expected at least one setting with its values',
    ],
    [
      'a variation to a wrong value',
      { vary: [{ method: 'evolution', settings: { sampleSize: [0] } }] },
      'config/invalid: In study.yaml, vary[0], evolution sampleSize=0, sampleSize: expected a number at least 1, found 0',
    ],
    [
      'a label of two lines',
      { benchmarks: [{ ...benchmark, label: 'a\nb' }] },
      'config/invalid: In study.yaml, benchmarks[0].label: expected one line',
    ],
  ])('is refused with %s', (_, change, message) => {
    expect(refusal(change)).toContain(message)
  })
})

describe('loading a study', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'archloom-study-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  const text = `
version: 1
name: loaded
seeds: 2
budget: {trials: 3}
methods: [regularized-evolution]
benchmarks: [{label: x, name: tabular, benchmark: y, space: nas-bench-201}]
`
  it('reads YAML and applies overrides', async () => {
    const path = join(folder, 'study.yaml')
    await writeFile(path, text)
    const study = await loadStudy(path, { overrides: ['seeds=5', 'benchmarks.0.label=z'] })
    expect(study.document.seeds.count).toBe(5)
    expect(study.document.benchmarks[0]?.label).toBe('z')
    expect(study.source.overrides).toHaveLength(2)
  })

  it('reads a TypeScript module with an evaluator of its own', async () => {
    const path = join(folder, 'study.ts')
    await writeFile(
      path,
      `import { defineStudy } from '${new URL('../../../src/config/load-study.ts', import.meta.url).href}'
       import { toyEntry } from '${new URL('../../fixtures/toy-study.ts', import.meta.url).href}'
       export default defineStudy({
         version: 1, name: 'script', budget: { trials: 3 }, methods: ['random-search'],
         benchmarks: [{ label: 'x', name: 'toy', space: 'nas-bench-201' }],
         extensions: { evaluators: [toyEntry] },
       })`,
    )
    const study = await loadStudy(path)
    expect(study.extensions.evaluators).toHaveLength(1)
    expect(study.document.seeds).toEqual({ first: 0, count: 30 })
  })

  it('names the kind of document that it misses', async () => {
    await expect(loadStudy(join(folder, 'none.yaml'))).rejects.toThrow(
      /Cannot read the study .*no such file/,
    )
    const path = join(folder, 'empty.ts')
    await writeFile(path, 'export const x = 1')
    await expect(loadStudy(path)).rejects.toThrow(/expected export default defineStudy/)
  })
})
