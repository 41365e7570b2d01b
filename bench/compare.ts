/**
 * What the machinery of a study costs: searches and trials a second of model-free methods on a table
 * in memory, by one core, with everything that a cell goes through but the disk. Run:
 * `node bench/compare.ts`.
 *
 * Prints a table and one line of JSON, and exits with 1 when random search takes more than the limit a
 * trial in the fastest block. Times are of the processor, so that a busy machine matters less.
 */
import { cpus } from 'node:os'
import type { Objective } from '#src/benchmark/objective.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { simulateCell } from '#src/runner/study/cell.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { encodeSummary, encodeTrajectory } from '#src/study/cell-bytes.ts'
import { summarizeCell } from '#src/study/summary.ts'
import { systemClock } from '#src/time/clock.ts'

const trials = 150
const blocks = 12
const cellsPerBlock = 40
/** The most that a trial of random search may cost, machinery included, in microseconds. */
const limitMicroseconds = 25
const methods = ['random-search', 'regularized-evolution', 'local-search', 'differential-evolution']

const entry = spaceCatalog.find(({ name }) => name === 'nas-bench-201')
if (entry === undefined) throw new Error('There is no space nas-bench-201')
const space = entry.create(entry.settings.parse({}))
const accuracies = new Map<string, number>()
for (const { architecture } of space.support?.() ?? []) {
  accuracies.set(space.format(architecture), ((accuracies.size * 7919) % 15_625) / 15_625)
}
const fullFidelity = { epochs: 200 }
const objective: Objective = {
  name: 'memory',
  description: 'a table in memory',
  fingerprint: null,
  contentHash: '',
  isTestOnly: true,
  mark: null,
  hasSeconds: true,
  hasTest: true,
  fullFidelity,
  budgets: [fullFidelity.epochs],
  measure: (architecture) => ({
    metrics: { valAccuracy: accuracies.get(architecture) ?? 0 },
    cost: { seconds: 10, epochs: fullFidelity.epochs },
    curve: [],
    fingerprint: '',
  }),
  testAccuracy: (architecture) => accuracies.get(architecture) ?? 0,
  bestValAccuracy: () => null,
  bestTestAccuracy: () => null,
  [Symbol.dispose]() {},
}

/** One cell, as a thread computes it; the bytes that it would keep. */
function computeCell(name: string, seed: number): number {
  const method = optimizerCatalog.find((candidate) => candidate.name === name)
  if (method === undefined) throw new Error(`There is no optimizer ${name}`)
  const cell = simulateCell({
    optimizer: method.create(space, method.settings.parse({})),
    objective,
    plan: {
      seed: String(seed),
      budget: { trials },
      visibility: { order: 'ordered', window: 1 },
      fidelity: fullFidelity,
      maxAttempts: 3,
      hasTest: false,
    },
    clock: systemClock(),
  })
  const key = { method: name, benchmark: 'memory', seed: String(seed) }
  const summary = summarizeCell({ key, fingerprint: '', ...cell })
  return encodeSummary(summary).length + encodeTrajectory(cell.trajectory).length
}

const measurements = methods.map((name) => {
  let bytes = 0
  const seconds = Array.from({ length: blocks }, (_, block) => {
    const start = process.cpuUsage()
    for (let cell = 0; cell < cellsPerBlock; cell++) {
      bytes = computeCell(name, block * cellsPerBlock + cell)
    }
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1e6
  }).sort((a, b) => a - b)
  const microseconds = (value: number) => (value * 1e6) / (cellsPerBlock * trials)
  const [fastest = Number.NaN] = seconds
  return {
    method: name,
    cellsPerSecond: Math.round(cellsPerBlock / fastest),
    trialsPerSecond: Math.round((cellsPerBlock * trials) / fastest),
    microsecondsPerTrial: microseconds(fastest),
    medianMicroseconds: microseconds(seconds[Math.floor(seconds.length / 2)] ?? Number.NaN),
    unpackedBytesPerTrial: Math.round(bytes / trials),
  }
})

console.table(measurements)
console.log(JSON.stringify({ cpu: cpus()[0]?.model, trials, measurements }))
const random = measurements.find(({ method }) => method === 'random-search')
process.exitCode = (random?.microsecondsPerTrial ?? Number.NaN) < limitMicroseconds ? 0 : 1
