import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { protocolTag, protocolVersion } from '#src/protocol/version.ts'
import { generateProtocol } from '../../../scripts/generate-protocol.ts'

test.each(generateProtocol())('$path is what the schemas generate', ({ path, text }) => {
  const found = readFileSync(join(projectFolder(), path), 'utf8')
  expect(found === text, `${path} is stale: run npm run schema`).toBe(true)
})

test('the tag carries the version that the generated Python types carry', () => {
  const python = generateProtocol().find(({ path }) => path.endsWith('.py'))?.text
  expect(python).toContain(`PROTOCOL_VERSION = ${protocolVersion}\n`)
  expect(protocolTag).toBe(`ALP/${protocolVersion}`)
})
