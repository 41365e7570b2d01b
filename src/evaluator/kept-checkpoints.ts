/** The checkpoint files of a run: one a trial, until it is let go of. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import type { Logger } from 'pino'
import { sha256 } from '#src/encoding/hash.ts'
import type { CheckpointRef } from '#src/protocol/task.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { KeptCheckpoint } from '#src/trial/record.ts'

export interface KeptCheckpoints extends AsyncDisposable {
  /** Where a training of the trial leaves its weights in the run folder; kept from now on. */
  claim(trial: number): string
  /** Deletes all files but those of these trials. Returns before they are gone; disposing waits. */
  retain(trials: ReadonlySet<number>): void
  /** The file that a record names; null when it is gone, is not what was written, or lies elsewhere. */
  find(checkpoint: KeptCheckpoint | undefined): Promise<CheckpointRef | null>
}

const folderName = 'artifacts'

/** Files that an earlier process of the run left are there from the start. */
export async function keptCheckpoints(runFolder: string, logger: Logger): Promise<KeptCheckpoints> {
  const folder = join(runFolder, folderName)
  await mkdir(folder, { recursive: true })
  const paths = new Map<number, string>()
  for (const name of await readdir(folder)) {
    const [, trial] = /^t(\d+)\./.exec(name) ?? []
    if (trial !== undefined) paths.set(Number(trial), join(folder, name))
  }
  let removal = Promise.resolve()

  const remove = async (path: string): Promise<void> => {
    try {
      await rm(path, { force: true })
    } catch (error) {
      logger.warn({ path, error }, 'checkpoint could not be deleted')
    }
  }
  return {
    claim(trial) {
      const name = `${trialName(trial)}.safetensors`
      paths.set(trial, join(folder, name))
      return join(folderName, name)
    },
    retain(trials) {
      // Told apart here and now: what is written while files are deleted is not among them.
      for (const [trial, path] of [...paths]) {
        if (trials.has(trial)) continue
        paths.delete(trial)
        removal = removal.then(() => remove(path))
      }
    },
    async find(checkpoint) {
      // A journal may come from anywhere: it must not name other files of this machine.
      if (!checkpoint || dirname(normalize(checkpoint.path)) !== folderName) return null
      const content = await readFile(join(runFolder, checkpoint.path)).catch(() => null)
      const isIntact = content !== null && sha256(content) === checkpoint.sha256
      return isIntact ? { path: checkpoint.path, sha256: checkpoint.sha256 } : null
    },
    [Symbol.asyncDispose]: () => removal,
  }
}

/**
 * Measures by a checkpoint of the run folder; null when it is gone, or when the worker that was asked
 * is of another machine and cannot read it there.
 */
export async function measureKept<T extends object>(
  checkpoint: CheckpointRef | null,
  { hasRemote }: { readonly hasRemote: boolean },
  measure: (checkpoint: CheckpointRef) => Promise<T>,
): Promise<T | null> {
  if (checkpoint === null) return null
  try {
    return await measure(checkpoint)
  } catch (error) {
    if (hasRemote && error instanceof AttemptFailure && error.failure.kind === 'data') return null
    throw error
  }
}

/** How a trial's files and tasks are called. */
export function trialName(trial: number): string {
  return `t${String(trial).padStart(6, '0')}`
}
