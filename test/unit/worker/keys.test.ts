import { execFileSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pythonFolder } from '#src/environment/folders.ts'
import {
  keyParameters,
  readOrchestratorKeys,
  readWorkerKeys,
  writeKeyFiles,
} from '#src/worker/keys.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

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

test('a key that begins with a dash is no option of the worker', async () => {
  const { python } = await cpuEnvironment()
  const dashed = { serverKey: `-${'x'.repeat(39)}`, publicKey: `-${'y'.repeat(39)}` }
  const read =
    'import sys; from archloom_worker.command_line import parse_arguments as p; print(p(sys.argv[1:]).server_key)'
  const needed = ['--connect', 'tcp://a:1', '--name', 'far']
  const printed = execFileSync(python, ['-c', read, ...needed, ...keyParameters(dashed)], {
    encoding: 'utf8',
    env: { PYTHONPATH: pythonFolder() },
  })
  expect(printed.trim()).toBe(dashed.serverKey)
})

test.each([
  ['{"publicKey": "short"}', 'config/invalid'],
  ['no JSON', 'config/invalid'],
  [null, 'config/not-found'],
  ['{"publicKey": "short", "secretKey": "short", "workers": []}', 'config/invalid'],
])('a key file that holds %s is refused with what makes one', async (text, code) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'worker.json')
  if (text !== null) await writeFile(path, text)
  await expect(readWorkerKeys(path)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/worker\.json.*archloom env keys FOLDER/),
  })
})
