/** Looks into a user's Python module from a process apart, whatever that module does. */
import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { ReadyEnvironment } from './environment.ts'
import { type FailedOutcome, outcomeError, problemError, unreadableError } from './inspect-error.ts'
import {
  type InspectedFunction,
  InspectionAnswer,
  InspectionMessage,
  type InspectionOrder,
  type InspectionRequest,
} from './inspection.ts'
import { killMarked } from './marked-processes.ts'
import { keepOutput } from './output-tail.ts'
import { filledCommand, workerVariables } from './worker-variables.ts'

/** Until Python runs and has said so: a container may have to be started. */
const startSeconds = 120
/** What Python is given beyond its time, to say where it stands. */
const graceMs = 1000
/** What a module may print while it is imported. */
const outputBytes = 16 * 2 ** 20
/** How long the output of killed processes is waited for. */
const drainMs = 2000

/**
 * Imports a module in an environment's Python and describes a function of it.
 *
 * @remarks
 * pythonia and its Python run in a process of their own that leads a process group. However this ends
 * (an answer, an error, the time limit, the caller's death), everything in that group is killed, and
 * on Linux what has moved out of it, too.
 *
 * @throws environment/no-module, environment/no-function, environment/import-failed,
 *   environment/inspection-failed, environment/inspection-timeout
 */
export async function inspectModule(
  environment: ReadyEnvironment,
  request: InspectionRequest,
): Promise<InspectedFunction> {
  request.signal?.throwIfAborted()
  const child = fork(new URL('./inspect-process.ts', import.meta.url), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own, so that it can be killed as a whole, and Ctrl-C is not for it.
    detached: true,
    execArgv: ['--max-old-space-size=256'],
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  const overflow = Promise.withResolvers<Outcome>()
  const output = keepOutput(child, outputBytes, () => overflow.resolve({ kind: 'overflow' }))
  child.send(orderOf(environment, request), () => {})
  const outcome = await Promise.race([outcomeOf(child, request), overflow.promise])
  killAll(child)
  await Promise.race([closed, delay(drainMs, null, { ref: false })])
  // What could not be found and killed may hold the other ends.
  child.stdout?.destroy()
  child.stderr?.destroy()
  request.signal?.throwIfAborted()
  if (outcome.kind !== 'answer') {
    throw outcomeError(outcome, { environment, ...request, startSeconds, output: output.tail() })
  }
  return read(outcome.text, request)
}

type Outcome = { readonly kind: 'answer'; readonly text: string } | FailedOutcome

/** What comes first: the answer, an end, or the end of the time. */
async function outcomeOf(
  child: ChildProcess,
  { timeoutSeconds, signal }: InspectionRequest,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const limit = (kind: 'unstarted' | 'timeout', ms: number) =>
    setTimeout(() => resolve({ kind }), ms)
  let timer = limit('unstarted', startSeconds * 1000)
  const abort = () => resolve({ kind: 'aborted' })
  signal?.addEventListener('abort', abort, { once: true })
  child.on('message', (value) => {
    const { data: message } = InspectionMessage.safeParse(value)
    if (message === undefined) return
    if (message.kind !== 'looking') return resolve(message)
    clearTimeout(timer)
    timer = limit('timeout', timeoutSeconds * 1000 + graceMs)
  })
  child.once('error', ({ message }) => resolve({ kind: 'broken', reason: message }))
  child.once('exit', (status, name) => resolve({ kind: 'ended', status, signal: name }))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function orderOf(environment: ReadyEnvironment, request: InspectionRequest): InspectionOrder {
  return {
    command: filledCommand(environment, null),
    variables: workerVariables(1, environment),
    target: request.target,
    pythonPath: request.pythonPath,
    seconds: request.timeoutSeconds,
  }
}

/** A text that foreign code may have had its hands on. */
function read(text: string, request: InspectionRequest): InspectedFunction {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw unreadableError(request.target, cause)
  }
  const { data: answer, error } = InspectionAnswer.safeParse(value)
  if (answer === undefined) throw unreadableError(request.target, error)
  if (answer.kind === 'problem') throw problemError(request, answer)
  return answer
}

function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return
  // Before its group: a process that was moved out of it is told by the id of the leader.
  killMarked(pid)
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}
