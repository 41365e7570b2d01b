import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { nasBenchMacro } from '#src/space/nas-bench-macro/nas-bench-macro.ts'
import { MacroSettings } from '#src/space/nas-bench-macro/settings.ts'
import type { Task } from '#src/space/space.ts'
import { macroTableMissing, readMacroTable } from '#test/fixtures/nas-bench-macro-table.ts'

const space = nasBenchMacro(MacroSettings.parse({}))
const cifar10: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }
const digits = ['0', '1', '2']

function allCodes(length: number): readonly string[] {
  if (length === 0) return ['']
  return allCodes(length - 1).flatMap((code) => digits.map((digit) => code + digit))
}

describe('the space', () => {
  it('holds 6,561 codes and 3,969 networks', () => {
    const codes = allCodes(8)
    expect(codes).toHaveLength(6561)
    expect(space.count()).toEqual({ value: 6561n, kind: 'exact' })
    expect(new Set(codes.map((code) => space.canonical(space.parse(code)))).size).toBe(3969)
  })

  it.each([
    ['00000000', 387_882, 7_713_280],
    ['11111111', 1_588_874, 53_246_464],
    ['22222222', 2_932_586, 105_660_928],
    ['22212220', 1_985_514, 85_164_544],
  ])('compiles %s to %i parameters and %i multiply-adds', (code, parameterCount, multiplyAdds) => {
    const counts = countGraph(space.compile(space.parse(code), cifar10))
    expect(counts).toEqual({ parameterCount, multiplyAdds })
  })
})

describe.skipIf(macroTableMissing !== null)(`the table (${macroTableMissing ?? 'present'})`, () => {
  const rows = macroTableMissing === null ? readMacroTable() : []

  it('holds every code of the space once', () => {
    expect(rows.map(({ code }) => code).toSorted()).toEqual(allCodes(8))
  })

  it('records the parameters and multiply-adds of our network in every row', () => {
    for (const { code, parameterCount, multiplyAdds } of rows) {
      const counts = countGraph(space.compile(space.parse(code), cifar10))
      expect(counts, code).toEqual({ parameterCount, multiplyAdds })
    }
  }, 120_000)

  it('has the published best code, and one accuracy for codes of one network', () => {
    const best = rows.reduce((first, row) => (row.testAccuracy > first.testAccuracy ? row : first))
    expect(best.testAccuracy).toBe(93.1267)
    // The published code and another one of the same network.
    expect(space.canonical(space.parse(best.code))).toBe('22212220')
    const byNetwork = new Map<string, Set<number>>()
    for (const { code, testAccuracy } of rows) {
      const network = space.canonical(space.parse(code))
      byNetwork.set(network, (byNetwork.get(network) ?? new Set()).add(testAccuracy))
    }
    for (const accuracies of byNetwork.values()) expect(accuracies.size).toBe(1)
  })
})
