import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadExperiment } from '#src/config/load.ts'
import { applyOverride } from '#src/config/override.ts'
import { canonicalJson } from '#src/encoding/json.ts'
import { decodeFromWorker, encodeMessage } from '#src/protocol/codec.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archloom-prototype-'))
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

const valid = `
version: 1
name: test
space: { name: nas-bench-201 }
optimizer: { name: random-search }
evaluator: { name: train, dataset: { name: digits } }
budget: { trials: 4 }
`

const inJson = JSON.stringify(parse(valid))

describe('a key called __proto__', () => {
  it.each([
    ['yaml', `${valid}__proto__: { polluted: true }\n`],
    ['yaml', valid.replace('trials: 4', 'trials: 4, __proto__: { polluted: true }')],
    ['yaml', valid.replace('name: digits', 'name: digits, constructor: { polluted: true }')],
    ['json', inJson.replace('{', '{"__proto__": {"polluted": true}, ')],
    ['json', inJson.replace('{"trials":4', '{"__proto__": {"polluted": true}, "trials":4')],
  ])('in an experiment in %s is refused like any unknown key', async (kind, text) => {
    const path = join(folder, `experiment.${kind}`)
    await writeFile(path, text)
    await expect(loadExperiment(path)).rejects.toMatchObject({
      code: 'config/unknown-key',
      message: expect.stringMatching(/__proto__|constructor/),
    })
  })

  it('is all that is wrong with them', async () => {
    const path = join(folder, 'valid.yaml')
    await writeFile(path, valid)
    await expect(loadExperiment(path)).resolves.toBeDefined()
  })

  it.each(['__proto__.polluted=1', 'budget.__proto__.polluted=1', 'x.__proto__.polluted=1'])(
    '--set %s reaches nothing but the document, which is refused then',
    async (override) => {
      const document = applyOverride({ budget: { trials: 4 } }, override)
      expect(canonicalJson(document)).toContain('"__proto__":{"polluted":1}')
      const path = join(folder, 'overridden.json')
      await writeFile(path, JSON.stringify(document))
      await expect(loadExperiment(path)).rejects.toMatchObject({
        code: expect.stringMatching(/^config\//),
      })
    },
  )

  it('in a message of a worker is data or refused, and no prototype', () => {
    const parts = (header: string) => [Buffer.from('ALP/1'), Buffer.from(header)]
    const log = parts(
      '{"type":"log","level":"info","message":"","fields":{"__proto__":"x","constructor":"y"}}',
    )
    const { message } = decodeFromWorker(log)
    if (message.type !== 'log') throw new Error('It is a log message')
    expect(Object.getPrototypeOf(message.fields)).toBe(Object.prototype)
    const report = decodeFromWorker(
      parts('{"type":"reported","task":"t","lease":0,"report":{"a":{"__proto__":{"polluted":1}}}}'),
    )
    expect(Buffer.from(encodeMessage(report.message)[1] ?? []).toString()).toContain('__proto__')
    for (const header of [
      '{"type":"heartbeat","__proto__":{"polluted":1}}',
      '{"__proto__":{"type":"heartbeat"}}',
    ]) {
      expect(() => decodeFromWorker(parts(header))).toThrow(
        expect.objectContaining({ code: 'protocol/malformed' }),
      )
    }
  })
})
