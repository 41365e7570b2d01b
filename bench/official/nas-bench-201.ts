/** The folder `NATS-tss-v1_0-3ffb9-simple` with made-up numbers: every cell, schedule and seed. */
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Benchmark } from '#src/benchmark/benchmark.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { resolveEnvironment } from '#src/environment/resolve.ts'
import { Random } from '#src/random/random.ts'
import { type Fault, type OfficialFile, same } from './official-file.ts'

const run = promisify(execFile)
const operations = ['none', 'skip_connect', 'nor_conv_1x1', 'nor_conv_3x3', 'avg_pool_3x3']
const datasets = ['cifar10-valid', 'cifar10', 'cifar100', 'ImageNet16-120']
const splits = ['train', 'x-valid', 'x-test', 'ori-test'] as const
const spotCells = 2000
/** The file that is damaged. */
const damaged = '007812.pickle.pbz2'

export const officialNasBench201: OfficialFile = {
  name: 'nas-bench-201',
  async write(folder) {
    const source = join(folder, 'NATS-tss-v1_0-3ffb9-simple')
    mkdirSync(source, { recursive: true })
    const list = join(folder, 'cells.json')
    const cells = architectures()
    writeFileSync(list, JSON.stringify(cells))
    const { python } = await resolveEnvironment('cpu', { allowDrift: true })
    const writer = join(projectFolder(), 'bench', 'official', 'nats_bench.py')
    const isWhole = () => readdirSync(source).length === cells.length + 1
    if (!isWhole()) {
      const count = availableParallelism()
      const parts = Array.from({ length: count }, (_, part) => `${part}/${count}`)
      await Promise.all(parts.map((part) => run(python, [writer, source, list, part])))
    }
    if (!isWhole()) throw new Error(`${source} is not whole`)
    const notANumber = join(folder, 'not-a-number')
    mkdirSync(notANumber, { recursive: true })
    await run(python, [writer, notANumber, list, '0/1', String(Number(damaged.slice(0, 6)))])
    const sizes = readdirSync(source).map((file) => statSync(join(source, file)).size)
    return {
      source,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      records: sizes.length,
      faults: faultsOf(join(source, damaged), join(notANumber, damaged)),
    }
  },
  check(benchmark) {
    const cells = architectures()
    if (benchmark.rowCount !== cells.length) throw new Error(`${benchmark.rowCount} rows`)
    const random = Random.named('0', 'spots')
    let agreed = 0
    for (let spot = 0; spot < spotCells; spot++) {
      const index = random.int(cells.length)
      if (benchmark.architecture(index) !== cells[index]) throw new Error(`Row ${index} is another`)
      agreed += checkCell(benchmark, index)
    }
    return agreed
  },
}

function architectures(): readonly string[] {
  return Array.from({ length: operations.length ** 6 }, (_, index) => {
    const name = (edge: number) => operations[Math.floor(index / 5 ** (5 - edge)) % 5]
    return `|${name(0)}~0|+|${name(1)}~0|${name(2)}~1|+|${name(3)}~0|${name(4)}~1|${name(5)}~2|`
  })
}

/** Seeds of a data set, ascending, as `nats_bench.py` writes them. */
function seedsOf(index: number, dataset: number, epochs: number): readonly number[] {
  if (epochs === 12) return dataset === 0 ? [111, 777] : [111]
  return index % 5 === 0 ? [777] : [777, 888, 999]
}

/** The same rule as `percent` in `nats_bench.py`. */
function shareOf(
  index: number,
  training: { dataset: number; seed: number },
  epoch: number,
  split: number,
): number {
  const { dataset, seed } = training
  const key = index * 7919 + (dataset * 1000 + seed) * 104729 + epoch * 613 + split * 31
  return (key % 100000) / 1000 / 100
}

function checkCell(benchmark: Benchmark, index: number): number {
  let agreed = 0
  const expect = (found: number, written: number, place: string) => {
    same(found, written, `${place} of ${index}`)
    agreed += 1
  }
  for (const [dataset, name] of datasets.entries()) {
    expect(
      benchmark.parameterCount(index, name) ?? -1,
      ((index * 13 + dataset) % 1500000) + 1,
      name,
    )
    expect(
      benchmark.multiplyAdds(index, name) ?? -1,
      ((index * 17 + dataset * 3) % 20000000) * 10,
      name,
    )
    for (const epochs of [12, 200]) {
      const seeds = seedsOf(index, dataset, epochs)
      for (const epoch of epochs === 12 ? Array.from({ length: 12 }, (_, at) => at + 1) : [200]) {
        for (const [metric, split] of splitsOf(dataset)) {
          const place = { dataset: name, epochs, epoch }
          const found = benchmark.repeats(index, metric, place)
          if (found.length !== seeds.length) throw new Error(`${found.length} repeats of ${index}`)
          for (const [repeat, seed] of seeds.entries()) {
            const written = shareOf(index, { dataset, seed }, epoch - 1, splits.indexOf(split))
            expect(found[repeat] ?? Number.NaN, written, `${metric}, ${name}, ${epoch}/${epochs}`)
          }
        }
        const seconds = benchmark.metric(
          index,
          'trainSeconds',
          { dataset: name, epochs, epoch, repeat: 0 },
          '0',
        )
        expect(
          seconds,
          secondsOf(index, dataset, epoch),
          `trainSeconds, ${name}, ${epoch}/${epochs}`,
        )
      }
    }
  }
  return agreed
}

function splitsOf(dataset: number) {
  const train = ['trainAccuracy', 'train'] as const
  const test = ['testAccuracy', dataset < 2 ? 'ori-test' : 'x-test'] as const
  return dataset === 1 ? [train, test] : [train, ['valAccuracy', 'x-valid'] as const, test]
}

/** Added up epoch by epoch, as the official API does. */
function secondsOf(index: number, dataset: number, epoch: number): number {
  let sum = 0
  for (let done = 0; done < epoch; done++)
    sum += (((index * 31 + dataset * 7) % 40000) + 1000) / 1000
  return sum
}

function faultsOf(file: string, notANumber: string): readonly Fault[] {
  const replaced = (change: (bytes: Buffer) => Buffer) => () => {
    const bytes = readFileSync(file)
    writeFileSync(file, change(Buffer.from(bytes)))
    return () => writeFileSync(file, bytes)
  }
  return [
    {
      name: 'one pickle missing',
      says: /007812\.pickle\.pbz2 is missing/,
      damage() {
        renameSync(file, `${notANumber}.kept`)
        return () => renameSync(`${notANumber}.kept`, file)
      },
    },
    {
      name: 'one pickle cut',
      says: /007812\.pickle\.pbz2 is no bzip2 file or is cut off/,
      damage: replaced((bytes) => bytes.subarray(0, -1000)),
    },
    {
      name: 'one byte flipped in one pickle',
      says: /007812\.pickle\.pbz2 is no bzip2 file or is cut off/,
      damage: replaced((bytes) => bytes.fill((bytes[20000] ?? 0) ^ 1, 20000, 20001)),
    },
    {
      name: 'an accuracy that is NaN',
      says: /007812\.pickle\.pbz2.*NaN/i,
      damage: replaced(() => readFileSync(notANumber)),
    },
  ].filter(() => existsSync(notANumber))
}
