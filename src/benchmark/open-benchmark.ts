/** Imported benchmarks on this machine: by name, by path, all of them. */
import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { benchmarkFolders } from '#src/environment/folders.ts'
import { ArchloomError } from '#src/errors.ts'
import type { Benchmark } from './benchmark.ts'
import { openCompactBenchmark } from './compact-benchmark.ts'

export const benchmarkExtension = '.bench'

/**
 * Opens an imported benchmark; it is the caller's to dispose.
 *
 * @param nameOrPath - a name such as `nas-bench-201`, or a path: with a separator or `.bench` at its end
 * @param folder - looked in before the folders of this machine
 * @throws benchmark/not-found, benchmark/invalid
 */
export function openBenchmark(nameOrPath: string, folder?: string): Benchmark {
  return openCompactBenchmark(benchmarkFile(nameOrPath, folder))
}

/**
 * The absolute path of a benchmark's file.
 * @throws benchmark/not-found for a name that there is not
 */
export function benchmarkFile(nameOrPath: string, folder?: string): string {
  if (nameOrPath.endsWith(benchmarkExtension) || /[/\\]/.test(nameOrPath))
    return resolve(nameOrPath)
  const folders = benchmarkFolders(folder)
  const found = folders.find((one) => filesOf(one).includes(nameOrPath + benchmarkExtension))
  if (found !== undefined) return benchmarkPath(found, nameOrPath)
  const known = [...new Set(folders.flatMap(filesOf))].map(nameOf)
  throw new ArchloomError(
    'benchmark/not-found',
    `There is no benchmark ${JSON.stringify(nameOrPath)} on this machine (looked in ${folders.join(', ')}); ${known.length === 0 ? '' : `take ${known.join(', ')}, or `}import it with archloom bench import`,
    { details: { name: nameOrPath, folders, known } },
  )
}

/** Where a benchmark of a name is written. */
export function benchmarkPath(folder: string, name: string): string {
  return join(folder, name + benchmarkExtension)
}

/** Every file of an imported benchmark, by name; of two with one name, the one that its name opens. */
export function listBenchmarks(
  folder?: string,
): readonly { readonly name: string; readonly path: string }[] {
  const found = new Map<string, string>()
  for (const one of benchmarkFolders(folder)) {
    for (const file of filesOf(one)) {
      if (!found.has(nameOf(file))) found.set(nameOf(file), join(one, file))
    }
  }
  return [...found]
    .map(([name, path]) => ({ name, path }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** Compact files of a folder; none where there is no such folder. */
function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(benchmarkExtension))
  } catch {
    return []
  }
}

function nameOf(file: string): string {
  return basename(file, benchmarkExtension)
}
