import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOrchestratorKeys, readWorkerKeys, writeKeyFiles } from '#src/worker/keys.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

test('a pair of key files fits together, and only its owner may read it', async () => {
  await using folder = await temporaryFolder()
  const keys = join(folder.path, 'new', 'keys')
  const paths = await writeKeyFiles(keys)
  expect(paths).toEqual([join(keys, 'orchestrator.json'), join(keys, 'worker.json')])
  for (const path of [keys, ...paths]) expect((await stat(path)).mode & 0o077).toBe(0)
  const here = await readOrchestratorKeys(keys)
  const there = await readWorkerKeys(join(keys, 'worker.json'))
  expect(here.clientPublicKeys).toEqual([there.publicKey])
  expect(there.serverKey).toBe(here.server.publicKey)
})

test('keys are never written over, since whoever holds the old ones would be locked out', async () => {
  await using folder = await temporaryFolder()
  const [path = ''] = await writeKeyFiles(folder.path)
  const before = await readFile(path, 'utf8')
  await expect(writeKeyFiles(folder.path)).rejects.toMatchObject({
    code: 'config/usage',
    message: expect.stringContaining('name another folder'),
  })
  expect(await readFile(path, 'utf8')).toBe(before)
})

test.each([
  ['{"publicKey": "short"}', 'config/invalid'],
  ['no JSON', 'config/invalid'],
  [null, 'config/not-found'],
])('a key file that holds %s is refused with what makes one', async (text, code) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'worker.json')
  if (text !== null) await writeFile(path, text)
  await expect(readWorkerKeys(path)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/worker\.json.*archloom env keys FOLDER/),
  })
})
