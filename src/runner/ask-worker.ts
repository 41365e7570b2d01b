/** The entry of the thread that computes a run's asks. */
import { isMainThread, workerData } from 'node:worker_threads'
import { reloadExtensions } from '#src/config/load.ts'
import { growingHistory } from '#src/experiment/history.ts'
import { type AskAnswer, answer } from '#src/experiment/method.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import type { AskQuestion, AskThreadData } from './ask-thread.ts'
import { composeSearch } from './compose.ts'
import { serveThread } from './thread.ts'

if (!isMainThread) serve(workerData as AskThreadData)

function serve(data: AskThreadData): void {
  const history = growingHistory()
  let optimizer: Promise<Optimizer> | null = null
  serveThread<AskQuestion, AskAnswer>(async ({ request, observations }) => {
    for (const observation of observations) history.append(observation)
    optimizer ??= prepare(data)
    return answer(await optimizer, request, history)
  })
}

async function prepare({ document, source, isExtended }: AskThreadData): Promise<Optimizer> {
  const extensions = isExtended ? await reloadExtensions(source) : {}
  return composeSearch(document, extensions, source.path).optimizer
}
