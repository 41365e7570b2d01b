import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Benchmark } from '#src/benchmark/benchmark.ts'
import { ownTable } from '#src/benchmark/own-table/own-table.ts'
import { tableObjective } from '#src/benchmark/table-objective.ts'
import type { Json } from '#src/encoding/json.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { Random } from '#src/random/random.ts'
import { createSpace, finished, importContext } from '#test/fixtures/imported-benchmark.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const parameters: Json = [
  { kind: 'categorical', name: 'optimizer', choices: ['sgd', 'adam'] },
  { kind: 'float', name: 'learningRate', lower: 1e-4, upper: 1, log: true },
  { kind: 'integer', name: 'layers', lower: 1, upper: 5 },
  { kind: 'categorical', name: 'nesterov', choices: [true, false] },
]
const conditions: Json = [
  { child: 'nesterov', test: { kind: 'equals', parameter: 'optimizer', value: 'sgd' } },
]

/** Wide: a column for each split. */
const wide = {
  version: 1,
  name: 'my-table',
  source: 'Nobody 2026',
  table: 'results.csv',
  space: { name: 'hyperparameters', parameters, conditions },
  anySettings: ['gridSize', 'activated'],
  parameters: { learningRate: 'lr' },
  dataset: { column: 'task' },
  epochs: { column: 'epochs' },
  repeat: { column: 'seed' },
  validation: { column: 'val', unit: 'percent' },
  test: { column: 'test_error', unit: 'error-percent' },
  seconds: { column: 'minutes', unit: 'minutes' },
  parameterCount: { column: 'params', unit: 'millions' },
}

const rows = `optimizer,lr,layers,nesterov,task,epochs,seed,val,test_error,minutes,params,remark
sgd,0.1,2,True,adult,3,777,81.25,20.5,1.5,0.129306,"first, of all"
sgd,0.1,2,True,adult,9,777,85.5,16,4.5,0.129306,
sgd,0.1,2,True,adult,3,888,81.75,21,1.25,0.129306,
adam,1e-3,5,,adult,3,777,70,,2,1,

adam,1e-3,5,,adult,9,777,72,29.75,6,1,
`

interface Source {
  readonly description?: object
  readonly table?: string | Buffer
}

async function imported({ description = wide, table = rows }: Source): Promise<Benchmark> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'description.yaml')
  writeFileSync(path, stringify(description))
  writeFileSync(join(folder.path, 'results.csv'), table)
  expect(await ownTable.recognizes(path)).toBe(true)
  return finished(await ownTable.read(path, importContext()), join(folder.path, 'own.bench'))
}

const space = createSpace('hyperparameters', { parameters, conditions })
const sgd = 'layers=2 learningRate=0.1 nesterov=true optimizer=sgd'
const adam = 'layers=5 learningRate=0.001 optimizer=adam'

describe('a table of anybody', () => {
  it('answers by configuration, data set, budget, repeat and split', async () => {
    using benchmark = await imported({})
    expect(benchmark.name).toBe('my-table')
    expect(benchmark.rowCount).toBe(2)
    expect(benchmark.datasets).toEqual([
      {
        name: 'adult',
        budgets: [3, 9].map((epochs) => ({
          epochs,
          repeatCount: epochs === 3 ? 2 : 1,
          metrics: ['valAccuracy', 'testAccuracy', 'trainSeconds'],
          isTestOnly: false,
          measuredEpochs: [epochs],
          missingCount: epochs === 3 ? 1 : 0,
        })),
      },
    ])
    const row = benchmark.find(space, sgd)
    const place = { dataset: 'adult', epochs: 3 }
    expect(benchmark.repeats(row, 'valAccuracy', place)).toEqual([0.8125, 0.8175])
    expect(benchmark.repeats(row, 'testAccuracy', place)).toEqual([0.795, 0.79])
    expect(benchmark.repeats(row, 'trainSeconds', place)).toEqual([90, 75])
    expect(benchmark.parameterCount(row, 'adult')).toBe(129_306)
    const other = benchmark.find(space, adam)
    expect(benchmark.architecture(other)).toBe(adam)
    expect(benchmark.repeats(other, 'valAccuracy', place)).toEqual([0.7])
    expect(() => benchmark.repeats(other, 'testAccuracy', place)).toThrow('it was not measured for')
  })

  it('can be searched', async () => {
    const objective = tableObjective(await imported({}), space, { epochs: 9 })
    using searched = objective
    const result = searched.measure(sgd, { epochs: 9 }, '1')
    expect(result.metrics.valAccuracy).toBe(0.855)
    expect(result.cost.seconds).toBe(270)
  })

  it('answers for its space with other settings of change, and for no other', async () => {
    using benchmark = await imported({})
    const coarse = createSpace('hyperparameters', { parameters, conditions, gridSize: 4 })
    expect(benchmark.misfit(coarse)).toBeNull()
    expect(benchmark.misfit(createSpace('hyperparameters', { parameters }))).toMatch(
      /^its conditions\[0\] must be \{"child":"nesterov",.{50,60}\.\.\., found nothing; take the conditions that/,
    )
    const changed = [
      ...(parameters as readonly Json[]).slice(0, 3),
      { kind: 'constant', name: 'nesterov', value: true },
    ]
    expect(benchmark.misfit(createSpace('hyperparameters', { parameters: changed }))).toMatch(
      /^its parameters\[3\] must be \{"kind":"categorical".*, found \{"kind":"constant".*; take the parameters that/,
    )
  })

  it('may have a record for each split, in JSON lines, each with the time of its training', async () => {
    const { validation: _, test: __, seconds: ___, parameters: ____, ...rest } = wide
    const record = (split: string, accuracy: number) => ({
      architecture: '00000000',
      run: { split, accuracy, seconds: 12.5, seed: 'a' },
    })
    const description = {
      ...rest,
      space: { name: 'nas-bench-macro' },
      architecture: 'architecture',
      dataset: { value: 'cifar10' },
      epochs: { value: 50 },
      repeat: { column: 'run.seed' },
      split: { column: 'run.split', train: 'train', validation: 'valid', test: 'test' },
      accuracy: { column: 'run.accuracy' },
      seconds: { column: 'run.seconds' },
      parameterCount: undefined,
    }
    const records = [record('valid', 0.5), record('test', 0.25), record('other', 0.1)]
    const lines = records.map((one) => JSON.stringify(one)).join('\n')
    for (const table of [lines, JSON.stringify(records), gzipSync(lines)]) {
      using benchmark = await imported({ description, table })
      const place = { dataset: 'cifar10', epochs: 50, repeat: 0 } as const
      expect(benchmark.metric(0, 'valAccuracy', place, '0')).toBe(0.5)
      expect(benchmark.metric(0, 'testAccuracy', place, '0')).toBe(0.25)
      expect(benchmark.metric(0, 'trainSeconds', place, '0')).toBe(12.5)
      expect(benchmark.find(createSpace('nas-bench-macro'), '00000000')).toBe(0)
    }
  })

  it('may be a curve of each training, or means', async () => {
    const { repeat: _, test: __, parameterCount: ___, seconds: ____, ...rest } = wide
    const description = { ...rest, epochs: { value: 9 }, epoch: { column: 'epochs' } }
    const curve = rows.split('\n').filter((line) => !line.includes('888'))
    using benchmark = await imported({ description, table: curve.join('\n') })
    const row = benchmark.find(space, sgd)
    const at = (epoch: number) =>
      benchmark.metric(row, 'valAccuracy', { dataset: 'adult', epochs: 9, epoch, repeat: 0 }, '0')
    expect([at(3), at(9)]).toEqual([0.8125, 0.855])
    expect(benchmark.datasets[0]?.budgets[0]?.measuredEpochs).toEqual([3, 9])
    using means = await imported({
      description: { ...description, repeat: 'mean' },
      table: curve.join('\n'),
    })
    expect(means.datasets[0]?.budgets[0]?.repeatCount).toBe(0)
  })

  it('keeps every decimal number, whatever the unit', async () => {
    const percents = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), {
      minLength: 1,
      maxLength: 5,
    })
    const property = fc.asyncProperty(percents, async (values) => {
      const lines = values.map((value, index) => `adam,0.5,${index + 1},,adult,3,1,${value / 100}`)
      const { test: _, seconds: __, parameterCount: ___, ...description } = wide
      const table = `optimizer,lr,layers,nesterov,task,epochs,seed,val\n${lines.join('\n')}`
      using benchmark = await imported({ description, table })
      for (const [row, value] of values.entries()) {
        const place = { dataset: 'adult', epochs: 3 }
        expect(benchmark.repeats(row, 'valAccuracy', place)).toEqual([Number(`${value}e-4`)])
      }
    })
    await fc.assert(property, { numRuns: 20 })
  })
})

describe('the example of the documentation', () => {
  it('is a benchmark', async () => {
    const page = readFileSync(join(projectFolder(), 'docs/benchmarks/your-own.md'), 'utf8')
    const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
      kind,
      text,
    }))
    const table = blocks.find(({ kind }) => kind === '')?.text ?? ''
    const description: Json = parse(blocks.find(({ kind }) => kind === 'yaml')?.text ?? '')
    using benchmark = await imported({ description: Object(description), table })
    expect(benchmark.name).toBe('my-results')
    const own = createSpace(benchmark.space.name, benchmark.space.settings)
    const row = benchmark.find(own, 'layers=2 learningRate=0.1 optimizer=adam')
    const place = { dataset: 'adult', epochs: 9 }
    expect(benchmark.repeats(row, 'valAccuracy', place)).toEqual([0.855, 0.851])
    expect(benchmark.repeats(row, 'trainSeconds', place)).toEqual([270, 264])
    // What a search draws is in the table, as far as two of eight configurations go.
    const found = Array.from({ length: 40 }, (_, draw) => {
      const text = own.format(own.sample(Random.named('documentation', draw)))
      try {
        return benchmark.find(own, text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'benchmark/no-entry' })
        return null
      }
    })
    expect(new Set(found)).toEqual(new Set([0, 1, null]))
  })
})

describe('a description that is wrong', () => {
  it.each([
    [{ version: 2 }, /description.yaml, version: expected one of 1, found 2$/],
    [{ datset: {} }, /unknown key "datset"; did you mean "dataset"\?$/],
    [
      { name: 'My table' },
      /, name: expected lower-case letters, digits, - and \., .*, found "My table"$/,
    ],
    [
      { validation: { column: 'val', unit: 'percents' } },
      /, validation.unit: expected one of "share", .*"error-percent", found "percents"$/,
    ],
    [
      { validation: undefined, test: undefined },
      /, validation: expected the column of an accuracy \(.*\), found nothing$/,
    ],
    [
      { split: { column: 'task' } },
      /, accuracy: expected a column, since split is there .*, found nothing$/,
    ],
    [
      { split: { column: 'task' }, accuracy: { column: 'val' } },
      /, validation: expected nothing, since with split each record has one accuracy, found \{"column/,
    ],
    [
      { architecture: 'arch' },
      /, parameters: expected nothing, since architecture .*, found \{"learningRate"/,
    ],
    [{ table: 'not-there.csv' }, /not-there.csv cannot be read/],
    [
      { parameters: { lr: 'lr' } },
      /has no parameter lr; its parameters are optimizer, learningRate/,
    ],
    [{ space: { name: 'nas-bench-101' } }, /has no parameter learningRate/],
    [
      { validation: { column: 'valid' } },
      /must have a column valid, but has none: its columns are optimizer, lr/,
    ],
  ])('is refused: %j', async (changes, message) => {
    await expect(imported({ description: { ...wide, ...changes } })).rejects.toThrow(message)
  })

  it('is refused when it is no YAML', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'description.yaml')
    writeFileSync(path, 'version: 1\n  name: [')
    await expect(ownTable.read(path, importContext())).rejects.toThrow(
      /description.yaml: the description cannot be read/,
    )
  })
})

describe('a table that is wrong', () => {
  const line = 'adam,1e-3,5,,adult,3,777,70,,2,1,'

  it.each([
    [
      'optimizer',
      'lbfgs,0.1,2,,adult,3,1,50,50,1,1,',
      /line 8: This is no configuration of the space: .*optimizer/,
    ],
    [
      'range',
      'sgd,3,2,True,adult,3,1,50,50,1,1,',
      /line 8: This is no configuration .*learningRate/,
    ],
    ['kind', 'sgd,0.1,2.5,True,adult,3,1,50,50,1,1,', /line 8: This is no configuration .*layers/],
    [
      'inactive parameter',
      'adam,0.1,2,True,adult,3,1,50,50,1,1,',
      /line 8: This is no configuration .*nesterov/,
    ],
    [
      'missing parameter',
      'sgd,,2,True,adult,3,1,50,50,1,1,',
      /line 8: This is no configuration .*learningRate/,
    ],
    ['accuracy', 'adam,0.1,2,,adult,3,1,101,50,1,1,', /line 8: The valAccuracy of .* but is 1.01/],
    ['error', 'adam,0.1,2,,adult,3,1,50,-1,1,1,', /line 8: The testAccuracy of .* but is 1.01/],
    [
      'NaN',
      'adam,0.1,2,,adult,3,1,nan,50,1,1,',
      /line 8: The column val must have a finite number, or nothing where nothing was measured, but has "nan"/,
    ],
    ['infinity', 'adam,0.1,2,,adult,3,1,-Infinity,50,1,1,', /but has "-Infinity"/],
    [
      'epochs',
      'adam,0.1,2,,adult,0,1,50,50,1,1,',
      /The column epochs must have a whole number of epochs from 1 on, but has "0"/,
    ],
    [
      'data set',
      'adam,0.1,2,,,3,1,50,50,1,1,',
      /The column dataset must have a name, but has nothing/,
    ],
    [
      'size',
      'adam,0.1,2,,adult,3,1,50,50,1,0.0000001,',
      /line 8: The parameterCount .* must be a whole number, but is 0.1/,
    ],
    ['length', 'adam,0.1', /line 8 must have 12 values, but has 2/],
    [
      'duplicate',
      line,
      /line 8: The valAccuracy of .*, repeat 0 must be there once, but is there twice/,
    ],
  ])('is refused for a wrong %s', async (_, added, message) => {
    await expect(imported({ table: `${rows}${added}\n` })).rejects.toThrow(message)
  })

  it.each([
    ['{', /line 1 must be JSON, but is "\{"/],
    ['[1]', /record 0 must be an object, but is 1/],
    ['[{"optimizer": ["sgd"]}]', /record 0 must have one value optimizer, but has \["sgd"\]/],
    ['[{', /it must be JSON/],
    [Buffer.from([0x61, 0xff, 0x0a]), /it must be text in UTF-8, but is not/],
  ])('is refused when it is %j', async (table, message) => {
    await expect(imported({ table })).rejects.toThrow(message)
  })
})
