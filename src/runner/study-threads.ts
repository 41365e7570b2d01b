/** Computes the jobs of a study on several cores, in a thread each. */
import { Worker } from 'node:worker_threads'
import type { LoadedStudy } from '#src/config/load-study.ts'
import { ArchloomError, type ErrorCode, invariant } from '#src/errors.ts'
import type { StudyDocument } from '#src/study/document.ts'
import type { StudyExecutor } from './study-executor.ts'
import type { JobResult, StudyJob } from './study-job.ts'

/** What a thread is started with: everything else it makes again by itself. */
export interface ThreadData {
  /** Resolved. */
  readonly document: StudyDocument
  readonly source: LoadedStudy['source']
  /** Hash of the environment. */
  readonly fingerprint: string
}

/** What a thread answers a job with. */
export type ThreadAnswer =
  | { readonly type: 'result'; readonly result: JobResult }
  | {
      readonly type: 'error'
      /** Null for an error that archloom did not foresee. */
      readonly code: ErrorCode | null
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
      readonly stack: string | undefined
    }

/** @param count - threads, at least 1 */
export function threadExecutor(data: ThreadData, count: number): StudyExecutor {
  const threads = Array.from({ length: count }, () => startThread(data))
  const free = [...threads]
  return {
    slots: count,
    async run(job) {
      const thread = free.pop()
      invariant(thread, 'A job was given to busy threads')
      try {
        return await thread.run(job)
      } finally {
        free.push(thread)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread.stop()))
    },
  }
}

interface Thread {
  run(job: StudyJob): Promise<JobResult>
  stop(): Promise<void>
}

function startThread(data: ThreadData): Thread {
  // The one file that is an entry beside main.ts; in the package it is JavaScript.
  const worker = new Worker(new URL('./study-worker.ts', import.meta.url), { workerData: data })
  let waiting: {
    readonly resolve: (result: JobResult) => void
    readonly reject: (error: unknown) => void
  } | null = null
  let isStopped = false
  const settle = (action: (open: NonNullable<typeof waiting>) => void) => {
    const open = waiting
    waiting = null
    if (open && !isStopped) action(open)
  }
  worker.on('message', (answer: ThreadAnswer) =>
    settle(({ resolve, reject }) =>
      answer.type === 'result' ? resolve(answer.result) : reject(errorOf(answer)),
    ),
  )
  worker.on('error', (error) => settle(({ reject }) => reject(error)))
  worker.on('exit', (status) =>
    settle(({ reject }) =>
      reject(
        new ArchloomError(
          'worker/died',
          `A thread of the study ended with status ${status}; if memory ran out, use fewer with --cores`,
          { details: { status } },
        ),
      ),
    ),
  )
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        worker.postMessage(job)
      }),
    async stop() {
      isStopped = true
      await worker.terminate()
    },
  }
}

function errorOf(answer: Extract<ThreadAnswer, { type: 'error' }>): Error {
  const { code, message, details, stack } = answer
  const cause = new Error(message)
  if (stack !== undefined) cause.stack = stack
  return code === null ? cause : new ArchloomError(code, message, { details, cause })
}
