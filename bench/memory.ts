/**
 * What the orchestrator retains over many cheap trials: heap and array buffers after garbage
 * collection, at even steps, and the journal's replay.
 *
 * `node --expose-gc bench/memory.ts [trials]` prints one JSON document; 100,000 trials by default.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { replayRun, runExperiment } from '#src/runner/run.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { cellExperiment } from '#test/fixtures/cell-experiment.ts'

export interface MemorySample {
  readonly trials: number
  /** Live JavaScript objects. */
  readonly heapBytes: number
  /** Typed arrays, which the heap does not count. */
  readonly bufferBytes: number
}

export interface MemoryReport {
  readonly samples: readonly MemorySample[]
  /** Retained bytes a trial, heap and buffers together, from the first sample to the last. */
  readonly bytesPerTrial: number
  readonly millisecondsPerTrial: number
  readonly replayMillisecondsPerTrial: number
  readonly journalBytes: number
}

const sampleCount = 10

async function measure(trials: number): Promise<MemoryReport> {
  const folder = mkdtempSync(join(tmpdir(), 'archloom-memory-'))
  try {
    const experiment = cellExperiment({
      evaluator: { name: 'cell-function', slots: 8, failures: true },
      optimizer: { name: 'regularized-evolution' },
      visibility: { window: 16 },
      budget: { trials },
    })
    const samples: MemorySample[] = []
    const step = trials / sampleCount
    const startMs = performance.now()
    await runExperiment(experiment, {
      folder,
      logger: pino({ level: 'silent' }),
      onUpdate: ({ trialsDone }) => {
        if (trialsDone >= (samples.length + 1) * step) samples.push(sample(trialsDone))
      },
    })
    const endMs = performance.now()
    replayRun(folder, experiment.extensions)
    return {
      samples,
      bytesPerTrial: slope(samples),
      millisecondsPerTrial: (endMs - startMs) / trials,
      replayMillisecondsPerTrial: (performance.now() - endMs) / trials,
      journalBytes: statSync(runFiles(folder).journal).size,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function sample(trials: number): MemorySample {
  if (!globalThis.gc) throw new Error('Run with --expose-gc')
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { trials, heapBytes: heapUsed, bufferBytes: arrayBuffers }
}

function slope(samples: readonly MemorySample[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return Number.NaN
  const grown = last.heapBytes + last.bufferBytes - first.heapBytes - first.bufferBytes
  return grown / (last.trials - first.trials)
}

if (import.meta.main) {
  const report = await measure(Number(process.argv[2] ?? 100_000))
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
}
