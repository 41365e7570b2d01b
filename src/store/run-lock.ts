/**
 * One process at a time may write a run. The lock is SQLite's own lock on a small file: the system
 * frees it when its holder dies, however it dies, so no lock is ever stale.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { Clock } from '#src/time/clock.ts'
import { runFiles } from './run-folder.ts'
import { isBusy } from './sqlite-error.ts'

const Owner = z.object({ pid: z.int(), host: z.string(), sinceMs: z.number() })

/**
 * Takes a run folder's lock until disposed.
 *
 * @remarks
 * POSIX drops a process's locks on a file when that process closes any handle of it: nothing else
 * in this process may open `run.lock`.
 *
 * @throws store/locked naming the process that holds it
 */
export function lockRun(folder: string, clock: Clock): Disposable {
  const files = runFiles(folder)
  // Who asks `isLocked` is in the way for a moment.
  const database = new DatabaseSync(files.lock, { timeout: 200 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (!isBusy(cause)) throw cause
    throw new ArchloomError(
      'store/locked',
      `Run folder ${folder} is in use by ${describeOwner(files.lockOwner)}; wait for it to end or stop it`,
      { cause, details: { folder } },
    )
  }
  const owner = { pid: process.pid, host: hostname(), sinceMs: clock.nowMs() }
  writeFileSync(files.lockOwner, JSON.stringify(owner))
  return {
    [Symbol.dispose]() {
      if (!database.isOpen) return
      rmSync(files.lockOwner, { force: true })
      database.close()
    },
  }
}

/**
 * Whether a process has a run folder's lock now. For other processes than the one that may have it:
 * see `lockRun`.
 */
export function isLocked(folder: string): boolean {
  const { lock } = runFiles(folder)
  if (!existsSync(lock)) return false
  const database = new DatabaseSync(lock, { timeout: 0, readOnly: true })
  try {
    database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    database.close()
  }
}

/** The owner's file is a courtesy: the lock holds without it. */
function describeOwner(path: string): string {
  try {
    const { pid, host, sinceMs } = Owner.parse(JSON.parse(readFileSync(path, 'utf8')))
    const place = host === hostname() ? '' : ` on ${host}`
    return `process ${pid}${place} since ${new Date(sinceMs).toISOString()}`
  } catch {
    return 'another process'
  }
}
