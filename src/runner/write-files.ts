/** The files of a run folder beside the journal: made from it, for people and programs. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import type { ExperimentDocument } from '#src/config/schema.ts'
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

/** A reader finds the old text or the new one, never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, text)
  await rename(draft, path)
}
