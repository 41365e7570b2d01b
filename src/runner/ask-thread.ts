/**
 * Computes the asks of a run in a thread of their own, so that workers are answered while a model is
 * fitted. The thread keeps a copy of the history; everything else comes with each ask.
 */
import type { ExperimentDocument, LoadedExperiment } from '#src/config/schema.ts'
import type { AskAnswer, AskRequest } from '#src/experiment/method.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import { startThread } from './thread.ts'

export interface AskThreadData {
  /** Resolved. */
  readonly document: ExperimentDocument
  readonly source: Pick<LoadedExperiment['source'], 'path' | 'sha256'>
  /** Whether the script must be imported again for the user's own space or optimizer. */
  readonly isExtended: boolean
}

export interface AskQuestion {
  readonly request: AskRequest
  /** What was told since the last question, in order. */
  readonly observations: readonly Observation[]
}

export interface AskThread extends AsyncDisposable {
  /**
   * One ask at a time.
   * @param history - the same one each time, as it grows
   * @throws what the optimizer throws; worker/died
   */
  ask(request: AskRequest, history: History): Promise<AskAnswer>
}

export function startAskThread(data: AskThreadData): AskThread {
  const thread = startThread<AskQuestion, AskAnswer>(
    new URL('./ask-worker.ts', import.meta.url),
    data,
    (status) =>
      `The thread of the optimizer ended with status ${status}; if memory ran out, give it simpler settings, then resume the run`,
  )
  let sentCount = 0
  return {
    ask(request, history) {
      const observations: Observation[] = []
      for (; sentCount < history.length; sentCount++) observations.push(history.at(sentCount))
      return thread.ask({ request, observations })
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
}
