/**
 * A private folder for one Unix socket. Only its owner may enter it, which is what keeps strangers
 * on the same machine out.
 */
import { rmSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atProcessEnd } from '#src/time/process-end.ts'

export interface IpcFolder extends AsyncDisposable {
  /** Where the socket shall stand. */
  readonly socketPath: string
}

/** Longest path that a Unix socket can have on every system, in bytes: 104 on macOS with its end. */
const maxPathBytes = 103
const prefix = 'archloom-ipc-'
const socketName = 's'

/**
 * A new folder with mode 0700, removed with its socket on disposal.
 *
 * @param parent - where to make it; by default the system's folder for temporary files
 * @remarks The folder also goes when the process exits without disposing it. One that is killed with
 * SIGKILL cannot remove its own: its workers do, and should they be killed too, whoever of the same
 * user makes the next folder removes those whose socket nobody listens on.
 */
export async function makeIpcFolder(parent = tmpdir()): Promise<IpcFolder> {
  const fits = Buffer.byteLength(join(parent, `${prefix}XXXXXX`, socketName)) <= maxPathBytes
  const home = fits ? parent : '/tmp'
  await removeAbandoned(home)
  const folder = await mkdtemp(join(home, prefix))
  const forget = atProcessEnd(() => rmSync(folder, { recursive: true, force: true }))
  return {
    socketPath: join(folder, socketName),
    async [Symbol.asyncDispose]() {
      forget()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function removeAbandoned(home: string): Promise<void> {
  const names = await readdir(home).catch(() => [])
  const folders = names.filter((name) => name.startsWith(prefix)).map((name) => join(home, name))
  await Promise.all(
    folders.map(async (folder) => {
      if (!(await isAbandoned(folder))) return
      await rm(folder, { recursive: true, force: true }).catch(() => {})
    }),
  )
}

async function isAbandoned(folder: string): Promise<boolean> {
  const owner = await lstat(folder).catch(() => null)
  if (!owner?.isDirectory() || owner.uid !== process.getuid?.()) return false
  const socketPath = join(folder, socketName)
  const socket = await lstat(socketPath).catch(() => null)
  // No socket yet: its process may be about to make it.
  if (!socket?.isSocket()) return false
  return isRefused(socketPath)
}

/** Whether a socket file has no listener; its process ended without removing it. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
