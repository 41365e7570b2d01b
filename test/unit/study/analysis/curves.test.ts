import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { aggregateCurves, logGrid, resamplingSource } from '#src/study/analysis/curves.ts'
import type { CellSummary } from '#src/study/study.ts'
import { curveOf, syntheticCell } from '#test/fixtures/synthetic-study.ts'

const resamplingOf = resamplingSource(Random.named(0, 'test'))
const context = {
  benchmark: {
    checkpoints: { trials: [1, 2, 3, 4, 5, 6, 7, 8], costSeconds: [] },
    hasSeconds: true,
  },
  metric: 'valAccuracy',
  resamplingOf,
} as const

/** A cell of eight trials that improved at some of them. */
function cell(
  seed: string,
  trials: number[],
  values: number[],
  changes: Partial<CellSummary> = {},
) {
  const key = { method: 'm', benchmark: 'b', seed }
  return {
    ...syntheticCell(key, 1, 8),
    endedCount: 8,
    seconds: 8,
    incumbents: curveOf({ trials, values }),
    ...changes,
  }
}

function meansOf(cells: readonly CellSummary[], axis: 'trials' | 'seconds' = 'trials') {
  const set = aggregateCurves([{ benchmark: 'b', method: 'm', cells }], axis, context)
  const curve = set?.curves[0]
  return new Map([...(set?.grid ?? [])].map((place, index) => [place, curve?.mean[index]]))
}

describe('aggregated curves', () => {
  const first = cell('0', [0, 3], [0.5, 0.9])
  const second = cell('1', [0, 5], [0.7, 0.8])

  it('carry the last value of each run forward', () => {
    const means = meansOf([first, second])
    expect([...means.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(means.get(3)).toBeCloseTo(0.6, 12)
    expect(means.get(4)).toBeCloseTo(0.8, 12)
    expect(means.get(5)).toBeCloseTo(0.8, 12)
    expect(means.get(6)).toBeCloseTo(0.85, 12)
    expect(means.get(8)).toBeCloseTo(0.85, 12)
  })

  it('begin where the last run has its first incumbent', () => {
    const late = cell('2', [2], [0.4])
    const means = meansOf([first, late])
    expect([...means.keys()][0]).toBe(3)
    expect(means.get(3)).toBeCloseTo(0.45, 12)
  })

  it('end where the first run ends', () => {
    const short = cell('2', [0], [0.4], { endedCount: 5 })
    const means = meansOf([first, short])
    expect([...means.keys()].at(-1)).toBe(5)
  })

  it('leave a method out whose run found nothing at all', () => {
    expect(meansOf([first, cell('2', [], [])]).size).toBe(0)
  })

  it('know medians and quartiles', () => {
    const cells = [0.1, 0.2, 0.4].map((value, seed) => cell(String(seed), [0], [value]))
    const set = aggregateCurves([{ benchmark: 'b', method: 'm', cells }], 'trials', context)
    const curve = set?.curves[0]
    expect(curve?.median[0]).toBe(0.2)
    expect(curve?.lowerQuartile[0]).toBeCloseTo(0.15, 12)
    expect(curve?.upperQuartile[0]).toBeCloseTo(0.3, 12)
  })

  it('have no time axis where none is simulated', () => {
    const groups = [{ benchmark: 'b', method: 'm', cells: [first] }]
    const benchmark = { ...context.benchmark, hasSeconds: false }
    expect(aggregateCurves(groups, 'seconds', { ...context, benchmark })).toBeNull()
    expect(meansOf([first], 'seconds').size).toBeGreaterThan(8)
  })

  it('lie between the runs, whose order does not matter', () => {
    const steps = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 6 }), (runs) => {
        const cells = runs.map((values, seed) => {
          const rising = values.toSorted((a, b) => a - b)
          return cell(
            String(seed),
            rising.map((_, trial) => trial),
            rising,
          )
        })
        const means = meansOf(cells)
        const shuffled = meansOf(cells.toReversed())
        let before = 0
        for (const [place, mean = Number.NaN] of means) {
          const held = runs.map((values) =>
            Math.max(...values.toSorted((a, b) => a - b).slice(0, place)),
          )
          expect(mean).toBeGreaterThanOrEqual(Math.min(...held) - 1e-12)
          expect(mean).toBeLessThanOrEqual(Math.max(...held) + 1e-12)
          expect(mean).toBeGreaterThanOrEqual(before - 1e-12)
          expect(shuffled.get(place)).toBeCloseTo(mean, 12)
          before = mean
        }
      }),
    )
  })

  it('have intervals that hold the mean and are those of a bootstrap made at once', () => {
    const cells = Array.from({ length: 12 }, (_, seed) =>
      syntheticCell({ method: 'm', benchmark: 'b', seed: String(seed) }, 2, 60),
    )
    const set = aggregateCurves([{ benchmark: 'b', method: 'm', cells }], 'trials', context)
    const curve = set?.curves[0]
    const last = (set?.grid.length ?? 0) - 1
    const finals = cells.map(({ incumbents }) => incumbents.valAccuracies.at(-1) ?? 0)
    const sums = Array.from({ length: 2000 }, (_, draw) => {
      const { counts, resampleCount } = resamplingOf(12)
      return (
        finals.reduce(
          (sum, value, run) => sum + value * (counts[run * resampleCount + draw] ?? 0),
          0,
        ) / 12
      )
    }).sort((a, b) => a - b)
    expect(curve?.low[last]).toBeGreaterThanOrEqual((sums[49] ?? 0) - 1e-12)
    expect(curve?.low[last]).toBeLessThanOrEqual((sums[50] ?? 0) + 1e-12)
    for (const [index, mean] of (curve?.mean ?? []).entries()) {
      expect(curve?.low[index]).toBeLessThanOrEqual(mean)
      expect(curve?.high[index]).toBeGreaterThanOrEqual(mean)
    }
  })
})

describe('grids', () => {
  it('are even on a logarithmic axis, ends and wanted places among them', () => {
    const grid = logGrid([1, 10_000], false, [77, 20_000])
    expect([grid[0], grid.at(-1)]).toEqual([1, 10_000])
    expect(grid).toContain(77)
    expect(grid).not.toContain(20_000)
    expect((grid[1] ?? 0) / (grid[0] ?? 1)).toBeCloseTo((grid.at(-1) ?? 0) / (grid.at(-2) ?? 1), 9)
  })

  it('rise, and are whole for counts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 5000 }),
        (low, more) => {
          const grid = logGrid([low, low + more], true)
          expect(grid.every(Number.isInteger)).toBe(true)
          expect([...grid]).toEqual([...new Set(grid)].sort((a, b) => a - b))
          expect([grid[0], grid.at(-1)]).toEqual([low, low + more])
        },
      ),
    )
  })
})
