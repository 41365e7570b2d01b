/** Who computes the jobs of a study: this process, or a thread a core. */
import { setImmediate } from 'node:timers/promises'
import { type JobResult, openWorkshop, type StudyJob, type WorkshopSetting } from './job.ts'

/**
 * Computes jobs, as many at a time as it has slots.
 *
 * @remarks Disposing drops what is under way: nothing of a study is lost by that but time.
 */
export interface StudyExecutor extends AsyncDisposable {
  readonly slots: number
  /** At most `slots` calls at a time. */
  run(job: StudyJob): Promise<JobResult>
}

/** Computes in this process and thread; for tests and for extensions that no thread could import. */
export function localExecutor(setting: WorkshopSetting): StudyExecutor {
  const workshop = openWorkshop(setting)
  return {
    slots: 1,
    async run(job) {
      // Signals and timers have their turn between two jobs.
      await setImmediate()
      return await workshop.run(job)
    },
    async [Symbol.asyncDispose]() {
      workshop[Symbol.dispose]()
    },
  }
}
