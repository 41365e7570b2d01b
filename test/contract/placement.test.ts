/** What holds for every placement engine; what they really start is in test/integration/placement. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#src/time/clock.ts'
import { makeCurveKeys } from '#src/transport/curve.ts'
import {
  PlacementSettings,
  placementCatalog,
  startPlacement,
} from '#src/worker/placement/catalog.ts'
import type { PlacementContext } from '#src/worker/placement/placement.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

let folder: TemporaryFolder
const { PATH } = process.env
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  process.env.PATH = PATH
  await folder[Symbol.asyncDispose]()
})

async function context(more: Partial<PlacementContext> = {}): Promise<PlacementContext> {
  const [server, worker] = [await makeCurveKeys(), await makeCurveKeys()]
  return {
    commandFor: (name) => ({ file: 'worker', parameters: ['--name', name], variables: {} }),
    keys: { serverKey: server.publicKey, ...worker },
    folder: folder.path,
    logger: pino({ level: 'silent' }),
    clock: systemClock(),
    ...more,
  }
}

it('knows its engines by names of their own', () => {
  const names = placementCatalog.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].sort())
})

describe.each(placementCatalog.map(({ name, summary }) => ({ name, summary })))(
  '$name',
  (entry) => {
    const minimal = { engine: entry.name, workers: 2 }

    it('says in one sentence what it does', () => {
      expect(entry.summary).toMatch(/^[A-Z][^.]+$/)
    })

    it('is told apart by its name, has defaults for the rest, and refuses what it does not know', () => {
      expect(PlacementSettings.parse(minimal)).toMatchObject({ maxRestarts: 3, cpus: 1, gpus: 0 })
      expect(PlacementSettings.safeParse({ ...minimal, gpu: 1 }).success).toBe(false)
      expect(PlacementSettings.safeParse({ ...minimal, workers: 0 }).success).toBe(false)
    })

    it('that is not installed says so, and leaves no secret behind', async () => {
      process.env.PATH = folder.path
      const settings = PlacementSettings.parse(minimal)
      const scene = await context()
      await expect(startPlacement(settings, scene)).rejects.toMatchObject({
        code: expect.stringMatching(/^environment\//),
        message: expect.stringMatching(/^[A-Z].*; .*[^.]$/),
      })
      const files = globSync(join(folder.path, '**/*.*'))
      expect(
        files.filter((file) => readFileSync(file, 'utf8').includes(scene.keys.secretKey)),
      ).toEqual([])
    })

    it('that is aborted while it starts throws the reason', async () => {
      const reason = new Error('Enough')
      const settings = PlacementSettings.parse(minimal)
      const scene = await context({ signal: AbortSignal.abort(reason) })
      await expect(startPlacement(settings, scene)).rejects.toBe(reason)
    })
  },
)
