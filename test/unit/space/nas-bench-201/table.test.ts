import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { type Cell, incoming, reaches, receives } from '#src/space/nas-bench-201/cell.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { officialCounts } from '#src/space/nas-bench-201/official-counts.ts'
import type { SkeletonSettings } from '#src/space/nas-bench-201/skeleton.ts'
import type { Task } from '#src/space/space.ts'
import { readTable, tableMissing } from '#test/fixtures/nas-bench-201-table.ts'

const settings = { cellsPerStage: 5, channels: 16 }
const space = nasBench201(settings)
const cifar10: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }

function countOf(cell: Cell, operation: string): number {
  return cell.filter((candidate) => candidate === operation).length
}

/** The cell with `none` on every edge that nothing flows through to the output. */
function pruned(cell: Cell): Cell {
  return [1, 2, 3].flatMap((node) =>
    incoming(cell, node).map((operation, source) =>
      receives(cell, source) && reaches(cell, node) ? operation : 'none',
    ),
  )
}

function allCells(): readonly Cell[] {
  const start = space.parse('|none~0|+|none~0|none~1|+|none~0|none~1|none~2|')
  const seen = new Set([space.format(start)])
  const queue = [start]
  for (const cell of queue) {
    for (const neighbour of space.neighbours(cell)) {
      const text = space.format(neighbour)
      if (seen.has(text)) continue
      seen.add(text)
      queue.push(neighbour)
    }
  }
  return queue
}

describe('counts', () => {
  const cells = allCells()

  it('follow the published formula on every cell', () => {
    expect(cells).toHaveLength(15_625)
    for (const cell of cells) {
      const expected =
        73_306 + 28_000 * countOf(cell, 'nor_conv_1x1') + 243_040 * countOf(cell, 'nor_conv_3x3')
      expect(officialCounts(cell, settings, cifar10).parameterCount).toBe(expected)
    }
  })

  it('are those of the compiled network on every cell, dead edges taken as none', () => {
    const small = { cellsPerStage: 1, channels: 4 }
    const task: Task = { kind: 'images', inputShape: [2, 8, 12], classCount: 3 }
    const tiny = nasBench201(small)
    for (const cell of cells) expectCompiledCounts(tiny, small, cell, task)
  })

  it('are those of the compiled network at the published size, on every 50th cell', () => {
    for (const cell of cells.filter((_, index) => index % 50 === 0)) {
      expectCompiledCounts(space, settings, cell, cifar10)
    }
  })

  it.each([
    [
      129_306,
      '|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|',
    ],
    [
      1_073_466,
      '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|',
    ],
    [
      1_531_546,
      '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|',
    ],
  ])('compiled at the published size, are %i for %s', (parameterCount, text) => {
    const cell = space.parse(text)
    expect(countGraph(space.compile(cell, cifar10)).parameterCount).toBe(parameterCount)
  })
})

describe.skipIf(tableMissing !== null)(`the public table (${tableMissing ?? 'present'})`, () => {
  const rows = tableMissing === null ? readTable() : []

  it('holds every cell of the space once, with our key', () => {
    expect(rows).toHaveLength(15_625)
    expect(new Set(rows.map(({ architecture }) => architecture)).size).toBe(15_625)
    for (const { architecture, canonical } of rows) {
      const cell = space.parse(architecture)
      expect(space.canonical(cell)).toBe(canonical)
      expect(space.format(cell)).toBe(architecture)
    }
    expect(new Set(rows.map(({ canonical }) => canonical)).size).toBe(6466)
  })

  it('records our official parameters and FLOPs, row by row', () => {
    for (const { architecture, parameterCountC10, megaFlopsC10 } of rows) {
      const counts = officialCounts(space.parse(architecture), settings, cifar10)
      expect(counts.parameterCount).toBe(parameterCountC10)
      expect(counts.multiplyAdds).toBe(Math.round(megaFlopsC10 * 1e6))
    }
  })
})

function expectCompiledCounts(
  { compile }: typeof space,
  skeleton: SkeletonSettings,
  cell: Cell,
  task: Task,
): void {
  const official = officialCounts(pruned(cell), skeleton, task)
  // The official FLOPs count the classifier's bias, one a class.
  expect(countGraph(compile(cell, task))).toEqual({
    parameterCount: official.parameterCount,
    multiplyAdds: official.multiplyAdds - task.classCount,
  })
}
