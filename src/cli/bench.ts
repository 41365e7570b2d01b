import { Command, InvalidArgumentError, Option } from 'commander'
import { bytes, duration, integer } from '#src/report/format.ts'
import {
  type BenchmarkSummary,
  type DamagedBenchmark,
  describeBenchmark,
  describeBenchmarks,
  importableFormats,
  importBenchmark,
} from '#src/runner/benchmarks.ts'
import { queryBenchmark } from '#src/runner/query-benchmark.ts'
import { systemClock } from '#src/time/clock.ts'
import { answerLines, benchmarkLines, datasetWords } from './bench-output.ts'
import { abortOnSignals } from './interrupt.ts'
import { collect } from './options.ts'
import { showShare } from './share-progress.ts'

interface FolderFlags {
  readonly json: boolean
  readonly folder?: string
}

interface ImportFlags extends FolderFlags {
  readonly name?: string
  readonly out?: string
  readonly environment: string
  readonly quiet: boolean
}

interface QueryFlags extends FolderFlags {
  readonly space?: string
  readonly set: readonly string[]
  readonly dataset?: string
  readonly epochs?: number
  readonly epoch?: number
  readonly repeat?: number | 'mean'
  readonly split?: 'train' | 'validation' | 'test'
}

/** `archloom bench`: benchmarks of measured results, imported once and asked at once. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('import, list, show and ask tabular benchmarks')
    .addCommand(listCommand())
    .addCommand(importCommand())
    .addCommand(showCommand())
    .addCommand(queryCommand())
    .addHelpText(
      'after',
      `
Examples:
  archloom bench import nasbench_full.tfrecord
  archloom bench import nas-bench-201 NATS-tss-v1_0-3ffb9-simple
  archloom bench list
  archloom bench query nas-bench-101 inception-like --epochs 108

Imported files lie in the first folder of $ARCHLOOM_BENCHMARKS, or in benchmarks/ of archloom's home.`,
    )
}

function addFolderOptions(command: Command): Command {
  return command
    .option('--folder <folder>', 'a folder of benchmarks, looked in before the others')
    .option('--json', 'one JSON document on stdout', false)
}

function listCommand(): Command {
  return addFolderOptions(new Command('list'))
    .description('the imported benchmarks of this machine, and what can be imported')
    .addHelpText('after', '\nExamples:\n  archloom bench list\n  archloom bench list --json')
    .action(({ json, folder }: FolderFlags) => {
      const benchmarks = describeBenchmarks(folder)
      const formats = importableFormats()
      if (json) return printJson({ benchmarks, formats })
      if (benchmarks.length === 0) print('No benchmark is imported yet')
      for (const benchmark of benchmarks) for (const line of listLines(benchmark)) print(line)
      print('\nCan be imported:')
      const width = Math.max(...formats.map(({ name }) => name.length)) + 2
      for (const { name, summary } of formats) print(`  ${name.padEnd(width)}${summary}`)
    })
}

function listLines(benchmark: BenchmarkSummary | DamagedBenchmark): readonly string[] {
  if ('problem' in benchmark) return [`${benchmark.name}  DAMAGED: ${benchmark.problem}`]
  const { name, summary, rowCount, fileBytes, datasets } = benchmark
  return [
    `${name}  ${integer(rowCount)} architectures, ${bytes(fileBytes)}`,
    `    ${summary}`,
    ...datasets.map((dataset) => `    ${datasetWords(dataset)}`),
  ]
}

function importCommand(): Command {
  return addFolderOptions(new Command('import'))
    .description("turn a benchmark's official files, or a table of your own, into a compact file")
    .argument('<format>', 'a format of archloom bench list; left out, it is told from the file')
    .argument('[source]', 'the file or folder to read; .gz files are unpacked')
    .option('--name <name>', "what the benchmark is called; the format's name by default")
    .option('--out <file>', 'the file to write, ending in .bench')
    .option('--environment <name>', 'the Python environment that reads pickles', 'cpu')
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Examples:
  archloom bench import nas-bench-101 nasbench_only108.tfrecord
  archloom bench import nas-bench-macro_cifar10.json --name macro
  archloom bench import table my-results.yaml --out my-results.bench

Ctrl-C leaves nothing behind: a benchmark is written whole or not at all.`,
    )
    .action(async (first: string, second: string | undefined, flags: ImportFlags) => {
      const source = second ?? first
      const { json, quiet, name, out, folder, environment } = flags
      using interruption = abortOnSignals('Stopping the import')
      using progress = showShare({
        words: `Reading ${source}`,
        output: json || quiet ? null : process.stderr,
      })
      const clock = systemClock()
      const startMs = clock.monotonicMs()
      const benchmark = await importBenchmark({
        source,
        environment,
        onProgress: ({ share }) => progress.update(share),
        signal: interruption.signal,
        ...(second !== undefined && { format: first }),
        ...(name !== undefined && { name }),
        ...(out !== undefined && { out: withExtension(out) }),
        ...(folder !== undefined && { folder }),
      })
      progress.clear()
      if (json) return printJson(benchmark)
      const { path, rowCount, fileBytes } = benchmark
      const seconds = (clock.monotonicMs() - startMs) / 1000
      print(
        `Wrote ${path}: ${integer(rowCount)} architectures, ${bytes(fileBytes)}, in ${duration(seconds)}`,
      )
    })
}

function showCommand(): Command {
  return addFolderOptions(new Command('show'))
    .description(
      'what a benchmark holds: data sets, budgets, splits, repeats, and where it is from',
    )
    .argument('<benchmark>', 'the name of an imported one, or a .bench file')
    .addHelpText('after', '\nExamples:\n  archloom bench show nas-bench-201')
    .action((name: string, { json, folder }: FolderFlags) => {
      const benchmark = describeBenchmark(name, folder)
      if (json) return printJson(benchmark)
      for (const line of benchmarkLines(benchmark)) print(line)
    })
}

function queryCommand(): Command {
  return addFolderOptions(new Command('query'))
    .description('everything that was measured of an architecture, or a part of it')
    .argument('<benchmark>', 'the name of an imported one, or a .bench file')
    .argument('<architecture>', 'any text form of it, or the name of a published one')
    .option('--space <name>', "the space whose text form it is; the benchmark's own by default")
    .option('--set <setting=value>', 'a setting of that space; repeatable', collect, [])
    .option('--dataset <name>', 'only this data set')
    .option('--epochs <number>', 'only trainings of this length', parseEpochs)
    .option('--epoch <number>', 'within a training; its end by default', parseEpochs)
    .option('--repeat <which>', 'a number from 0 on, or mean; all by default', parseRepeat)
    .addOption(new Option('--split <split>', 'only this accuracy').choices(Object.keys(metricOf)))
    .addHelpText(
      'after',
      `
Examples:
  archloom bench query nas-bench-101 best --repeat mean
  archloom bench query nas-bench-201 "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|" --dataset cifar100
  archloom bench query nas-bench-101 "conv3x3(0)|conv3x3(0,1)|conv1x1(1,2)|conv1x1(0,3)|output(3,4)" --space nas-bench-1shot1`,
    )
    .action((name: string, architecture: string, { json, split, set, ...query }: QueryFlags) => {
      const answer = queryBenchmark(name, {
        ...query,
        architecture,
        overrides: set,
        ...(split !== undefined && { metric: metricOf[split] }),
      })
      if (json) return printJson(answer)
      for (const line of answerLines(architecture, answer)) print(line)
    })
}

const metricOf = {
  train: 'trainAccuracy',
  validation: 'valAccuracy',
  test: 'testAccuracy',
} as const

function withExtension(path: string): string {
  return path.endsWith('.bench') ? path : `${path}.bench`
}

function parseEpochs(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`expected a whole number from 1 on, found ${JSON.stringify(text)}`)
}

function parseRepeat(text: string): number | 'mean' {
  if (text === 'mean') return text
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(
    `expected a number from 0 on or mean, found ${JSON.stringify(text)}`,
  )
}

function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
