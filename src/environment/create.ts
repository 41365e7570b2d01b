/** Making a virtual environment from its lock. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { ArchloomError } from '#src/errors.ts'
import type { ReadyEnvironment } from './environment.ts'
import { holdFolderLock } from './folder-lock.ts'
import { findPython } from './python.ts'
import { findEnvironment, interpreterOf, markerFile, resolveEnvironment } from './resolve.ts'

export interface CreateOptions {
  /** Called with each line that says what is going on. */
  readonly onLine?: (line: string) => void
  /** Package index for pip instead of the one that pip is set up with. */
  readonly indexUrl?: string
  /** Interpreter to build from; by default the first fitting one on the path. */
  readonly python?: string
  readonly signal?: AbortSignal
}

/**
 * Makes the environment, or makes it anew when it is incomplete, broken or has drifted.
 *
 * @remarks
 * Takes minutes and a few gigabytes: pip fetches PyTorch. A second process that wants the same
 * environment waits for the first. The marker file is written last, so that what was interrupted
 * never counts as made.
 * @throws environment/missing-python when no interpreter fits.
 * @throws environment/create-failed when venv or pip fails, with the end of what it said.
 */
export async function createEnvironment(
  name: string,
  options: CreateOptions = {},
): Promise<ReadyEnvironment> {
  const { spec, folder } = await findEnvironment(name)
  const onLine = options.onLine ?? (() => {})
  await mkdir(dirname(folder), { recursive: true })
  await using _lock = await holdFolderLock(`${folder}.lock`, {
    onWait: (pid) => onLine(`Waiting for process ${pid}, which is making the same environment`),
    ...(options.signal && { signal: options.signal }),
  })
  const ready = await resolveEnvironment(name).catch(() => null)
  if (ready !== null) {
    onLine(`The environment ${name} is complete: ${folder}`)
    return ready
  }
  const base = await findPython(spec.python, options.python)
  onLine(`Creating the environment ${name} with Python ${base.version} in ${folder}`)
  await rm(folder, { recursive: true, force: true })
  const settings = { onLine, ...(options.signal && { signal: options.signal }) }
  await runStep(base.path, ['-m', 'venv', folder], settings)
  onLine(`Installing the packages of ${spec.lockPath}`)
  const index = options.indexUrl === undefined ? [] : ['--index-url', options.indexUrl]
  await runStep(
    interpreterOf(folder),
    ['-m', 'pip', 'install', ...pipFlags, ...index, '-r', spec.lockPath],
    settings,
  )
  await writeFile(
    join(folder, markerFile),
    `${JSON.stringify({ name, python: base.version }, null, 2)}\n`,
  )
  const made = await resolveEnvironment(name)
  onLine(`The environment ${name} is ready`)
  return made
}

const pipFlags = [
  '--disable-pip-version-check',
  '--no-input',
  '--progress-bar=off',
  '--only-binary=:all:',
]

interface StepSettings {
  readonly onLine: (line: string) => void
  readonly signal?: AbortSignal
}

/** Lines kept of a failed step, for its error. */
const keptLines = 12

async function runStep(command: string, args: string[], settings: StepSettings): Promise<void> {
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
