import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ImportRequest, importBenchmark } from '#src/runner/benchmarks.ts'
import { type BenchmarkQuery, queryBenchmark } from '#src/runner/query-benchmark.ts'
import { recordRow, tfRecord } from '#test/fixtures/nas-bench-101-records.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const code = (test: number) => ({
  test_acc: [test, test + 1, test + 2],
  mean_acc: test + 1,
  params: 387_882,
  flops: 7_713_280,
})

/** The example of the official README, as its file has it. */
const cell = {
  hash: '28cfc7874f6d200472e1a9dcd8650aa0',
  epochs: 4,
  matrix: ['0111010', '0000001', '0000001', '0000100', '0000001', '0000001', '0000000'].join(''),
  labels: 'input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output',
  evaluations: [0, 2, 4].map((epoch) => ({
    epoch,
    seconds: 10 * epoch,
    train: 1,
    validation: 0.5,
    test: 0.25,
  })),
  parameterCount: 2_694_282,
}

let folder: TemporaryFolder
let macro = ''
let cells = ''

function imported(request: Partial<ImportRequest> & { readonly source: string }) {
  return importBenchmark({
    folder: folder.path,
    environment: 'cpu',
    onProgress: () => {},
    signal: new AbortController().signal,
    ...request,
  })
}

function ask(name: string, query: Partial<BenchmarkQuery> & { readonly architecture: string }) {
  return queryBenchmark(name, { overrides: [], folder: folder.path, ...query })
}

beforeAll(async () => {
  folder = await temporaryFolder()
  macro = join(folder.path, 'nas-bench-macro_cifar10.json')
  writeFileSync(macro, JSON.stringify({ '00000000': code(45), '22212220': code(92) }))
  cells = join(folder.path, 'cells.tfrecord')
  // A cell is trained three times.
  const training = tfRecord(recordRow(cell))
  writeFileSync(cells, Buffer.concat([training, training, training]))
  await imported({ source: macro })
  await imported({ source: cells })
})

afterAll(() => folder[Symbol.asyncDispose]())

describe('an import', () => {
  it('tells the format from the file, and says what it made', async () => {
    const summary = await imported({ source: macro, name: 'mine' })
    expect(summary).toMatchObject({
      name: 'mine',
      path: join(folder.path, 'mine.bench'),
      rowCount: 2,
      space: { name: 'nas-bench-macro' },
    })
  })

  it('is told how far it is, and is interrupted by its signal', async () => {
    const shares: number[] = []
    await imported({ source: macro, onProgress: ({ share }) => shares.push(share) })
    expect(shares).toEqual([1])
    const stopping = new AbortController()
    const stopped = imported({
      source: macro,
      name: 'stopped',
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    await expect(stopped).rejects.toMatchObject({
      code: 'run/interrupted',
      message: `The import of ${macro} was stopped; nothing was written, start it again`,
    })
    expect(readdirSync(folder.path).filter((file) => file.includes('stopped'))).toEqual([])
  })

  it.each([
    [{ source: 'nas-bench-macro' }, /Give the file to import after the format/],
    [
      { source: 'x', format: 'nas-bench-makro' },
      /no benchmark format "nas-bench-makro"; did you mean nas-bench-macro\?/,
    ],
    [{ source: 'not-there.json' }, /There is no file or folder not-there.json/],
    [
      { source: 'package.json' },
      /No format recognizes package.json; expected for nas-bench-101 nasbench_full/,
    ],
    [
      { source: 'package.json', format: 'nas-bench-101' },
      /the check sum of the length of record 0 differs/,
    ],
    [{ source: 'package.json', format: 'nas-bench-201' }, /a column arch, but has none/],
    [{ source: 'src', format: 'nas-bench-macro' }, /EISDIR|In src/],
  ])('is refused: %j', async (request, message) => {
    await expect(imported(request)).rejects.toThrow(message)
  })
})

describe('a question', () => {
  it('finds a cell by any form, of the space or of one that the table answers for', () => {
    const named = ask('nas-bench-101', { architecture: 'inception-like' })
    expect(named.row).toBe(0)
    expect(named.canonical).toBe(cell.hash)
    // Its vertices in other orders.
    for (const architecture of [
      'maxpool3x3(0)|conv3x3(0)|conv3x3(0)|conv3x3(2)|conv1x1(0)|output(1,3,4,5)',
      'maxpool3x3(0)|conv3x3(0)|conv3x3(0)|conv3x3(3)|conv1x1(0)|output(1,2,4,5)',
    ]) {
      expect(ask('nas-bench-101', { architecture })).toEqual(named)
    }
    const part = 'conv3x3(0)|conv3x3(0,1)|conv3x3(0,1)|conv3x3(0,1)|output(2,3)'
    expect(() => ask('nas-bench-101', { architecture: part, space: 'nas-bench-1shot1' })).toThrow(
      /The benchmark nas-bench-101 has no result of the nas-bench-1shot1 architecture/,
    )
  })

  it('gives all that there is, or the part that is asked for', () => {
    const numbers = { trainAccuracy: 1, valAccuracy: 0.5, testAccuracy: 0.25 }
    const all = ask('nas-bench-101', { architecture: 'inception-like' })
    expect(all.sizes).toEqual([
      { dataset: 'cifar10', parameterCount: 2_694_282, multiplyAdds: null },
    ])
    const end = { dataset: 'cifar10', epochs: 4, epoch: 4 }
    const repeats = [0, 1, 2, 'mean']
    expect(all.measurements).toEqual(
      repeats.map((repeat) => ({ ...end, repeat, ...numbers, trainSeconds: 40 })),
    )
    const halfway = ask('nas-bench-101', {
      architecture: 'inception-like',
      epoch: 2,
      metric: 'valAccuracy',
      repeat: 'mean',
    })
    expect(halfway.measurements).toEqual([{ ...end, epoch: 2, repeat: 'mean', valAccuracy: 0.5 }])
  })

  it('has a line for each repeat and their mean', () => {
    const { measurements } = ask('nas-bench-macro', { architecture: '22212220' })
    expect(measurements.map(({ repeat, testAccuracy }) => [repeat, testAccuracy])).toEqual([
      [0, 0.92],
      [1, 0.93],
      [2, 0.94],
      ['mean', expect.closeTo(0.93, 12)],
    ])
  })

  it.each([
    [{ metric: 'valAccuracy' }, /has no metric valAccuracy there; it has testAccuracy/],
    [{ dataset: 'svhn' }, /has no data set svhn there; it has cifar10/],
    [{ epochs: 12 }, /has no training epochs 12 there; it has 50/],
    [{ epoch: 12 }, /has no epoch 12 there; it has 50/],
    [{ repeat: 3 }, /there it has the repeats 0 to 2/],
    [{ architecture: '2221222' }, /expected 8 digits/],
    [{ architecture: '00000001' }, /has no result of the nas-bench-macro architecture 00000001/],
    [{ space: 'nas-bench-201' }, /it holds results of nas-bench-macro, not of nas-bench-201/],
    [
      { space: 'nas-bench-makro' },
      /unknown name "nas-bench-makro"; did you mean "nas-bench-macro"/,
    ],
    [{ overrides: ['channels=64'] }, /its networks have channels 32, the space has 64/],
    [{ overrides: ['chanels=64'] }, /chanels/],
  ] as const)('for what is not there is refused: %j', (query, message) => {
    expect(() => ask('nas-bench-macro', { architecture: '22212220', ...query })).toThrow(message)
  })
})
