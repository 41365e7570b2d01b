/**
 * The process in which foreign Python is looked into: forked by `inspect.ts`, it holds pythonia's
 * bridge and the Python behind it, and belongs to a process group that is killed as a whole.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { InspectionMessage, InspectionOrder } from './inspection.ts'
import { killMarked, markVariable } from './marked-processes.ts'

/** pythonia's Python files in the order in which they need each other. */
const servedModules = ['json_patch', 'proxy', 'Bridge', 'interface'] as const

/** What pythonia's bridge wants of whatever carries its messages. */
interface Com {
  register(id: unknown, handler: (message: BridgeMessage) => unknown): void
  write(message: { readonly r: unknown }, handler?: (message: BridgeMessage) => unknown): void
  writeRaw(text: string, id: unknown, handler: (message: BridgeMessage) => unknown): void
}

interface BridgeMessage {
  readonly r?: unknown
  readonly c?: unknown
}

/** Only what is used of it. */
interface PythonRoot {
  python(module: string): Promise<{ describe(request: string): Promise<unknown> }>
}

type Python = ChildProcessByStdio<Writable, Readable, null>

if (process.send !== undefined) {
  // Whoever asked is gone: so is everything here.
  process.once('disconnect', endGroup)
  process.once('message', (order) => look(order as InspectionOrder))
}

async function look(order: InspectionOrder): Promise<void> {
  try {
    preferOverCaller()
    const python = start(order)
    const root = await bridgeTo(python)
    const inspection = await root.python('archloom_worker.inspection.describe')
    tell({ kind: 'looking' })
    const { target, pythonPath, seconds } = order
    const text = await inspection.describe(JSON.stringify({ target, pythonPath, seconds }))
    tell({ kind: 'answer', text: String(text) })
  } catch (error) {
    tell({ kind: 'broken', reason: reasonOf(error) })
  }
}

function start({ command: [file, ...first], variables }: InspectionOrder): Python {
  const python = spawn(file, [...first, '-m', 'archloom_worker.inspection'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...variables, [markVariable]: String(process.pid) },
  })
  python.stdin.on('error', () => {})
  python.once('error', (error) => tell({ kind: 'broken', reason: error.message }))
  // Its standard output closes when it has said all that it says, but children may hold it.
  python.once('exit', (status, signal) => {
    setImmediate(() => tell({ kind: 'ended', status, signal }))
  })
  return python
}

/** pythonia itself would start `$PYTHON_BIN` on a channel that no container passes on. */
async function bridgeTo(python: Python): Promise<PythonRoot> {
  const require = createRequire(import.meta.url)
  const path = require.resolve('pythonia/src/pythonia/Bridge.js')
  const { Bridge } = require(path) as {
    Bridge: new (com: Com) => { makePyObject(id: number): PythonRoot }
  }
  const sources = servedModules.map((name) => [
    name,
    readFileSync(join(dirname(path), `${name}.py`), 'utf8'),
  ])
  python.stdin.write(`${JSON.stringify(Object.fromEntries(sources))}\n`)
  return new Bridge(pipeCom(python)).makePyObject(0)
}

/** Messages as lines of JSON; what else a container's client may say on the way is passed over. */
function pipeCom(python: Python): Com {
  const handlers = new Map<unknown, (message: BridgeMessage) => unknown>()
  createInterface({ input: python.stdout, crlfDelay: Infinity }).on('line', (line) => {
    if (!line.startsWith('{')) return
    const message = JSON.parse(line) as BridgeMessage
    const handler = handlers.get(message.c) ?? handlers.get(message.r)
    if (handler?.(message)) return
    if (message.c === undefined) handlers.delete(message.r)
  })
  const writeRaw: Com['writeRaw'] = (text, id, handler) => {
    handlers.set(id, handler)
    python.stdin.write(`${text}\n`)
  }
  return {
    register: (id, handler) => handlers.set(id, handler),
    write: (message, handler) => {
      if (handler) handlers.set(message.r, handler)
      python.stdin.write(`${JSON.stringify(message)}\n`)
    },
    writeRaw,
  }
}

/** Should memory run out, the system ends this process and its Python before any other. */
function preferOverCaller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Only Linux has this.
  }
}

function tell(message: InspectionMessage): void {
  if (process.connected) process.send?.(message)
}

/** pythonia's errors have a stack that a person may read, and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = (error.message || error.stack || error.name).split('\n')
  return (lines.findLast((line) => line.trim() !== '') ?? error.name).trim()
}

function endGroup(): void {
  killMarked(process.pid)
  process.kill(0, 'SIGKILL')
}
