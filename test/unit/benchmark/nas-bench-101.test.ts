import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Benchmark } from '#src/benchmark/benchmark.ts'
import { crc32c } from '#src/benchmark/nas-bench-101/crc32c.ts'
import { decodeModelMetrics } from '#src/benchmark/nas-bench-101/model-metrics.ts'
import { nasBench101 } from '#src/benchmark/nas-bench-101/nas-bench-101.ts'
import { Random } from '#src/random/random.ts'
import {
  createSpace,
  finished,
  importContext,
  importedSheet,
  sheetMissing,
} from '#test/fixtures/imported-benchmark.ts'
import {
  bitwiseCrc32c,
  modelMetrics,
  recordRow,
  tfRecord,
  type WrittenEvaluation,
  type WrittenRecord,
} from '#test/fixtures/nas-bench-101-records.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { sharedData } from '#test/fixtures/worker-environment.ts'

const space = createSpace('nas-bench-101')
const budgets = [4, 12, 36, 108] as const

/** Half-way and at the end; every number tells where it stands. */
function evaluationsOf(cell: number, epochs: number, repeat: number): WrittenEvaluation[] {
  return [0, epochs / 2, epochs].map((epoch, index) => {
    const images = 1000 * index + 100 * cell + 10 * repeat + budgets.indexOf(epochs as 4)
    return {
      epoch,
      seconds: Math.fround(epoch * 12.3 + repeat),
      train: Math.fround((images + 3) / 9984),
      validation: Math.fround((images + 2) / 9984),
      test: Math.fround((images + 1) / 9984),
    }
  })
}

/** Input to output, and one convolution between: of 2 and 3 vertices. */
const cells = [
  {
    hash: '043721b9c7fe8c5fad811d47d83132ec',
    matrix: '0100',
    labels: 'input,output',
    text: 'conv1x1()|conv1x1()|conv1x1()|conv1x1()|conv1x1()|output(0)',
    parameterCount: 882_570,
  },
  {
    hash: 'b49ac8c578b4561d79ac7087988f1c61',
    matrix: '010001000',
    labels: 'input,conv3x3-bn-relu,output',
    text: 'conv3x3(0)|conv1x1()|conv1x1()|conv1x1()|conv1x1()|output(1)',
    parameterCount: 10_177_674,
  },
] as const

function records(): WrittenRecord[] {
  return cells.flatMap((cell, index) =>
    budgets.flatMap((epochs) =>
      [0, 1, 2].map((repeat) => ({
        ...cell,
        epochs,
        evaluations: evaluationsOf(index, epochs, repeat),
      })),
    ),
  )
}

function write(folder: TemporaryFolder, bytes: Buffer, name = 'any.tfrecord'): string {
  const path = join(folder.path, name)
  writeFileSync(path, bytes)
  return path
}

function framed(written: readonly WrittenRecord[]): Buffer {
  return Buffer.concat(written.map((record) => tfRecord(recordRow(record))))
}

async function imported(folder: TemporaryFolder, bytes: Buffer, name?: string): Promise<Benchmark> {
  const table = await nasBench101.read(write(folder, bytes, name), importContext())
  return finished(table, join(folder.path, 'out.bench'))
}

describe('the check sum', () => {
  it('is the published one', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    // RFC 3720, appendix B.4: 32 bytes of zeros, of ones, ascending.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
  })

  it('is that of long division', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32c(bytes)).toBe(bitwiseCrc32c(bytes))
    })
    fc.assert(property, { numRuns: 50 })
  })
})

describe('the protocol buffer', () => {
  it('gives back what was written, whatever else there is', () => {
    const number = fc.double({ noNaN: true })
    const evaluation = fc.record({
      epoch: number,
      seconds: number,
      train: number,
      validation: number,
      test: number,
    })
    const given = fc.record({ evaluations: fc.array(evaluation), parameterCount: fc.nat() })
    const property = fc.property(given, ({ evaluations, parameterCount }) => {
      const bytes = modelMetrics({ ...records()[0], evaluations, parameterCount } as WrittenRecord)
      expect(decodeModelMetrics(bytes)).toEqual({
        evaluations: evaluations.map(({ epoch, seconds, train, validation, test }) => ({
          currentEpoch: epoch,
          trainingTime: seconds,
          trainAccuracy: train,
          validationAccuracy: validation,
          testAccuracy: test,
        })),
        trainableParameters: parameterCount,
      })
    })
    fc.assert(property)
  })

  it('is refused by its place, or read in part, when it is cut or changed: never a crash', () => {
    const [record] = records()
    const whole = modelMetrics(record as WrittenRecord)
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length))
    const property = fc.property(change, ([at, value, length]) => {
      const bytes = Buffer.from(whole.subarray(0, length))
      if (at < length) bytes[at] = value
      try {
        decodeModelMetrics(bytes)
      } catch (error) {
        expect(String(error)).toMatch(
          /The bytes are no (ModelMetrics|EvaluationData) message: expected/,
        )
      }
    })
    fc.assert(property)
  })
})

describe('a file of records', () => {
  it('answers by cell, budget, repeat and point within the training', async () => {
    await using folder = await temporaryFolder()
    using benchmark = await imported(folder, framed(records()))
    expect(benchmark.rowCount).toBe(2)
    expect(benchmark.datasets).toEqual([
      {
        name: 'cifar10',
        budgets: budgets.map((epochs) => ({
          epochs,
          repeatCount: 3,
          metrics: ['trainAccuracy', 'valAccuracy', 'testAccuracy', 'trainSeconds'],
          isTestOnly: false,
          measuredEpochs: [epochs / 2, epochs],
          missingCount: 0,
        })),
      },
    ])
    for (const [cell, { text, parameterCount }] of cells.entries()) {
      const row = benchmark.find(space, text)
      expect(benchmark.architecture(row)).toBe(text)
      expect(benchmark.parameterCount(row, 'cifar10')).toBe(parameterCount)
      for (const epochs of budgets) {
        for (const repeat of [0, 1, 2]) {
          const [, halfway, end] = evaluationsOf(cell, epochs, repeat)
          const place = { dataset: 'cifar10', epochs, repeat }
          const look = (epoch: number) => ({
            epoch,
            seconds: benchmark.metric(row, 'trainSeconds', { ...place, epoch }, '0'),
            train: benchmark.metric(row, 'trainAccuracy', { ...place, epoch }, '0'),
            validation: benchmark.metric(row, 'valAccuracy', { ...place, epoch }, '0'),
            test: benchmark.metric(row, 'testAccuracy', { ...place, epoch }, '0'),
          })
          expect(look(epochs / 2)).toEqual(halfway)
          expect(look(epochs)).toEqual(end)
        }
      }
    }
  })

  it('may come in any order, in pieces of any size, and packed', async () => {
    await using folder = await temporaryFolder()
    using plain = await imported(folder, framed(records()))
    // Repeats keep their order within a cell and a budget.
    const byBudget = records().toSorted((one, other) => other.epochs - one.epochs)
    using packed = await imported(folder, gzipSync(framed(byBudget)), 'any.tfrecord.gz')
    for (const { text } of cells) {
      for (const epochs of budgets) {
        const place = { dataset: 'cifar10', epochs }
        const [row, other] = [plain.find(space, text), packed.find(space, text)]
        expect(packed.repeats(other, 'valAccuracy', place)).toEqual(
          plain.repeats(row, 'valAccuracy', place),
        )
      }
    }
  })

  it('is recognized by what it starts with', async () => {
    await using folder = await temporaryFolder()
    expect(await nasBench101.recognizes(write(folder, framed(records()), 'no-name'))).toBe(true)
    expect(await nasBench101.recognizes(write(folder, Buffer.from('{"a": 1}'), 'x'))).toBe(false)
    expect(await nasBench101.recognizes(join(folder.path, 'not-there'))).toBe(false)
  })
})

describe('a file of records that is wrong', () => {
  const [first, ...others] = records()
  const one = first as WrittenRecord
  const changed = (changes: Partial<WrittenRecord>) => framed([{ ...one, ...changes }, ...others])
  const row = (...items: readonly unknown[]) => tfRecord(Buffer.from(JSON.stringify(items)))
  const wrongAt = (at: number, bytes = framed(records())) =>
    Buffer.from(bytes).fill((bytes[at] ?? 0) ^ 1, at, at + 1)
  const [start, halfway, end] = one.evaluations as [
    WrittenEvaluation,
    WrittenEvaluation,
    WrittenEvaluation,
  ]

  it.each([
    ['cut in a record', framed(records()).subarray(0, -3), /it ends within record 23; fetch/],
    ['cut in its first length', framed(records()).subarray(0, 5), /it ends within record 0/],
    ['of a wrong length', wrongAt(1), /the check sum of the length of record 0 differs/],
    ['of a wrong sum of the length', wrongAt(9), /the check sum of the length of record 0/],
    ['of changed data', wrongAt(30), /the check sum of the data of record 0 differs/],
    ['of changed data later', wrongAt(1500), /the check sum of the data of record \d differs/],
    ['no JSON', tfRecord(Buffer.from('{')), /record 0: Expected JSON, found something else/],
    ['of other JSON', row(1, 2), /record 0: Expected a JSON array of hash, epochs .*found \[1,2\]/],
    ['of a wrong type', row(one.hash, '4', '0100', 'input,output', ''), /Expected a JSON array/],
    ['of odd epochs', changed({ epochs: 5 }), /an even number/],
    ['of no hash', changed({ hash: 'x' }), /Expected a JSON array of hash/],
    ['of a matrix too short', changed({ matrix: '010' }), /expected 4 zeros and ones, found "010"/],
    ['of an edge backwards', changed({ matrix: '0110' }), /found an edge from 1 to 0/],
    [
      'of an unknown operation',
      changed({ matrix: '010001000', labels: 'input,conv5x5,output' }),
      /expected one of conv3x3-bn-relu, .*found "conv5x5"/,
    ],
    ['without an input', changed({ labels: 'output,input' }), /2 to 7 labels from input to output/],
    ['of eight vertices', changed({ labels: 'input,a,a,a,a,a,a,output' }), /2 to 7 labels/],
    ['of a cell cut in two', changed({ matrix: '0000' }), /record 0: .*path from vertex 0/],
    [
      "of a hash that is not its cell's",
      changed({ hash: 'b49ac8c578b4561d79ac7087988f1c61' }),
      /record 0: Expected the hash 043721b9c7fe8c5fad811d47d83132ec for the cell .*, found b49ac8/,
    ],
    [
      'of a cell that is another one later',
      framed([...others, { ...one, matrix: '010001000', labels: 'input,maxpool3x3,output' }]),
      /record 23: One row needs one architecture, but 043721/,
    ],
    [
      'of four trainings',
      framed([...records(), one]),
      /record 24: Expected 3 trainings of 4 epochs of the cell 0437.*, found another one/,
    ],
    [
      'cut before its last record',
      framed(records().slice(0, -1)),
      /it must have 3 trainings of 108 epochs of each cell, but has 2 of conv3x3\(0\)/,
    ],
    [
      'cut between two cells of a budget',
      framed([...records().filter(({ epochs }) => epochs === 4), ...records().slice(3, 6)]),
      /it must have 3 trainings of 12 epochs of each cell, but has 0 of conv3x3\(0\)/,
    ],
    ['without an evaluation', changed({ evaluations: [start, end] }), /found 2 evaluations/],
    [
      'of evaluations elsewhere',
      changed({ evaluations: [start, { ...halfway, epoch: 3 }, end] }),
      /Expected an evaluation at epoch 2, found one at 3/,
    ],
    [
      'of no number',
      changed({ evaluations: [start, halfway, { ...end, test: Number.NaN }] }),
      /record 0: The testAccuracy of conv1x1.* must be a share from 0 to 1, but is NaN/,
    ],
    [
      'of an infinite number',
      changed({ evaluations: [start, halfway, { ...end, seconds: Number.POSITIVE_INFINITY }] }),
      /trainSeconds .* is Infinity/,
    ],
    [
      'of other parameters later',
      framed([...others, { ...one, parameterCount: 7 }]),
      /record 23: The parameterCount .* is 882570 and 7/,
    ],
    [
      'of broken metrics',
      row(one.hash, 4, '0100', 'input,output', 'CglAAA=='),
      /record 0: The bytes are no ModelMetrics message: expected 9 more bytes/,
    ],
    ['of empty metrics', row(one.hash, 4, '0100', 'input,output', ''), /found 0 evaluations/],
    [
      'broken gzip',
      gzipSync(framed(records())).subarray(0, -20),
      /it cannot be read: unexpected end of file/,
    ],
    ['empty', Buffer.alloc(0), /Nothing was found to make the benchmark nas-bench-101 of/],
  ])('is refused when it is %s', async (_, bytes, message) => {
    await using folder = await temporaryFolder()
    await expect(imported(folder, bytes)).rejects.toThrow(message)
  })

  it('stops when it is told to', async () => {
    await using folder = await temporaryFolder()
    const path = write(folder, framed(records()))
    const context = importContext({ signal: AbortSignal.abort(new Error('Stop')) })
    await expect(nasBench101.read(path, context)).rejects.toThrow('Stop')
  })
})

describe('a compact sheet', () => {
  const rows = ['2,1,,882570,25092', '3,5,0,10177674,27869']
  const header = 'vertices,adjacency,ops,params,test_correct'
  const hashes = cells.map(({ hash }) => hash)

  async function readSheet(lines: readonly string[], hexadecimal: readonly string[] | null) {
    await using folder = await temporaryFolder()
    writeFileSync(join(folder.path, 'cells.csv'), [header, ...lines].join('\n'))
    if (hexadecimal !== null) {
      writeFileSync(join(folder.path, 'hashes.bin'), Buffer.from(hexadecimal.join(''), 'hex'))
    }
    const source = hexadecimal === null ? join(folder.path, 'cells.csv') : folder.path
    expect(await nasBench101.recognizes(source)).toBe(true)
    return finished(await nasBench101.read(source, importContext()), join(folder.path, 'x.bench'))
  }

  it('has the mean test accuracy and the size of each cell', async () => {
    using benchmark = await readSheet(rows, hashes)
    const [, convolution] = cells
    const row = benchmark.find(space, convolution.text)
    const place = { dataset: 'cifar10', epochs: 108, repeat: 'mean' } as const
    expect(benchmark.metric(row, 'testAccuracy', place, '0')).toBe(27869 / 29952)
    expect(benchmark.parameterCount(row, 'cifar10')).toBe(convolution.parameterCount)
    // A space of smaller cells is a part of this one; one of more edges is not.
    const small = createSpace('nas-bench-101', { vertices: 3 })
    expect(benchmark.find(small, 'conv3x3(0)|output(1)')).toBe(row)
    expect(benchmark.misfit(createSpace('nas-bench-101', { maxEdges: 10 }))).toBe(
      'its maxEdges is at most 9, the space has 10',
    )
  })

  it('cannot be asked for more once it is closed', async () => {
    const benchmark = await readSheet(rows, hashes)
    benchmark[Symbol.dispose]()
    expect(() => benchmark.architecture(0)).toThrow(/was closed before/)
    benchmark[Symbol.dispose]()
  })

  it.each([
    [
      'another hash',
      rows,
      [...hashes].reverse(),
      /line 2: .* must have the hash b49ac8.*, but has 043721/,
    ],
    ['too few hashes', rows, hashes.slice(1), /line 2: .* must have the hash b49ac8/],
    [
      'no hash for a row',
      rows,
      hashes.slice(0, 1),
      /cells.csv: line 3: The cell .* must have its hash in hashes.bin, but that ends after 1; fetch/,
    ],
    [
      'too many hashes',
      rows.slice(0, 1),
      hashes,
      /cells.csv: it must have all 2 cells of hashes.bin, but has 1 of them; fetch the whole file again/,
    ],
    [
      'hashes that are cut within one',
      rows,
      [hashes[0] ?? '', (hashes[1] ?? '').slice(0, 10)],
      /^In [^:]*hashes.bin: it must have 16 bytes for each cell, but the last one has 5; fetch/,
    ],
    ['no hashes', rows, null, /hashes.bin: the hashes of the cells must be beside them/],
    [
      'a label that is none',
      ['3,5,3,1,1'],
      hashes.slice(1),
      /line 2: .*expected labels 0, 1 and 2, found "3"/,
    ],
    [
      'too many labels',
      ['2,1,0,1,1'],
      hashes.slice(0, 1),
      /line 2: .*expected 1 operations .*, found 2 vertices/,
    ],
    ['no number', ['2,1,,882570,x'], hashes.slice(0, 1), /line 2: .*testAccuracy .* but is NaN/],
    [
      'too many right answers',
      ['2,1,,882570,29953'],
      hashes.slice(0, 1),
      /must be a share from 0 to 1/,
    ],
  ])('is refused with %s', async (_, lines, hexadecimal, message) => {
    await expect(readSheet(lines, hexadecimal)).rejects.toThrow(message)
  })
})

const folder = sharedData('nas-bench-101')

describe.skipIf(folder === null)('thirty real cells (skipped without ../shared/data)', () => {
  interface RealCell {
    readonly hash: string
    readonly trainable_parameters: number
    readonly module_adjacency: readonly (readonly number[])[]
    readonly module_operations: readonly string[]
    readonly computed: { readonly 108: readonly Readonly<Record<string, number>>[] }
  }
  const read = () =>
    JSON.parse(readFileSync(join(folder ?? '', 'sample-30-cells.json'), 'utf8')) as RealCell[]

  it('have the numbers that another project keeps of them', async () => {
    await using out = await temporaryFolder()
    const path = join(folder ?? '', 'sample-30-cells.tfrecord')
    const table = await nasBench101.read(path, importContext())
    using benchmark = finished(table, join(out.path, 'sample.bench'))
    expect(benchmark.rowCount).toBe(30)
    for (const cell of read()) {
      const row = benchmark.find(space, textOf(cell))
      expect(space.canonical(space.parse(benchmark.architecture(row)))).toBe(cell.hash)
      expect(benchmark.parameterCount(row, 'cifar10')).toBe(cell.trainable_parameters)
      for (const [repeat, training] of cell.computed[108].entries()) {
        const look = (
          metric: 'valAccuracy' | 'testAccuracy' | 'trainAccuracy' | 'trainSeconds',
          epoch: number,
        ) => benchmark.metric(row, metric, { dataset: 'cifar10', epochs: 108, epoch, repeat }, '0')
        expect({
          halfway_training_time: look('trainSeconds', 54),
          halfway_train_accuracy: look('trainAccuracy', 54),
          halfway_validation_accuracy: look('valAccuracy', 54),
          halfway_test_accuracy: look('testAccuracy', 54),
          final_training_time: look('trainSeconds', 108),
          final_train_accuracy: look('trainAccuracy', 108),
          final_validation_accuracy: look('valAccuracy', 108),
          final_test_accuracy: look('testAccuracy', 108),
        }).toEqual(training)
      }
    }
  })

  it('say what a file with one budget does not have', async () => {
    await using out = await temporaryFolder()
    const path = join(folder ?? '', 'sample-30-cells.tfrecord')
    const table = await nasBench101.read(path, importContext())
    using benchmark = finished(table, join(out.path, 'sample.bench'))
    expect(() =>
      benchmark.metric(0, 'valAccuracy', { dataset: 'cifar10', epochs: 12, repeat: 0 }, '0'),
    ).toThrow('on cifar10 it has trainings of 108 epochs')
    expect(() =>
      benchmark.find(space, 'conv1x1()|conv1x1()|conv1x1()|conv1x1()|conv1x1()|output(0)'),
    ).toThrow('has no result of the nas-bench-101 architecture')
  })

  function textOf({ module_adjacency: matrix, module_operations: labels }: RealCell): string {
    const sources = (vertex: number) =>
      matrix.flatMap((line, source) => (line[vertex] === 1 ? [source] : [])).join(',')
    const names = labels.slice(1, -1).map((label) => label.replace('-bn-relu', ''))
    const added = Array.from({ length: 7 - labels.length }, () => 'maxpool3x3()')
    return [
      ...names.map((name, index) => `${name}(${sources(index + 1)})`),
      ...added,
      `output(${sources(labels.length - 1)})`,
    ].join('|')
  }
})

describe.skipIf(sheetMissing('nas-bench-101') !== null)(
  'all cells (skipped without ../shared/data)',
  () => {
    const place = { dataset: 'cifar10', epochs: 108, repeat: 'mean' } as const

    it('are 423,624, with the published best, mean and worst', { timeout: 300_000 }, async () => {
      using benchmark = await importedSheet('nas-bench-101')
      expect(benchmark.rowCount).toBe(423_624)
      const look = (row: number) => benchmark.metric(row, 'testAccuracy', place, '0')
      const accuracies = Float64Array.from({ length: benchmark.rowCount }, (_, row) => look(row))
      expect(accuracies.reduce((sum, value) => sum + value) / accuracies.length).toBeCloseTo(
        0.896798,
        6,
      )
      const best = accuracies.reduce((top, value, row) => (value > look(top) ? row : top), 0)
      expect(look(best)).toBeCloseTo(0.943175753, 7)
      expect(benchmark.parameterCount(best, 'cifar10')).toBe(32_426_634)
      const named = 'conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)'
      expect(benchmark.find(space, named)).toBe(best)
      expect(accuracies.filter((value) => value >= 0.94)).toHaveLength(52)
    })

    it('have the numbers that stand beside the table', { timeout: 300_000 }, async () => {
      using benchmark = await importedSheet('nas-bench-101')
      interface Golden {
        readonly row: number
        readonly hash: string
        readonly trainable_parameters: number
        readonly mean_test_accuracy: number
      }
      const golden = JSON.parse(readFileSync(join(folder ?? '', 'golden.json'), 'utf8')) as {
        readonly best_cell: Golden
        readonly first_cell: Golden
        readonly cells_up_to_3_vertices: readonly Golden[]
      }
      const known = [golden.best_cell, golden.first_cell, ...golden.cells_up_to_3_vertices]
      expect(known).toHaveLength(9)
      for (const { row, hash, trainable_parameters, mean_test_accuracy } of known) {
        expect(space.canonical(space.parse(benchmark.architecture(row)))).toBe(hash)
        expect(benchmark.parameterCount(row, 'cifar10')).toBe(trainable_parameters)
        expect(benchmark.metric(row, 'testAccuracy', place, '0')).toBe(mean_test_accuracy)
      }
    })

    it('are found by any isomorphic form, and through NAS-Bench-1Shot1', {
      timeout: 300_000,
    }, async () => {
      using benchmark = await importedSheet('nas-bench-101')
      for (const name of ['S1', 'S2', 'S3']) {
        const part = createSpace('nas-bench-1shot1', { variant: name })
        expect(benchmark.misfit(part)).toBeNull()
        for (let index = 0; index < 200; index++) {
          const architecture = part.sample(Random.named('7', name, index))
          const row = benchmark.find(part, part.format(architecture))
          const own = benchmark.architecture(row)
          expect(space.canonical(space.parse(own))).toBe(part.canonical(architecture))
          expect(benchmark.find(space, own)).toBe(row)
        }
      }
      const wide = createSpace('nas-bench-1shot1', { channels: 64 })
      expect(benchmark.misfit(wide)).toBe('its networks have channels 128, the space has 64')
    })

    it('have test accuracy alone, and say so', { timeout: 300_000 }, async () => {
      using benchmark = await importedSheet('nas-bench-101')
      expect(benchmark.datasets[0]?.budgets[0]?.isTestOnly).toBe(true)
      expect(() => benchmark.metric(0, 'valAccuracy', place, '0')).toThrow(
        'there it has testAccuracy',
      )
      expect(() =>
        benchmark.metric(0, 'testAccuracy', { ...place, repeat: 'random' }, '0'),
      ).toThrow('there it has means over repeats alone: ask for repeat mean')
    })
  },
)
