/** A lock between processes: one of them at a time makes an environment. */
import { readlink, rename, rm, symlink } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

export interface LockOptions {
  /** Called once, when another living process holds the lock. */
  readonly onWait?: (pid: number) => void
  readonly signal?: AbortSignal
}

const pollMs = 250

/**
 * Holds a lock until disposed; waits while another living process holds it. A lock whose process is
 * gone is taken over.
 *
 * @remarks
 * The lock is a symbolic link whose target is the holder's process id: made in one step, it never
 * stands there without its content.
 */
export async function holdFolderLock(
  path: string,
  options: LockOptions = {},
): Promise<AsyncDisposable> {
  for (let waited = false; ; ) {
    options.signal?.throwIfAborted()
    if (await tryLock(path)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    const holder = await holderOf(path)
    if (holder === null) continue
    if (!isAlive(holder)) {
      await discard(path)
      continue
    }
    if (!waited) {
      options.onWait?.(holder)
      waited = true
    }
    await pause(pollMs, undefined, options.signal ? { signal: options.signal } : {})
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await symlink(String(process.pid), path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function holderOf(path: string): Promise<number | null> {
  const target = await readlink(path).catch(() => null)
  return target === null ? null : Number(target)
}

/** Moves a dead process's lock away; gives it back if another process took it over meanwhile. */
async function discard(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => {})
  const holder = await holderOf(aside)
  if (holder !== null && isAlive(holder)) await rename(aside, path)
  else await rm(aside, { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
