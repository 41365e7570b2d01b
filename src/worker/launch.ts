/**
 * The process of a local worker: started, listened to, signalled, buried. Its standard input is a
 * pipe that nobody writes to: it closes when this process ends, however it ends, and the worker then
 * ends too.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { ReadyEnvironment } from '#src/environment/environment.ts'
import { filledCommand, workerVariables } from '#src/environment/worker-variables.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import type { Clock } from '#src/time/clock.ts'
import type { WorkerExit } from './pool-state.ts'

/** What the system is asked to run. */
export interface WorkerCommand {
  readonly file: string
  readonly parameters: readonly string[]
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** What a worker must be told on its command line. */
export interface LaunchRequest {
  readonly environment: ReadyEnvironment
  readonly endpoint: string
  readonly worker: string
  /** `cpu`, `cuda` or `cuda:1`. */
  readonly device: string
  readonly threads: number
  readonly determinism: 'bitwise' | 'seeded' | 'fast'
  readonly datasets: readonly DatasetName[]
  readonly dataFolders: readonly string[]
  /** Absolute path of the only folder that tasks may name files in; none by default. */
  readonly root?: string
  /** Modules whose functions may be called; none by default. */
  readonly allow?: readonly string[]
  /** Where modules are looked for first. */
  readonly pythonPath?: readonly string[]
}

export function pythonCommand(request: LaunchRequest): WorkerCommand {
  const { environment, endpoint } = request
  const { lock } = environment
  const [file, ...first] = filledCommand(environment, endpoint)
  const parameters = [
    first,
    ['-m', 'archloom_worker'],
    ['--connect', endpoint],
    ['--name', request.worker],
    ['--device', request.device],
    ['--threads', String(request.threads)],
    ['--determinism', request.determinism],
    ...(request.root === undefined ? [] : [['--root', request.root]]),
    ...(lock ? [['--lock', lock.path]] : []),
    ...request.dataFolders.map((folder) => ['--data-folder', folder]),
    ...request.datasets.map((name) => ['--dataset', name]),
    ...(request.allow ?? []).map((name) => ['--allow', name]),
    ...(request.pythonPath ?? []).map((folder) => ['--python-path', folder]),
    ['--watch-stdin'],
  ].flat()
  return { file, parameters, variables: workerVariables(request.threads, environment) }
}

export interface WorkerProcess {
  /** Null when it could not be started. */
  readonly pid: number | null
  /** SIGKILL also ends what the worker itself has started. Nothing happens once it has ended. */
  signal(which: 'SIGTERM' | 'SIGKILL'): void
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<WorkerExit>
}

/** Lines kept of what a worker writes, for the message when it crashes. */
const keptLines = 50

/** Longest part of a line that is kept, in characters. */
const keptCharacters = 2000

/** How long the output of an ended process is waited for, in ms: a grandchild may hold the pipe. */
const outputGraceMs = 500

export interface ProcessWatch {
  readonly clock: Clock
  /** Each line that the worker writes, to standard output or error. */
  readonly onLine: (line: string) => void
}

export function startProcess(command: WorkerCommand, watch: ProcessWatch): WorkerProcess {
  try {
    return watched(spawnWorker(command), watch)
  } catch (error) {
    // Some refusals of the system are thrown, others arrive as an event: here they look alike.
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const exit = { code: null, signal: null, spawnError: code, tail: [] }
    return { pid: null, ended: Promise.resolve(exit), signal: () => {} }
  }
}

function spawnWorker({ file, parameters, variables }: WorkerCommand) {
  return spawn(file, parameters, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C in the terminal is for the orchestrator to pass on.
    detached: true,
    env: { ...variables },
  })
}

function watched(
  child: ReturnType<typeof spawnWorker>,
  { clock, onLine }: ProcessWatch,
): WorkerProcess {
  child.stdin.on('error', () => {})
  const tail: string[] = []
  const take = (line: string) => {
    tail.push(line.slice(0, keptCharacters))
    if (tail.length > keptLines) tail.shift()
    onLine(line)
  }
  readLines(child.stdout, take)
  readLines(child.stderr, take)
  let isRunning = child.pid !== undefined
  const ended = waitForEnd(child, tail, clock).finally(() => {
    isRunning = false
  })
  return {
    pid: child.pid ?? null,
    ended,
    signal(which) {
      if (!isRunning || child.pid === undefined) return
      try {
        // A negative id means the whole session, the worker's own children among it.
        process.kill(which === 'SIGKILL' ? -child.pid : child.pid, which)
      } catch {
        // It ended this very moment.
      }
    },
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine)
  stream.on('error', () => {})
}

function waitForEnd(
  child: ChildProcess,
  tail: readonly string[],
  clock: Clock,
): Promise<WorkerExit> {
  return new Promise((resolve) => {
    const end = (exit: Partial<WorkerExit>) =>
      resolve({ code: null, signal: null, spawnError: null, ...exit, tail: [...tail] })
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) end({ spawnError: error.code ?? error.message })
    })
    child.once('exit', (code, signal) => {
      const timer = clock.setTimer(outputGraceMs, () => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      })
      child.once('close', () => {
        timer.cancel()
        end({ code, signal })
      })
    })
  })
}
