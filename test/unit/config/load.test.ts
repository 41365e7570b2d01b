import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import { ArchloomError, type ErrorCode } from '#src/errors.ts'

const valid = `
version: 1
name: test
space: {name: nas-bench-201}
optimizer: {name: random-search}
evaluator: {name: train, dataset: {name: digits}}
budget: {trials: 3}
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archloom-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

async function failure(load: Promise<unknown>): Promise<ArchloomError> {
  const error: unknown = await load.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ArchloomError) return error
  throw new Error(`Expected an ArchloomError, found ${String(error)}`)
}

describe('loading a valid experiment', () => {
  it('fills in every default, those of the catalogs included', async () => {
    const { document } = await loadExperiment(await write('valid.yaml', valid))
    expect(document.seed).toBe('0')
    expect(document.visibility).toEqual({ order: 'ordered', window: 1 })
    expect(document.space).toMatchObject({ name: 'nas-bench-201', cellsPerStage: 5, channels: 16 })
    expect(document.evaluator).toMatchObject({ recipe: { batchSize: 128 }, workers: 1 })
  })

  it('resolves a resolved document to itself', async () => {
    const first = await loadExperiment(await write('valid.yaml', valid))
    const second = await loadExperiment(await write('again.json', JSON.stringify(first.document)))
    expect(second.document).toEqual(first.document)
    expect(second.hash).toBe(first.hash)
  })

  it('hashes the meaning, not the text', async () => {
    const first = await loadExperiment(await write('a.yaml', valid))
    const second = await loadExperiment(await write('b.yaml', `# a comment\n${valid}\nseed: 0\n`))
    expect(second.hash).toBe(first.hash)
    expect(second.source.sha256).not.toBe(first.source.sha256)
  })

  it('applies overrides in order and records them', async () => {
    const overrides = ['budget.trials=7', 'evaluator.recipe.augmentation.flip=true', 'seed=9']
    const { document, source } = await loadExperiment(await write('c.yaml', valid), { overrides })
    expect(document.budget.trials).toBe(7)
    expect(document.seed).toBe('9')
    expect(document.evaluator).toMatchObject({ recipe: { augmentation: { flip: true } } })
    expect(source.overrides).toEqual(overrides)
  })

  it('loads a TypeScript module with a function of the user as evaluator', async () => {
    const source = new URL('../../../src/index.ts', import.meta.url).href
    const path = await write(
      'script.ts',
      `import { defineExperiment, functionEvaluator } from '${source}'
       const mine = functionEvaluator('mine', { measure: () => ({ valAccuracy: 0.5 }) })
       export default defineExperiment({
         version: 1, name: 'script', extensions: { evaluators: [mine] },
         space: { name: 'nas-bench-201' }, optimizer: { name: 'random-search' },
         evaluator: { name: 'mine', slots: 2 }, budget: { trials: 3 as number },
       })`,
    )
    const { document, extensions } = await loadExperiment(path)
    expect(document.evaluator).toEqual({ name: 'mine', slots: 2 })
    expect(extensions.evaluators?.map((entry) => entry.name)).toEqual(['mine'])
  })
})

/** [what is wrong, the document, the code, what the sentence must name] */
const invalid: readonly [string, string, ErrorCode, readonly string[]][] = [
  [
    'an unknown key at the top',
    `${valid}\nbudgets: {trials: 3}`,
    'config/unknown-key',
    ['budgets', 'did you mean "budget"'],
  ],
  [
    'an unknown key deep inside',
    valid.replace('{name: digits}', '{name: digits}, recipe: {batchsize: 3}'),
    'config/unknown-key',
    ['evaluator.recipe', '"batchsize"', 'did you mean "batchSize"'],
  ],
  [
    'an unknown setting of the space',
    valid.replace('{name: nas-bench-201}', '{name: nas-bench-201, chanels: 3}'),
    'config/unknown-key',
    ['space', 'chanels', 'did you mean "channels"'],
  ],
  [
    'a wrong type',
    valid.replace('{trials: 3}', '{trials: many}'),
    'config/invalid',
    ['budget.trials', 'expected a number', '"many"'],
  ],
  [
    'a negative budget',
    valid.replace('{trials: 3}', '{trials: -3}'),
    'config/invalid',
    ['budget.trials', 'at least 1', '-3'],
  ],
  [
    'an empty budget',
    valid.replace('{trials: 3}', '{}'),
    'config/invalid',
    ['budget', 'at least one of trials, epochs, seconds'],
  ],
  [
    'a missing part',
    valid.replace(/^optimizer.*$/m, ''),
    'config/invalid',
    ['optimizer', 'expected an object', 'found nothing'],
  ],
  [
    'an unknown space',
    valid.replace('nas-bench-201', 'nas-bench-211'),
    'config/unknown-name',
    ['space.name', 'nas-bench-211', 'did you mean "nas-bench-201"'],
  ],
  [
    'an unknown optimizer',
    valid.replace('random-search', 'gradient'),
    'config/unknown-name',
    ['optimizer.name', 'gradient', 'there are random-search'],
  ],
  [
    'an unknown data set',
    valid.replace('digits', 'imagenet'),
    'config/invalid',
    ['evaluator.dataset.name', '"digits"', '"cifar10"', '"imagenet"'],
  ],
  [
    'an unknown kind of schedule',
    valid.replace('{name: digits}', '{name: digits}, recipe: {schedule: {kind: cosin}}'),
    'config/invalid',
    [
      'evaluator.recipe.schedule.kind',
      'constant, cosine, step, one-cycle',
      'did you mean "cosine"',
    ],
  ],
  [
    'a version from the future',
    valid.replace('version: 1', 'version: 2'),
    'config/invalid',
    ['version', 'one of 1', '2'],
  ],
  ['broken YAML', 'version: [1', 'config/syntax', ['line']],
  ['an alias', 'a: &x 1\nb: *x', 'config/syntax', ['aliases', '*x']],
  ['a list instead of a mapping', '- 1', 'config/invalid', ['expected an object']],
]

describe('refusing an invalid experiment', () => {
  it.each(invalid)('says what is wrong with %s', async (_, text, code, mentions) => {
    const error = await failure(loadExperiment(await write('invalid.yaml', text)))
    expect(error.code).toBe(code)
    expect(error.exitCode).toBe(2)
    for (const mention of ['invalid.yaml', ...mentions]) expect(error.message).toContain(mention)
    expect(error.message).not.toMatch(/\n|\.$/)
  })

  it('names a file that does not exist', async () => {
    const error = await failure(loadExperiment(join(folder, 'nowhere.yaml')))
    expect(error.code).toBe('config/not-found')
    expect(error.message).toContain('nowhere.yaml')
  })

  it.each([
    ['budget', 'expected path=value'],
    ['name.first=3', 'not a mapping'],
  ])('refuses the override %s', async (override, mention) => {
    const path = await write('d.yaml', valid)
    const error = await failure(loadExperiment(path, { overrides: [override] }))
    expect(error.code).toBe('config/usage')
    expect(error.message).toContain(mention)
  })

  it.each([
    [
      'without a default export',
      'export const experiment = 1',
      'config/invalid',
      'no default export',
    ],
    ['that throws', 'throw new Error("no luck")', 'config/syntax', 'no luck'],
    ['that does not parse', 'export default {', 'config/syntax', 'Cannot load'],
  ])('refuses a module %s', async (label, text, code, mention) => {
    const error = await failure(
      loadExperiment(await write(`${label.replaceAll(' ', '-')}.ts`, text)),
    )
    expect(error.code).toBe(code)
    expect(error.message).toContain(mention)
  })
})
