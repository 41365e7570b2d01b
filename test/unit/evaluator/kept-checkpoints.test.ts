import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { sha256 } from '#src/encoding/hash.ts'
import { type KeptCheckpoints, keptCheckpoints } from '#src/evaluator/kept-checkpoints.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const logger = pino({ level: 'silent' })

/** Does what a training does: writes the weights where it was told. */
async function train(folder: string, kept: KeptCheckpoints, trial: number): Promise<string> {
  const path = join(folder, kept.claim(trial))
  await writeFile(path, `weights of ${trial}`)
  return path
}

const trialsIn = async (folder: string) =>
  (await readdir(join(folder, 'artifacts'))).map((name) => Number(/^t(\d+)\./.exec(name)?.[1]))

describe('the checkpoints of a run', () => {
  it('are kept until they are let go of, and those claimed meanwhile', async () => {
    await using temporary = await temporaryFolder()
    {
      await using kept = await keptCheckpoints(temporary.path, logger)
      for (const trial of [0, 1, 2, 3]) await train(temporary.path, kept, trial)
      kept.retain(new Set([1, 3]))
      // Begun and written while the others are being deleted.
      await train(temporary.path, kept, 4)
    }
    expect(await trialsIn(temporary.path)).toEqual([1, 3, 4])
  })

  it('of an earlier process are known, and nothing else in the folder is touched', async () => {
    await using temporary = await temporaryFolder()
    const folder = join(temporary.path, 'artifacts')
    await mkdir(folder)
    for (const name of ['t000007.pt', 't1234567.pt', 'notes.txt', 'table7.csv']) {
      await writeFile(join(folder, name), name)
    }
    {
      await using kept = await keptCheckpoints(temporary.path, logger)
      kept.retain(new Set([1234567]))
    }
    expect(await readdir(folder)).toEqual(['notes.txt', 't1234567.pt', 'table7.csv'])
  })

  it('are found by what was written, not by name alone', async () => {
    await using temporary = await temporaryFolder()
    await using kept = await keptCheckpoints(temporary.path, logger)
    const path = await train(temporary.path, kept, 5)
    const record = { path: 'artifacts/t000005.safetensors', sha256: sha256(await readFile(path)) }
    expect(await kept.find(record)).toEqual(record)
    await writeFile(path, 'other weights')
    expect(await kept.find(record)).toBeNull()
    expect(await kept.find({ ...record, path: 'artifacts/t000006.safetensors' })).toBeNull()
    expect(await kept.find(undefined)).toBeNull()
  })

  it('are looked for nowhere but among them', async () => {
    await using temporary = await temporaryFolder()
    const runFolder = join(temporary.path, 'run')
    await using kept = await keptCheckpoints(runFolder, logger)
    const secret = join(temporary.path, 'secret')
    for (const path of [secret, join(runFolder, 'journal.db')]) await writeFile(path, 'secret')
    const names = [secret, '../secret', 'artifacts/../../secret', 'journal.db', 'artifacts/..']
    for (const path of names) {
      expect(await kept.find({ path, sha256: sha256(Buffer.from('secret')) }), path).toBeNull()
    }
  })

  it('that are gone already are let go of like the others', async () => {
    await using temporary = await temporaryFolder()
    {
      await using kept = await keptCheckpoints(temporary.path, logger)
      kept.claim(0)
      await train(temporary.path, kept, 1)
      kept.retain(new Set())
    }
    expect(await trialsIn(temporary.path)).toEqual([])
  })
})
