/** A thread that answers one question at a time, and the side of it that answers. */
import { parentPort, Worker } from 'node:worker_threads'
import { ArchloomError, type ErrorCode, invariant } from '#src/errors.ts'

export interface Thread<Question, Answer> extends AsyncDisposable {
  /**
   * One call at a time.
   *
   * @throws what answering threw; worker/died when the thread ends by itself
   */
  ask(question: Question): Promise<Answer>
}

type Reply<Answer> =
  | { readonly type: 'answer'; readonly answer: Answer }
  | {
      readonly type: 'error'
      /** Null for an error that archloom did not foresee. */
      readonly code: ErrorCode | null
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
      readonly stack: string | undefined
    }

/**
 * @param entry - the module that the thread runs; it calls `serveThread`
 * @param workerData - what the thread is started with
 * @param whatDied - how a thread's death is told: what it was, and what may help
 */
export function startThread<Question, Answer>(
  entry: URL,
  workerData: unknown,
  whatDied: (status: number) => string,
): Thread<Question, Answer> {
  const worker = new Worker(entry, { workerData })
  let waiting: PromiseWithResolvers<Answer> | null = null
  let isStopped = false
  const settle = (action: (open: PromiseWithResolvers<Answer>) => void) => {
    const open = waiting
    waiting = null
    if (open && !isStopped) action(open)
  }
  worker.on('message', (reply: Reply<Answer>) =>
    settle(({ resolve, reject }) =>
      reply.type === 'answer' ? resolve(reply.answer) : reject(errorOf(reply)),
    ),
  )
  worker.on('error', (error) => settle(({ reject }) => reject(error)))
  worker.on('exit', (status) =>
    settle(({ reject }) =>
      reject(new ArchloomError('worker/died', whatDied(status), { details: { status } })),
    ),
  )
  return {
    ask(question) {
      invariant(waiting === null, 'A thread was asked while it answered')
      waiting = Promise.withResolvers()
      worker.postMessage(question)
      return waiting.promise
    },
    async [Symbol.asyncDispose]() {
      isStopped = true
      await worker.terminate()
    },
  }
}

/** Answers the questions of the thread that started this one; to be called once, by its entry. */
export function serveThread<Question, Answer>(
  answer: (question: Question) => Promise<Answer> | Answer,
): void {
  const port = parentPort
  invariant(port, 'Only a thread can serve one')
  const reply = async (question: Question): Promise<Reply<Answer>> => {
    try {
      return { type: 'answer', answer: await answer(question) }
    } catch (error) {
      return packed(error)
    }
  }
  port.on('message', (question: Question) => {
    void reply(question).then((message) => port.postMessage(message))
  })
}

function packed(error: unknown): Extract<Reply<never>, { type: 'error' }> {
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

function errorOf(reply: Extract<Reply<never>, { type: 'error' }>): Error {
  const { code, message, details, stack } = reply
  const cause = new Error(message)
  if (stack !== undefined) cause.stack = stack
  return code === null ? cause : new ArchloomError(code, message, { details, cause })
}
