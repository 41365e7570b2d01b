import { expect, it } from 'vitest'
import { environmentTables } from '#src/report/environment-section.ts'
import { driftOf, factsOf } from '#src/report/fingerprint.ts'
import { markupOf } from '#src/report/html.ts'
import type { EnvironmentSummary } from '#src/report/run-summary.ts'
import { cpuFingerprint } from '#test/fixtures/synthetic-run.ts'

function environment(fingerprint: unknown, hash = 'a'): EnvironmentSummary {
  return { hash, fingerprint, resultCount: 1 }
}

function rows(...fingerprints: readonly unknown[]): string[] {
  return factsOf(fingerprints.map((fingerprint) => environment(fingerprint))).map(
    ({ group, path, values, differs }) =>
      `${group}/${path}=${values.join('|')}${differs ? '!' : ''}`,
  )
}

it('lists every fact of a real fingerprint', () => {
  const found = rows(cpuFingerprint)
  expect(found).toContain('critical/torch=2.13.0+cpu')
  expect(found).toContain('critical/cuda=none')
  expect(found).toContain('critical/packages · numpy=2.3.5')
  expect(found).toContain('critical/deterministicAlgorithms=yes')
  expect(found).toContain('recorded/memoryBytes=7.75 GiB')
  expect(found).toContain(
    `critical/datasets · digits · contentHash=${cpuFingerprint.critical.datasets[0]?.contentHash}`,
  )
})

it('marks what differs between environments, and what one of them lacks', () => {
  const found = rows({ critical: { a: 1, b: 2 } }, { critical: { a: 1, b: 3, c: 4 } })
  expect(found).toEqual(['critical/a=1|1', 'critical/b=2|3!', 'critical/c=—|4!'])
})

it('keeps two devices of one name apart', () => {
  const gpu = { name: 'H100', memoryBytes: 1024 }
  expect(rows({ gpus: [gpu, { ...gpu, memoryBytes: 2048 }] })).toEqual([
    'gpus/1=name H100, memoryBytes 1.00 KiB',
    'gpus/2=name H100, memoryBytes 2.00 KiB',
  ])
})

it('takes any JSON, as evaluators of the user may state any', () => {
  expect(rows(null)).toEqual([])
  expect(rows('simulated')).toEqual(['other/value=simulated'])
  expect(rows({ benchmark: 'nb201', list: [1, 2], empty: [] })).toEqual([
    'other/benchmark=nb201',
    'other/list=1, 2',
    'other/empty=none',
  ])
})

it('reads drift from a fingerprint that has some, and none from any other value', () => {
  const drift = [{ package: 'torch', locked: '2.13.0', installed: null }]
  expect(driftOf({ critical: { ...cpuFingerprint.critical, drift } })).toEqual(drift)
  expect(driftOf(cpuFingerprint)).toEqual([])
  expect(driftOf({ critical: { drift: 'much' } })).toEqual([])
  expect(driftOf(null)).toEqual([])
})

it('speaks of locked packages where a lock pins them, and of installed ones elsewhere', () => {
  const told = (lockHash: string | null) => {
    const critical = { lockHash, packages: { numpy: '2.4.6' } }
    return markupOf(environmentTables([environment({ critical })]))
  }
  expect(told('a'.repeat(64))).toContain('1 locked package<')
  expect(told(null)).toContain('1 installed package<')
})
