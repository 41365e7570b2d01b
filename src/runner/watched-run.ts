/** What somebody outside a run's process can say of it and of who works for it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { isLocked } from '#src/store/run-lock.ts'
import { readWorkers, type WorkersFile } from './workers-file.ts'

/**
 * - `live`: its process has just said how its workers are
 * - `unanswering`: its process lives, but has said nothing for a while: it is stopped, or overloaded
 * - `starting`: its process lives and has not said anything yet; or its evaluator has no workers
 * - `ended`: its process has ended in good order
 * - `died`: its process is gone without a word
 * - `unknown`: no process runs it, and none ever said anything of workers
 */
export type WatchedState = 'live' | 'unanswering' | 'starting' | 'ended' | 'died' | 'unknown'

export interface WatchedRun {
  readonly folder: string
  readonly state: WatchedState
  /** What was last said; of an earlier process while the state is `starting`. */
  readonly said: WorkersFile | null
}

/** Silence in milliseconds after which a run's process counts as not answering. */
const quietMs = 5000

/**
 * @throws store/not-a-journal for a folder that holds no run
 */
export function watchRun(folder: string, nowMs: number): WatchedRun {
  const files = runFiles(folder)
  if (!existsSync(files.journal)) {
    const why = existsSync(folder) ? 'it holds no journal.sqlite' : 'there is no such folder'
    throw new ArchloomError(
      'store/not-a-journal',
      `${folder} is not a run folder: ${why}; give the folder that archloom run printed, or none to look at all runs under ./runs`,
      { details: { folder } },
    )
  }
  const said = readWorkers(folder)
  return { folder, state: stateOf(said, isLocked(folder), nowMs), said }
}

/** Those under a folder whose process lives, by name. */
export function watchLiveRuns(parent: string, nowMs: number): WatchedRun[] {
  return namesIn(parent)
    .map((name) => join(parent, name))
    .filter((folder) => existsSync(runFiles(folder).journal))
    .map((folder) => watchRun(folder, nowMs))
    .filter(isRunning)
}

export function isRunning({ state }: WatchedRun): boolean {
  return state === 'live' || state === 'unanswering' || state === 'starting'
}

function stateOf(said: WorkersFile | null, isHeld: boolean, nowMs: number): WatchedState {
  if (isHeld) {
    if (said === null || said.ended) return 'starting'
    return nowMs - said.writtenMs > quietMs ? 'unanswering' : 'live'
  }
  if (said === null) return 'unknown'
  return said.ended ? 'ended' : 'died'
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort()
  } catch {
    return []
  }
}
