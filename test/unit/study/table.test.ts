import { describe, expect, it } from 'vitest'
import type { CellSummary, Study, StudyBenchmark, StudyMethod } from '#src/study/study.ts'
import { tabulateStudy } from '#src/study/table.ts'

const method = (label: string): StudyMethod => ({
  label,
  name: label,
  settings: {},
  hash: label,
  seeds: ['0', '1'],
  isControl: label === 'random',
  variant: null,
})

const benchmark: StudyBenchmark = {
  label: 'b',
  description: '',
  mark: null,
  protocol: {},
  hash: '',
  hasSeconds: true,
  hasTest: true,
  trialLimit: 10,
  checkpoints: { trials: [2, 10], costSeconds: [5] },
  optimum: { valAccuracy: null, testAccuracy: null },
  randomSearch: {
    trials: [1, 2, 10],
    valAccuracy: [0.1, 0.2, 0.3],
    valDeviation: [0.01, 0.02, 0.03],
    testAccuracy: [0.4, 0.5, 0.6],
    testDeviation: [0.04, 0.05, 0.06],
  },
  methods: ['random', 'other'],
  notApplicable: { third: 'needs more' },
}

/** Its incumbent is at first one trial, and from the fourth on another. */
function cell(label: string, seed: string, [early, late]: readonly [number, number]): CellSummary {
  const calls = { total: 0, median: 0, p95: 0, max: 0 }
  return {
    key: { method: label, benchmark: 'b', seed },
    endedCount: 10,
    outcomeCounts: {},
    originCounts: {},
    reason: 'trials',
    seconds: 40,
    incumbents: {
      endedCounts: Uint32Array.of(2, 4),
      trials: Uint32Array.of(1, 3),
      seconds: Float64Array.of(6, 12),
      secondsWithOverhead: Float64Array.of(6, 12),
      valAccuracies: Float64Array.of(early / 2, late / 2),
      testAccuracies: Float64Array.of(early, late),
    },
    ask: calls,
    tell: calls,
    fingerprint: 'f',
  }
}

function studyOf(cells: readonly CellSummary[], change: Partial<StudyBenchmark> = {}): Study {
  return {
    name: 's',
    description: '',
    methods: ['random', 'other', 'third'].map(method),
    benchmarks: [{ ...benchmark, ...change }],
    cells,
    missing: [],
    environments: {},
    trajectory: () => {
      throw new Error('A table needs no trajectories')
    },
  }
}

describe('the table of a study', () => {
  const cells = [
    cell('random', '0', [0.2, 0.6]),
    cell('random', '1', [0.4, 0.6]),
    cell('other', '0', [0.5, 0.9]),
  ]

  it('has mean, sample deviation and number of seeds at each checkpoint', () => {
    const [table] = tabulateStudy(studyOf(cells))
    expect(table?.rows.map(({ method: label, cellCount }) => [label, cellCount])).toEqual([
      ['random', 2],
      ['other', 1],
    ])
    const [early, late, seconds] = table?.rows[0]?.values ?? []
    expect(early?.checkpoint).toEqual({ kind: 'trials', place: 2 })
    expect(early?.mean).toBeCloseTo(0.3, 12)
    expect(early?.deviation).toBeCloseTo(Math.sqrt(0.02), 12)
    expect(late).toMatchObject({ count: 2, deviation: 0 })
    // Nothing had ended after five seconds.
    expect(seconds).toMatchObject({ checkpoint: { kind: 'costSeconds', place: 5 }, count: 0 })
    expect(seconds?.mean).toBeNaN()
    expect(table?.rows[1]?.values[0]?.deviation).toBeNaN()
  })

  it('has the exact expectation where there is one', () => {
    const [table] = tabulateStudy(studyOf(cells))
    expect(table?.expected?.map(({ mean, deviation }) => [mean, deviation])).toEqual([
      [0.5, 0.05],
      [0.6, 0.06],
      [Number.NaN, Number.NaN],
    ])
    const [without] = tabulateStudy(studyOf(cells, { randomSearch: null }))
    expect(without?.expected).toBeNull()
  })

  it('shows validation where a benchmark has no test', () => {
    const [table] = tabulateStudy(studyOf(cells, { hasTest: false }))
    expect(table?.metric).toBe('valAccuracy')
    expect(table?.rows[1]?.values[1]?.mean).toBe(0.45)
    expect(table?.expected?.[0]?.mean).toBe(0.2)
  })
})
