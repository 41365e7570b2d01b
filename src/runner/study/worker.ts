/** The entry of a thread that computes jobs of a study. */
import { isMainThread, workerData } from 'node:worker_threads'
import { reloadExtensions } from '#src/config/load.ts'
import { studyKind } from '#src/config/load-study.ts'
import { resolveStudy } from '#src/config/resolve-study.ts'
import { systemClock } from '#src/time/clock.ts'
import { serveThread } from '../thread.ts'
import { type JobResult, openWorkshop, type StudyJob, type Workshop } from './job.ts'
import type { ThreadData } from './threads.ts'

if (!isMainThread) serve(workerData as ThreadData)

function serve(data: ThreadData): void {
  let workshop: Promise<Workshop> | null = null
  serveThread<StudyJob, JobResult>(async (job) => {
    workshop ??= prepare(data)
    return (await workshop).run(job)
  })
}

async function prepare({ document, source, fingerprint }: ThreadData): Promise<Workshop> {
  const extensions = await reloadExtensions(source, studyKind)
  const resolved = resolveStudy(document, extensions, source.path)
  return openWorkshop({
    source: { ...resolved, extensions, file: source.path },
    fingerprint,
    clock: systemClock(),
  })
}
