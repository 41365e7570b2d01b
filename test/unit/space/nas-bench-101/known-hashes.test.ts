import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { type Cell, prune } from '#src/space/nas-bench-101/cell.ts'
import { sampleCell } from '#src/space/nas-bench-101/changes.ts'
import { enumerateCells, fullMatrices } from '#src/space/nas-bench-101/enumerate.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'
import { knownHashes } from '#src/space/nas-bench-101/hash/known-hashes.ts'
import { cellOf } from '#test/fixtures/nas-bench-101-table.ts'
import { publishedHash } from '#test/fixtures/published-hash.ts'

describe('hashes that are remembered', () => {
  it.each([2, 20, 65_536])('are the published ones, whether or not forgotten: %i', (keptMax) => {
    const hashOf = knownHashes(keptMax)
    const random = Random.named(51, 'cells')
    const bounds = [3, 4, 5, 6, 7].map((vertices) => ({ vertices, maxEdges: 21 }))
    for (let round = 0; round < 200; round++) {
      const cell = sampleCell(random.pick(bounds), random)
      const expected = publishedHash(prune(cell))
      expect([hashOf(cell), hashOf(cell), hashOf(prune(cell))]).toEqual(Array(3).fill(expected))
    }
  })

  it('are told apart for every labelled cell of up to five vertices, and all small ones', () => {
    const hashOf = knownHashes()
    const cells: Cell[] = [...enumerateCells(5, 21)]
    for (const adjacency of fullMatrices(5, 21)) {
      for (let code = 0; code < 27; code++) {
        cells.push(cellOf(adjacency, code.toString(3).padStart(3, '0')))
      }
    }
    const expected = createCellHasher().hashAll(cells)
    expect(cells.map((cell) => hashOf(cell))).toEqual(expected)
    expect(cells.map((cell) => hashOf(cell))).toEqual(expected)
  })
})
