import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ArchloomError } from '#src/errors.ts'

/**
 * Writes a part of a report, its folder made if need be; a reader finds the old file or the new one.
 *
 * @throws store/full; config/usage when it cannot be written there
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, text)
    await rename(draft, path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new ArchloomError(
        'store/full',
        `No space is left to write the report ${path}; free some and run archloom report again`,
        { cause },
      )
    }
    throw new ArchloomError(
      'config/usage',
      `Cannot write the report ${path} (${code ?? 'unknown error'}); name a writable place with --out`,
      { cause },
    )
  }
}
