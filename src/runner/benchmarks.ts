/** Imports benchmarks and lists them: what the `bench` commands do. */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type {
  Benchmark,
  BenchmarkFormat,
  ImportProgress,
  MeasuredDataset,
} from '#src/benchmark/benchmark.ts'
import { benchmarkFormats } from '#src/benchmark/catalog.ts'
import {
  benchmarkFile,
  benchmarkPath,
  listBenchmarks,
  openBenchmark,
} from '#src/benchmark/open-benchmark.ts'
import { suggest } from '#src/config/suggest.ts'
import type { Json } from '#src/encoding/json.ts'
import { benchmarkFolders } from '#src/environment/folders.ts'
import { resolveEnvironment } from '#src/environment/resolve.ts'
import { workerVariables } from '#src/environment/worker-variables.ts'
import { ArchloomError } from '#src/errors.ts'
import { createSpace } from './query-benchmark.ts'

export interface ImportRequest {
  readonly source: string
  /** Of the catalog; told from the source by default. */
  readonly format?: string
  /** What the benchmark is called, the format's name by default. */
  readonly name?: string
  /** The file to write; by default `<name>.bench` in the folder of benchmarks. */
  readonly out?: string
  readonly folder?: string
  /** The environment whose Python reads pickles. */
  readonly environment: string
  readonly onProgress: (progress: ImportProgress) => void
  readonly signal: AbortSignal
}

/** What is known of a benchmark without asking for numbers. */
export interface BenchmarkSummary {
  readonly name: string
  readonly path: string
  readonly fileBytes: number
  readonly summary: string
  readonly source: string
  readonly notes: readonly string[]
  readonly space: { readonly name: string; readonly settings: Json }
  readonly rowCount: number
  readonly contentHash: string
  readonly datasets: readonly MeasuredDataset[]
}

/** A file that cannot be used. */
export interface DamagedBenchmark {
  readonly name: string
  readonly path: string
  readonly problem: string
}

/** Every imported benchmark of this machine, by name. */
export function describeBenchmarks(
  folder?: string,
): readonly (BenchmarkSummary | DamagedBenchmark)[] {
  return listBenchmarks(folder).map(({ name, path }) => {
    try {
      return describeBenchmark(path)
    } catch (error) {
      if (!(error instanceof ArchloomError)) throw error
      return { name, path, problem: error.message }
    }
  })
}

/** @throws benchmark/not-found, benchmark/invalid */
export function describeBenchmark(nameOrPath: string, folder?: string): BenchmarkSummary {
  const path = benchmarkFile(nameOrPath, folder)
  using benchmark = openBenchmark(path)
  return summaryOf(benchmark, path)
}

/**
 * Reads a source and writes a benchmark's compact file; all of it, or nothing.
 *
 * @throws benchmark/invalid, benchmark/not-found; run/interrupted when the signal aborts
 */
export async function importBenchmark(request: ImportRequest): Promise<BenchmarkSummary> {
  const { source, onProgress, signal } = request
  const format = await findFormat(source, request.format)
  try {
    const table = await format.read(source, {
      createSpace,
      python: () => pythonOf(request.environment),
      onProgress,
      signal,
    })
    const name = request.name ?? table.name
    const own = benchmarkPath(benchmarkFolders(request.folder)[0], name)
    const path = request.out === undefined ? own : resolve(request.out)
    table.finish(path, name)
    return describeBenchmark(path)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new ArchloomError(
      'run/interrupted',
      `The import of ${source} was stopped; nothing was written, start it again`,
      { cause: error },
    )
  }
}

/** Formats that can be imported. */
export function importableFormats(): readonly Pick<
  BenchmarkFormat,
  'name' | 'summary' | 'source'
>[] {
  return benchmarkFormats.map(({ name, summary, source }) => ({ name, summary, source }))
}

/** @throws config/unknown-name; benchmark/invalid when no format recognizes the source */
async function findFormat(source: string, name: string | undefined): Promise<BenchmarkFormat> {
  const known = benchmarkFormats.map((format) => format.name)
  if (name !== undefined) {
    const named = benchmarkFormats.find((format) => format.name === name)
    if (named !== undefined) return named
    const near = suggest(name, known)
    throw new ArchloomError(
      'config/unknown-name',
      `There is no benchmark format ${JSON.stringify(name)}; ${near ? `did you mean ${near}?` : `there are ${known.join(', ')}`}`,
      { details: { name, known } },
    )
  }
  if (known.includes(source)) {
    throw new ArchloomError(
      'config/usage',
      `Give the file to import after the format ${source}, such as archloom bench import ${source} FILE`,
    )
  }
  if (!existsSync(source)) {
    throw new ArchloomError(
      'benchmark/not-found',
      `There is no file or folder ${source} to import; name one that is there`,
    )
  }
  for (const format of benchmarkFormats) if (await format.recognizes(source)) return format
  throw new ArchloomError(
    'benchmark/invalid',
    `No format recognizes ${source}; expected ${benchmarkFormats.map((format) => `for ${format.name} ${format.summary}`).join('; ')}`,
    { details: { source, known } },
  )
}

async function pythonOf(environment: string) {
  const { python } = await resolveEnvironment(environment)
  return { interpreter: python, variables: workerVariables(1) }
}

function summaryOf(benchmark: Benchmark, path: string): BenchmarkSummary {
  const { name, summary, source, notes, space, rowCount, contentHash, datasets } = benchmark
  const { size: fileBytes } = statSync(path)
  return { name, path, fileBytes, summary, source, notes, space, rowCount, contentHash, datasets }
}
