/** NATS-Bench's official pickles, read by the worker's Python. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { nasBench201 } from '#src/benchmark/nas-bench-201/nas-bench-201.ts'
import { pythonLines } from '#src/benchmark/nas-bench-201/python-lines.ts'
import { workerVariables } from '#src/environment/worker-variables.ts'
import {
  createSpace,
  finished,
  importContext,
  importedSheet,
} from '#test/fixtures/imported-benchmark.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment, sharedData } from '#test/fixtures/worker-environment.ts'

const space = createSpace('nas-bench-201')
const files = join(sharedData('nas-bench-201') ?? '', 'official-files')
const topology = join(files, 'NATS-tss-v1_0-3ffb9-simple')
let interpreter = ''

beforeAll(async () => {
  interpreter = (await cpuEnvironment()).python
})

function context(changes: { readonly signal?: AbortSignal; readonly interpreter?: string } = {}) {
  const { signal, ...python } = changes
  return importContext({
    python: async () => ({ interpreter, variables: workerVariables(1), ...python }),
    ...(signal && { signal }),
  })
}

/** A folder whose one pickle is what a Python expression says. */
function writePickle(folder: string, expression: string): void {
  mkdirSync(folder, { recursive: true })
  const program = `import bz2, os, pickle, sys
class Attack:
    def __reduce__(self): return os.system, ("touch attacked",)
sys.stdout.buffer.write(bz2.compress(pickle.dumps(${expression})))`
  const bytes = execFileSync(interpreter, ['-c', program])
  writeFileSync(join(folder, '000000.pickle.pbz2'), bytes)
}

/** A folder of the three pickles alone: the official list names 15,625. */
async function threePickles() {
  const folder = await temporaryFolder()
  for (const file of globSync('0*', { cwd: topology })) {
    symlinkSync(join(topology, file), join(folder.path, file))
  }
  return folder
}

describe.skipIf(!existsSync(topology))('real pickles (skipped without ../shared/data)', () => {
  it('agree with the compact sheet', async () => {
    await using folder = await temporaryFolder()
    await using pickles = await threePickles()
    expect(await nasBench201.recognizes(pickles.path)).toBe(true)
    using benchmark = finished(
      await nasBench201.read(pickles.path, context()),
      join(folder.path, 'nats.bench'),
    )
    using sheet = await importedSheet('nas-bench-201')
    expect(benchmark.rowCount).toBe(3)
    for (const row of [0, 1, 2]) {
      const official = sheet.find(space, benchmark.architecture(row))
      expect([0, 11, 284][row]).toBe(official)
      for (const { name: dataset, budgets } of sheet.datasets) {
        for (const { epochs, metrics } of budgets) {
          for (const metric of metrics) {
            const place = { dataset, epochs, repeat: 'mean' } as const
            const value = benchmark.metric(row, metric, place, '0')
            // The sheet has four digits of percent, and of seconds an epoch.
            const digits = metric === 'trainSeconds' ? 0.0001 * epochs : 0.000002
            expect(Math.abs(value - sheet.metric(official, metric, place, '0'))).toBeLessThan(
              digits,
            )
          }
        }
        for (const count of ['parameterCount', 'multiplyAdds'] as const) {
          expect(benchmark[count](row, dataset)).toBe(sheet[count](official, dataset))
        }
      }
    }
  })

  it('have every repeat, and every epoch of a short training', async () => {
    await using folder = await temporaryFolder()
    await using pickles = await threePickles()
    using benchmark = finished(
      await nasBench201.read(pickles.path, context()),
      join(folder.path, 'nats.bench'),
    )
    const repeats = (dataset: string, epochs: number, epoch = epochs) =>
      benchmark.repeats(0, 'valAccuracy', { dataset, epochs, epoch })
    // Seeds 111 and 777.
    expect(repeats('cifar10-valid', 12)).toEqual([64.01599998291016 / 100, 62.71199997802734 / 100])
    expect(repeats('cifar10-valid', 12, 1)).toHaveLength(2)
    expect(repeats('cifar10-valid', 200)).toHaveLength(3)
    expect(repeats('cifar100', 12)).toHaveLength(1)
    expect(() => repeats('cifar100', 200, 100)).toThrow('of that training it has the epochs 200')
    expect(() => repeats('cifar10', 200)).toThrow('there it has trainAccuracy, testAccuracy')
  })

  it('come in one order, however many processes read them', async () => {
    await using pickles = await threePickles()
    const module = 'archloom_worker.data.nats_bench'
    const python = { interpreter, variables: workerVariables(1) }
    const read = async (count: number) => {
      const parts = Array.from({ length: count }, (_, part) => [pickles.path, `${part}/${count}`])
      const { signal } = new AbortController()
      const lines: string[] = []
      for await (const line of pythonLines(python, module, parts, signal)) lines.push(line)
      return lines
    }
    const lines = await read(1)
    expect(lines).toHaveLength(3)
    expect(await read(2)).toEqual(lines)
    expect(await read(3)).toEqual(lines)
  })

  it('of which most are missing are refused', async () => {
    await expect(nasBench201.read(topology, context())).rejects.toThrow(
      /000001.pickle.pbz2 is missing and 15621 more: .* names 15625 architectures/,
    )
  })

  it('of the size search space are named as such', async () => {
    const size = join(files, 'NATS-sss-v1_0-50262-simple')
    await expect(nasBench201.read(size, context())).rejects.toThrow(
      "these are results of NATS-Bench's size search space, for which archloom has no search space",
    )
  })
})

describe('a folder of pickles', () => {
  it.each([
    ['runs nothing', 'Attack()', /its pickle asks for posix.system, which no result needs/],
    [
      'is refused by its file',
      '[1]',
      /000000.pickle.pbz2 must hold dictionaries, but holds a list/,
    ],
    [
      'is refused for a data set that nobody knows',
      '{"1": {"arch_index": 0, "arch_str": "x", "all_results": {("svhn", 1): {"epochs": 1, "eval_acc1es": {}, "train_times": [1], "train_acc1es": {}, "params": 1, "flop": 1}}}}',
      /the architecture 0 is not as NATS-Bench publishes it/,
    ],
    [
      'is refused for an architecture outside the space',
      '{"12": {"arch_index": 0, "arch_str": "|none~0|", "all_results": {}}}',
      /000000.pickle.pbz2: \|none~0\|: The nas-bench-201 architecture is wrong at the cell/,
    ],
  ])('%s', async (_, expression, message) => {
    await using folder = await temporaryFolder()
    writePickle(folder.path, expression)
    await expect(nasBench201.read(folder.path, context())).rejects.toThrow(message)
    expect(existsSync('attacked')).toBe(false)
  })

  it('says what is wrong with Python when there is none', async () => {
    await using folder = await temporaryFolder()
    writePickle(folder.path, '{}')
    await expect(
      nasBench201.read(folder.path, context({ interpreter: '/no/python' })),
    ).rejects.toThrow(/Python, which reads it, ended with .*ENOENT/)
    await expect(
      nasBench201.read(folder.path, {
        ...context(),
        python: async () => ({ interpreter, variables: {} }),
      }),
    ).rejects.toThrow(/No module named|ended with 1/)
  })

  it('stops when it is told to', async () => {
    await using folder = await temporaryFolder()
    writePickle(folder.path, '{}')
    const signal = AbortSignal.abort(new Error('Stop'))
    await expect(nasBench201.read(folder.path, context({ signal }))).rejects.toThrow('Stop')
  })
})
