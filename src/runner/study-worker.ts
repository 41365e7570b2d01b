/** The entry of a thread that computes jobs of a study: one message in, one answer out. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { reloadExtensions } from '#src/config/load.ts'
import { studyKind } from '#src/config/load-study.ts'
import { resolveStudy } from '#src/config/resolve-study.ts'
import { ArchloomError } from '#src/errors.ts'
import { systemClock } from '#src/time/clock.ts'
import { openWorkshop, type StudyJob, type Workshop } from './study-job.ts'
import type { ThreadAnswer, ThreadData } from './study-threads.ts'

if (parentPort !== null) serve(parentPort, workerData as ThreadData)

function serve(port: MessagePort, data: ThreadData): void {
  let workshop: Promise<Workshop> | null = null
  const answer = async (job: StudyJob): Promise<ThreadAnswer> => {
    try {
      workshop ??= prepare(data)
      return { type: 'result', result: await (await workshop).run(job) }
    } catch (error) {
      return failure(error)
    }
  }
  port.on('message', (job: StudyJob) => {
    void answer(job).then((message) => port.postMessage(message))
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

function failure(error: unknown): ThreadAnswer {
  const known = error instanceof ArchloomError
  const cause = error instanceof Error ? error : new Error(String(error))
  return {
    type: 'error',
    code: known ? error.code : null,
    message: cause.message,
    // Details are JSON-able facts; what else an error carries stays here.
    details: known ? (JSON.parse(JSON.stringify(error.details)) as Record<string, unknown>) : {},
    stack: cause.stack,
  }
}
