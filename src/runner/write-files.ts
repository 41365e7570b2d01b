/** The files of a run folder beside the journal: made from it, for people and programs. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import type { ExperimentDocument } from '#src/config/schema.ts'
import { ArchloomError } from '#src/errors.ts'
import { runFiles } from '#src/store/run-folder.ts'
import type { RunResult } from './result.ts'

/** Makes the folder for artifacts and writes the resolved document. */
export async function writeConfig(folder: string, document: ExperimentDocument): Promise<void> {
  const files = runFiles(folder)
  await mkdir(files.artifacts, { recursive: true })
  await replaceFile(files.config, stringify(document))
}

/** @param fingerprints - every environment that results of the run may come from, by hash */
export function writeEnvironment(
  folder: string,
  fingerprints: ReadonlyMap<string, unknown>,
): Promise<void> {
  return replaceFile(runFiles(folder).environment, json(Object.fromEntries(fingerprints)))
}

export function writeResult(folder: string, result: RunResult): Promise<void> {
  return replaceFile(runFiles(folder).result, json(result))
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

const spaceCodes: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT']

/**
 * A reader finds the old text or the new one, never a part.
 *
 * @throws store/full, store/unwritable
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  try {
    await writeFile(draft, text)
    await rename(draft, path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const isFull = spaceCodes.includes(code)
    throw new ArchloomError(
      isFull ? 'store/full' : 'store/unwritable',
      `Cannot write ${path} (${isFull ? 'the disk is full' : (code ?? String(cause))}), all that was measured is safe; mend that, then resume`,
      { cause },
    )
  }
}
