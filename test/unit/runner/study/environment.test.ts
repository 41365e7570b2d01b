import { cpus } from 'node:os'
import { expect, it } from 'vitest'
import { studyEnvironment } from '#src/runner/study/environment.ts'
import { archloomVersion } from '#src/runner/version.ts'

it('describes the code, the engine and the processor that cells depend on', () => {
  const { facts } = studyEnvironment()
  expect(facts).toMatchObject({
    archloom: archloomVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    processor: cpus()[0]?.model,
  })
  expect(facts.code).toMatch(/^[0-9a-f]{64}$/)
})
