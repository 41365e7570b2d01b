import { expect, test } from 'vitest'
import { fingerprintHash } from '#src/protocol/fingerprint.ts'
import { Hello } from '#src/protocol/messages.ts'
import { messageVectors } from './vectors.ts'

const hello = messageVectors().find(({ header, valid }) => valid && header.type === 'hello')
const { fingerprint } = Hello.parse(hello?.header)

test('the hash does not depend on what is only recorded', () => {
  const moved = { ...fingerprint, recorded: { ...fingerprint.recorded, memoryBytes: 1 } }
  expect(fingerprintHash(moved)).toBe(fingerprintHash(fingerprint))
})

test('the hash changes with each critical fact', () => {
  const hashes = Object.keys(fingerprint.critical).map((fact) =>
    fingerprintHash({ ...fingerprint, critical: { ...fingerprint.critical, [fact]: 'other' } }),
  )
  expect(new Set([...hashes, fingerprintHash(fingerprint)]).size).toBe(hashes.length + 1)
})

test('the hash is the one that other versions of archloom wrote', () => {
  expect(fingerprintHash(fingerprint)).toMatchInlineSnapshot(
    `"ee3295b4d8e572b62a28974e9d289026658a0044eefb373412ee7bdd071877e0"`,
  )
})
