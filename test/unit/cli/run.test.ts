import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freeFolder } from '#src/cli/run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

test('runs that start in one second get a folder each', async () => {
  await using folder = await temporaryFolder()
  const first = join(folder.path, 'search-20261124-031500')
  expect(freeFolder(first)).toBe(first)
  await mkdir(first)
  expect(freeFolder(first)).toBe(`${first}-2`)
  await mkdir(`${first}-2`)
  expect(freeFolder(first)).toBe(`${first}-3`)
})
