/** The lines that Python processes write, in one order. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { PythonCommand } from '../benchmark.ts'
import { badSource } from '../source-file.ts'

/**
 * Runs a Python module several times at once, each on its part, and takes their lines in turn: the
 * first of each, the second of each, …
 *
 * @param parts - the arguments of each process
 * @throws benchmark/invalid when one fails, with the end of what it said; what the signal was aborted with
 */
export async function* pythonLines(
  { interpreter, variables }: PythonCommand,
  module: string,
  parts: readonly (readonly string[])[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const processes = parts.map((part) =>
    follow(
      spawn(interpreter, ['-m', module, ...part], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...variables },
        signal,
      }),
    ),
  )
  try {
    let open = processes
    while (open.length > 0) {
      const going: typeof open = []
      for (const process of open) {
        const { done, value } = await process.lines.next()
        if (done) continue
        going.push(process)
        yield value
      }
      open = going
    }
    for (const { ended } of processes) await ended
    signal.throwIfAborted()
    const failed = processes.find(({ status }) => status() !== 0)
    if (failed !== undefined) throw badSource(parts[0]?.[0] ?? module, failed.reason())
  } finally {
    for (const { child } of processes) child.kill()
  }
}

function follow(child: ChildProcessByStdio<null, Readable, Readable>) {
  let said = ''
  let status: number | string | null = null
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      status = error.message
      resolve()
    })
    child.once('close', (code, signal) => {
      status ??= code ?? signal
      resolve()
    })
  })
  return {
    child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    ended,
    status: () => status,
    reason: () =>
      `Python, which reads it, ended with ${status}: ${said.trim().split('\n').at(-1) || 'it said nothing'}`,
  }
}
