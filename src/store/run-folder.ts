/** What lies where in a run folder, and how to take the run up again. */
import { join } from 'node:path'

export interface RunFiles {
  /** The one source of truth; everything else in the folder can be made again from it. */
  readonly journal: string
  /** Held by the process that runs the experiment; the system frees it when that process ends. */
  readonly lock: string
  /** Who holds the lock, for people. */
  readonly lockOwner: string
  /** The resolved experiment document. */
  readonly config: string
  /** Every environment that results may come from, by hash. */
  readonly environment: string
  readonly result: string
  /** Who works for the run, for whoever watches; only of runs that have workers. */
  readonly workers: string
  /** Checkpoints and whatever else evaluators keep. */
  readonly artifacts: string
}

export function runFiles(folder: string): RunFiles {
  return {
    journal: join(folder, 'journal.sqlite'),
    lock: join(folder, 'run.lock'),
    lockOwner: join(folder, 'run.lock.owner'),
    config: join(folder, 'config.resolved.yaml'),
    environment: join(folder, 'environment.json'),
    result: join(folder, 'result.json'),
    workers: join(folder, 'workers.json'),
    artifacts: join(folder, 'artifacts'),
  }
}

/** The command that continues a run, ready for a shell. */
export function resumeCommand(folder: string): string {
  return `archloom resume ${shellQuoted(folder)}`
}

/** An argument as a POSIX shell takes it. */
export function shellQuoted(argument: string): string {
  if (/^[\w@%+=:,./-]+$/.test(argument)) return argument
  return `'${argument.replaceAll("'", `'\\''`)}'`
}
