/** One step of making an environment: a Python process whose lines are passed on. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ArchloomError } from '#src/errors.ts'

export interface StepSettings {
  readonly onLine: (line: string) => void
  readonly signal?: AbortSignal
}

/** Lines kept of a failed step, for its error. */
const keptLines = 12

/**
 * Runs a Python process to its end.
 *
 * @throws environment/create-failed when it does not end with 0, with the end of what it said.
 */
export async function runPython(
  command: string,
  args: readonly string[],
  settings: StepSettings,
): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: pythonVariables(),
    ...(settings.signal && { signal: settings.signal }),
  })
  const lines: string[] = []
  const take = (line: string) => {
    lines.push(line)
    if (lines.length > keptLines) lines.shift()
    settings.onLine(line)
  }
  if (child.stdout) createInterface(child.stdout).on('line', take)
  if (child.stderr) createInterface(child.stderr).on('line', take)
  const ended = await ending(child)
  settings.signal?.throwIfAborted()
  if (ended === 0) return
  const step = args.slice(0, 3).join(' ')
  throw new ArchloomError(
    'environment/create-failed',
    `${command} ${step} ended with ${ended}: ${failureLine(lines)}; ${mendFor(lines.join('\n'))}`,
    { details: { output: lines } },
  )
}

/** Exit status, signal name or the reason why the process did not start. */
function ending(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'no status'))
  })
}

/** The variables for venv and pip: without those that make Python or pip install elsewhere. */
function pythonVariables(): NodeJS.ProcessEnv {
  const { PYTHONHOME: _, PYTHONPATH: __, PIP_USER: ___, PIP_TARGET: ____, ...rest } = process.env
  return rest
}

function failureLine(lines: readonly string[]): string {
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}

function mendFor(output: string): string {
  if (/ensurepip/.test(output)) {
    return "install Python's venv module (package python3-venv on Debian and Ubuntu) and try again"
  }
  if (/No space left/i.test(output))
    return 'free disk space, or point ARCHLOOM_HOME to another disk'
  if (/No matching distribution/i.test(output)) {
    return 'use a Python for which the pinned packages exist (--python), or another index (--index-url)'
  }
  return 'check the network and pip settings, then try again'
}
