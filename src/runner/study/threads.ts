/** Computes the jobs of a study on several cores, in a thread each. */
import type { LoadedStudy } from '#src/config/load-study.ts'
import { invariant } from '#src/errors.ts'
import type { StudyDocument } from '#src/study/document.ts'
import { startThread } from '../thread.ts'
import type { StudyExecutor } from './executor.ts'
import type { JobResult, StudyJob } from './job.ts'

/** What a thread is started with: everything else it makes again by itself. */
export interface ThreadData {
  /** Resolved. */
  readonly document: StudyDocument
  readonly source: LoadedStudy['source']
  /** Hash of the environment. */
  readonly fingerprint: string
}

/** @param count - threads, at least 1 */
export function threadExecutor(data: ThreadData, count: number): StudyExecutor {
  // An entry beside main.ts; in the package it is JavaScript.
  const entry = new URL('./worker.ts', import.meta.url)
  const threads = Array.from({ length: count }, () =>
    startThread<StudyJob, JobResult>(
      entry,
      data,
      (status) =>
        `A thread of the study ended with status ${status}; if memory ran out, use fewer with --cores`,
    ),
  )
  const free = [...threads]
  return {
    slots: count,
    async run(job) {
      const thread = free.pop()
      invariant(thread, 'A job was given to busy threads')
      try {
        return await thread.ask(job)
      } finally {
        free.push(thread)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()))
    },
  }
}
