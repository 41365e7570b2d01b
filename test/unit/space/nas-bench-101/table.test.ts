import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { storedCell } from '#src/space/nas-bench-101/enumerate.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'
import { compileCell } from '#src/space/nas-bench-101/network.ts'
import { parameterCount } from '#src/space/nas-bench-101/parameter-count.ts'
import type { Task } from '#src/space/space.ts'
import {
  readSample,
  readTable,
  type TableRow,
  tableMissing,
} from '#test/fixtures/nas-bench-101-table.ts'

const cifar10: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }
const published = { channels: 128, stacks: 3, cellsPerStack: 3 }
const count = ({ cell }: TableRow) => parameterCount(cell, published, cifar10)

describe.skipIf(tableMissing !== null)(`the public table (${tableMissing ?? 'present'})`, () => {
  const rows = tableMissing === null ? readTable() : []
  const hasher = createCellHasher()

  it('has our hash in each of its 423,624 rows', () => {
    expect(rows).toHaveLength(423_624)
    const hashes = hasher.hashAll(rows.map(({ cell }) => cell))
    expect(rows.filter(({ hash }, row) => hashes[row] !== hash)).toEqual([])
  }, 60_000)

  it('records our parameter count in each row', () => {
    const totals = new Map<number, number>()
    const wrong = rows.filter((row) => {
      const counted = count(row)
      const vertices = row.cell.operations.length + 2
      for (const limit of [4, 5, 6, 7]) {
        if (vertices <= limit) totals.set(limit, (totals.get(limit) ?? 0) + counted)
      }
      return counted !== row.parameterCount
    })
    expect(wrong).toEqual([])
    expect([...totals.values()].sort((a, b) => a - b)).toEqual([
      478_892_046, 13_185_940_382, 390_144_309_566, 3_583_758_170_075,
    ])
  }, 60_000)

  it('records the parameters of the compiled network, on every 2000th row', () => {
    for (const { cell, parameterCount: recorded } of everyNth(rows, 2000)) {
      expect(countGraph(compileCell(cell, published, cifar10)).parameterCount).toBe(recorded)
    }
  })

  it('stores the cells that we call stored, on every 50th row', () => {
    for (const { cell } of everyNth(rows, 50)) expect(storedCell(cell)).toEqual(cell)
  })

  it('has the cells of another project’s sample', () => {
    const byHash = new Map(rows.map((row) => [row.hash, row]))
    const sample = readSample()
    expect(sample).toHaveLength(30)
    for (const row of sample) {
      expect(hasher.hash(row.cell)).toBe(row.hash)
      expect(count(row)).toBe(row.parameterCount)
      expect(storedCell(row.cell)).toEqual(byHash.get(row.hash)?.cell)
    }
  })
})

function everyNth<T>(items: readonly T[], step: number): readonly T[] {
  return items.filter((_, index) => index % step === 0)
}
