import { spawnSync } from 'node:child_process'
import { lstat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { holdFolderLock } from '#src/environment/folder-lock.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

describe('holdFolderLock', () => {
  it('lets one in at a time, in turn', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    let inside = 0
    const visits = Array.from({ length: 4 }, async () => {
      await using _lock = await holdFolderLock(path)
      expect(++inside).toBe(1)
      await new Promise(setImmediate)
      inside--
    })
    await Promise.all(visits)
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('takes over from a process that is gone', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    const { pid } = spawnSync(process.execPath, ['--version'])
    await symlink(String(pid), path)
    let waits = 0
    await using _lock = await holdFolderLock(path, { onWait: () => waits++ })
    expect(waits).toBe(0)
  })

  it('says whom it waits for, and gives up when told to', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lock')
    await using _lock = await holdFolderLock(path)
    const controller = new AbortController()
    const waiting = holdFolderLock(path, {
      signal: controller.signal,
      onWait: (pid) => controller.abort(new Error(`waited for ${pid}`)),
    })
    await expect(waiting).rejects.toThrow()
    expect(controller.signal.reason).toEqual(new Error(`waited for ${process.pid}`))
  })
})
