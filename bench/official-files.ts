/**
 * Official benchmark files at full size: written in the official layout with made-up numbers (nobody may
 * hand the real ones on), imported by `archloom bench import` in a process of its own, opened in another,
 * asked for numbers that must be those which were written, and damaged in every way that is likely.
 *
 *   npm run bench -- official-files [--only nas-bench-101|nas-bench-201|nas-bench-macro]
 *                                   [--folder FOLDER] [--no-faults] [--out bench/results/official-files.json]
 *
 * Files are written to a temporary folder, 3 GB at most, and deleted; with `--folder` they stay and are
 * used again. All three take about half an hour of two cores. Peak memory is that of the import's process
 * (the kernel's high-water mark) and that of all its processes together, looked at every 50 ms; processor
 * time is that of all of them, since the machine may be busy. Needs Linux. `--out` keeps what the file has
 * of other benchmarks.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cpus, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBenchmark } from '#src/benchmark/open-benchmark.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { officialNasBench101 } from './official/nas-bench-101.ts'
import { officialNasBench201 } from './official/nas-bench-201.ts'
import { officialNasBenchMacro } from './official/nas-bench-macro.ts'
import type { Fault, OfficialFile } from './official/official-file.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    folder: { type: 'string' },
    'no-faults': { type: 'boolean', default: false },
    out: { type: 'string' },
    /** In the process that opens: the file. */
    open: { type: 'string' },
  },
})
const all = [officialNasBench101, officialNasBench201, officialNasBenchMacro]
const chosen = all.filter(({ name }) => values.only === undefined || values.only === name)
if (chosen.length === 0) throw new Error(`Take one of ${all.map(({ name }) => name).join(', ')}`)

if (values.open !== undefined) console.log(JSON.stringify(openApart(values.open)))
else {
  // Long and not in a hurry: others come first.
  setPriority(10)
  for (const file of chosen) await measure(file)
}

async function measure(file: OfficialFile) {
  const root = values.folder ?? mkdtempSync(join(tmpdir(), 'archloom-official-'))
  const folder = join(root, file.name)
  mkdirSync(folder, { recursive: true })
  try {
    say(`${file.name}: writing`)
    const written = await file.write(folder)
    const target = join(folder, 'imported')
    rmSync(target, { recursive: true, force: true })
    say(`${file.name}: importing ${written.bytes} bytes`)
    const imported = await importApart(written.source, target)
    if (imported.status !== 0) throw new Error(imported.said)
    const path = join(target, `${file.name}.bench`)
    const bytes = statSync(path).size
    const opened = inProcess(file.name, path)
    rmSync(target, { recursive: true })
    const { seconds, processorSeconds, peakMebibytes, peakMebibytesOfAll } = imported
    const whole = {
      source: { bytes: written.bytes, records: written.records },
      import: { seconds, processorSeconds, peakMebibytes, peakMebibytesOfAll, bytes },
      open: opened,
    }
    keep(file.name, { ...whole, faults: [] })
    const faults: MeasuredFault[] = []
    for (const fault of values['no-faults'] ? [] : written.faults) {
      faults.push(await measureFault(written.source, fault, target))
      keep(file.name, { ...whole, faults })
    }
  } finally {
    if (values.folder === undefined) rmSync(root, { recursive: true, force: true })
  }
}

type MeasuredFault = Awaited<ReturnType<typeof measureFault>>

/** The error must be one sentence of the right words, and nothing may be left of the import. */
async function measureFault(source: string, { name, says, damage }: Fault, target: string) {
  say(`damaged: ${name}`)
  const mend = damage()
  try {
    const { said, status, ...took } = await importApart(source, target)
    const left = existsSync(target) ? readdirSync(target) : []
    const lines = said.trim().split('\n')
    if (status !== 2 || lines.length !== 1 || !says.test(said) || left.length > 0) {
      throw new Error(
        `${name}: status ${status}, left ${left.join(', ') || 'nothing'}, said ${said}`,
      )
    }
    // Not where it lay.
    const error = said.trim().replaceAll(source, '…')
    const { seconds, processorSeconds, peakMebibytesOfAll } = took
    return { name, seconds, processorSeconds, peakMebibytesOfAll, error }
  } finally {
    mend()
  }
}

/** `archloom bench import`, and what it took. */
async function importApart(source: string, folder: string) {
  const main = join(projectFolder(), 'src', 'main.ts')
  const args = [main, 'bench', 'import', source, '--folder', folder, '--quiet']
  const beganMs = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdout.resume()
  let peakKibibytes = 0
  let peakKibibytesOfAll = 0
  let processorSeconds = 0
  const timer = setInterval(() => {
    const family = processesOf(child.pid ?? 0)
    peakKibibytes = Math.max(peakKibibytes, statusOf(child.pid ?? 0, 'VmHWM'))
    const now = family.reduce((sum, pid) => sum + statusOf(pid, 'VmRSS'), 0)
    peakKibibytesOfAll = Math.max(peakKibibytesOfAll, now)
    const used = family.reduce((sum, pid) => sum + processorSecondsOf(pid), 0)
    processorSeconds = Math.max(processorSeconds, used)
  }, 50)
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearInterval(timer)
  return {
    status,
    said,
    seconds: rounded((performance.now() - beganMs) / 1000),
    processorSeconds: rounded(processorSeconds),
    peakMebibytes: Math.round(peakKibibytes / 1024),
    peakMebibytesOfAll: Math.round(peakKibibytesOfAll / 1024),
  }
}

/** A process and all below it. */
function processesOf(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [
      pid,
      ...children
        .split(' ')
        .filter(Boolean)
        .flatMap((child) => processesOf(Number(child))),
    ]
  } catch {
    return []
  }
}

/** KiB; 0 of a process that has ended. */
function statusOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    )
    return Number(found?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** User and system, with that of children that have ended; 0 of a process that has ended. */
function processorSecondsOf(pid: number): number {
  try {
    // The name, in brackets, may have spaces; ticks are hundredths of a second on Linux.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
  } catch {
    return 0
  }
}

function inProcess(name: string, path: string): unknown {
  const args = ['--expose-gc', import.meta.filename, '--only', name, '--open', path]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** In a process that has done nothing else: MiB added by opening, and by reading every column. */
function openApart(path: string) {
  const before = heapMebibytes()
  const beganMs = performance.now()
  using benchmark = openBenchmark(path)
  const milliseconds = rounded(performance.now() - beganMs)
  const openMebibytes = heapMebibytes() - before
  const processMebibytes = Math.round(process.memoryUsage().rss / 2 ** 20)
  for (const { name: dataset, budgets } of benchmark.datasets) {
    for (const { epochs, metrics, measuredEpochs } of budgets) {
      for (const epoch of measuredEpochs) {
        for (const metric of metrics) benchmark.repeats(1, metric, { dataset, epochs, epoch })
      }
    }
  }
  const allMebibytes = heapMebibytes() - before
  const processMebibytesOfAll = Math.round(process.memoryUsage().rss / 2 ** 20)
  const [file] = chosen
  const numbersThatAgree = file?.check(benchmark) ?? 0
  return {
    milliseconds,
    openMebibytes: rounded(openMebibytes),
    processMebibytes,
    allColumns: { mebibytes: rounded(allMebibytes), processMebibytes: processMebibytesOfAll },
    rows: benchmark.rowCount,
    numbersThatAgree,
  }
}

function heapMebibytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

/** Prints what was measured, and puts it beside what the file has of others. */
function keep(name: string, measured: unknown): void {
  console.log(JSON.stringify({ [name]: measured }, null, 2))
  if (values.out === undefined) return
  const before = existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')) : {}
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
  }
  const benchmarks = { ...before.benchmarks, [name]: measured }
  writeFileSync(
    values.out,
    `${JSON.stringify({ bench: 'official-files', machine, benchmarks }, null, 2)}\n`,
  )
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
