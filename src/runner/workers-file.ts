/**
 * `workers.json` of a run folder: who works for the run and what they are at, written about once a
 * second for whoever watches from outside. It is not part of the run: nothing is decided by it, and a
 * run goes on when it cannot be written.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import { runFiles } from '#src/store/run-folder.ts'
import type { Clock, Timer } from '#src/time/clock.ts'
import { WorkerStatus } from '#src/worker/worker.ts'
import { replaceFile } from './write-files.ts'

export const WorkersFile = z.strictObject({
  version: z.literal(1),
  /** The experiment's. */
  name: z.string(),
  /** The process that runs the experiment, and its machine. */
  pid: z.int(),
  host: z.string(),
  /** Milliseconds since the epoch; what counts seconds in `workers` counts up to here. */
  writtenMs: z.number(),
  /** The process has ended in good order since; what stands here was its last. */
  ended: z.boolean(),
  workers: z.array(WorkerStatus),
})
export type WorkersFile = z.infer<typeof WorkersFile>

/** Distance of writes in milliseconds. */
const writeMs = 1000

interface WorkersReport {
  readonly folder: string
  readonly name: string
  readonly evaluator: Evaluator
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Keeps `workers.json` up to date until disposed, and then says that the run's process has ended.
 * Does nothing for an evaluator that has no workers.
 */
export function reportWorkers(report: WorkersReport): AsyncDisposable {
  const { folder, name, evaluator, clock, logger } = report
  const file = runFiles(folder).workers
  let timer: Timer | null = null
  let isWarned = false
  const write = async (ended: boolean) => {
    const workers = [...(evaluator.workers?.() ?? [])]
    const now: WorkersFile = {
      version: 1,
      name,
      pid: process.pid,
      host: hostname(),
      writtenMs: clock.nowMs(),
      ended,
      workers,
    }
    try {
      await replaceFile(file, `${JSON.stringify(now)}\n`)
    } catch (error) {
      if (!isWarned) logger.warn({ error: String(error) }, 'workers cannot be watched')
      isWarned = true
    }
  }
  const schedule = () => {
    timer = clock.setTimer(writeMs, () => {
      timer = null
      writing = write(false).then(() => {
        if (!isDisposed) schedule()
      })
    })
  }
  let isDisposed = false
  let writing = Promise.resolve()
  if (evaluator.workers) {
    writing = write(false)
    schedule()
  }
  return {
    async [Symbol.asyncDispose]() {
      isDisposed = true
      timer?.cancel()
      await writing
      if (evaluator.workers) await write(true)
    },
  }
}

/** What a run's process last wrote; null where none did, or by a version that says it otherwise. */
export function readWorkers(folder: string): WorkersFile | null {
  try {
    const text = readFileSync(runFiles(folder).workers, 'utf8')
    return WorkersFile.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
