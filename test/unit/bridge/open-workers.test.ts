import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorkers } from '#src/bridge/open-workers.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const remote = { endpoint: 'tcp://127.0.0.1:*', keys: 'keys' }

test('workers of other machines are described as in an experiment, or refused with the place', async () => {
  await expect(openWorkers({ remote: { ...remote, minWorkers: 0 } })).rejects.toThrow(
    /^The workers of other machines, remote, are not well described: .*minWorkers/s,
  )
})

test('a placement needs a folder', async () => {
  const placement = { engine: 'ray', workers: 2 } as const
  await expect(openWorkers({ remote: { ...remote, placement } })).rejects.toThrow(
    'A placement needs a folder for what it writes; open the workers with one',
  )
})

test('keys that are not there are named', async () => {
  await using folder = await temporaryFolder()
  const keys = join(folder.path, 'keys')
  await expect(openWorkers({ remote: { ...remote, keys } })).rejects.toThrow(keys)
})
