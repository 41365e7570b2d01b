import { describe, expect, it } from 'vitest'
import { analyzeStudy } from '#src/study/analysis/analysis.ts'
import { fallbackShare, originsOf, overheadOf } from '#src/study/analysis/effort.ts'
import { finalValue, measureOf, regretOf } from '#src/study/analysis/measure.ts'
import { curveOf, syntheticCell, syntheticStudy } from '#test/fixtures/synthetic-study.ts'

describe('what is measured', () => {
  const cell = syntheticCell({ method: 'm', benchmark: 'b', seed: '0' }, 1, 10)

  it('is the test accuracy where there is one, against the best of the space', () => {
    const optimum = { valAccuracy: 0.9, testAccuracy: 0.8 }
    expect(measureOf({ hasTest: true, optimum }, [])).toEqual({
      metric: 'testAccuracy',
      optimum: 0.8,
      isOptimumKnown: true,
    })
    expect(measureOf({ hasTest: false, optimum }, [])?.optimum).toBe(0.9)
  })

  it('is against the best found where the optimum is not known', () => {
    const incumbents = curveOf({ trials: [0, 1], values: [0.5, 0.75] })
    const optimum = { valAccuracy: null, testAccuracy: null }
    expect(measureOf({ hasTest: false, optimum }, [{ ...cell, incumbents }])).toEqual({
      metric: 'valAccuracy',
      optimum: 0.75,
      isOptimumKnown: false,
    })
    expect(measureOf({ hasTest: false, optimum }, [])).toBeNull()
  })

  it('at the end is what the budget allowed', () => {
    const incumbents = curveOf({ trials: [0, 4, 9], values: [0.1, 0.2, 0.3], perTrial: 10 })
    const ended = { ...cell, incumbents }
    const at = (checkpoints: { trials: number[]; costSeconds: number[] }) =>
      finalValue(ended, { checkpoints }, 'valAccuracy')
    expect(at({ trials: [5, 10], costSeconds: [] })).toBe(0.3)
    expect(at({ trials: [9], costSeconds: [] })).toBe(0.2)
    expect(at({ trials: [], costSeconds: [49] })).toBe(0.1)
    expect(at({ trials: [10], costSeconds: [50] })).toBe(0.2)
    expect(at({ trials: [], costSeconds: [1] })).toBeNaN()
  })

  it('is no regret where only the last digits differ', () => {
    expect(regretOf(0.1 + 0.2, { optimum: 0.3 })).toBe(0)
    expect(regretOf(0.2, { optimum: 0.3 })).toBeCloseTo(0.1, 12)
  })
})

describe('the analysis of a study', () => {
  it('ranks and tests methods, and keeps variants apart', () => {
    const study = syntheticStudy({ variants: { evolution: ['size=5', 'size=50'] }, seedCount: 8 })
    const { benchmarks, overall, againstControl, againstBest, ablations, control } =
      analyzeStudy(study)
    expect(control).toBe('random search')
    expect(benchmarks[0]?.ranking?.methods).toEqual(['random search', 'evolution', 'model'])
    expect(benchmarks[0]?.methods).toHaveLength(5)
    expect(benchmarks[0]?.ranking?.blockCount).toBe(8)
    expect(overall?.blockCount).toBe(2)
    expect(overall?.methods).toHaveLength(3)
    expect(againstControl.map(({ benchmark, method }) => [benchmark, method])).toEqual([
      ['first', 'evolution'],
      ['first', 'model'],
      ['second', 'evolution'],
      ['second', 'model'],
    ])
    expect(new Set(againstBest.map(({ against }) => against))).toEqual(new Set(['model']))
    expect(ablations.map(({ base, comparisons }) => [base, comparisons.length])).toEqual([
      ['evolution', 2],
      ['evolution', 2],
    ])
    expect(ablations[0]?.comparisons[0]).toMatchObject({
      method: 'evolution size=5',
      against: 'evolution',
      pairCount: 8,
    })
  })

  it('has curves over trials and both clocks, of every method', () => {
    const { benchmarks } = analyzeStudy(syntheticStudy())
    expect(benchmarks[0]?.curves.map(({ axis }) => axis)).toEqual([
      'trials',
      'seconds',
      'secondsWithOverhead',
    ])
    expect(benchmarks[0]?.curves.every(({ curves }) => curves.length === 3)).toBe(true)
    const still = analyzeStudy(syntheticStudy({ benchmark: { hasSeconds: false } }))
    expect(still.benchmarks[0]?.curves.map(({ axis }) => axis)).toEqual(['trials'])
    expect(still.benchmarks[0]?.anytime.map(({ axis }) => axis)).toEqual(['trials'])
  })

  it('pairs what there is when cells are missing, and names what is not', () => {
    const study = syntheticStudy({
      cell: ({ method, seed, benchmark }) =>
        method === 'model' && benchmark === 'first' && Number(seed) > 5 ? null : {},
    })
    const { missing, againstControl, benchmarks } = analyzeStudy(study)
    expect(missing).toEqual([{ benchmark: 'first', method: 'model', count: 2, wanted: 8 }])
    expect(againstControl.find(({ method }) => method === 'model')?.pairCount).toBe(6)
    expect(benchmarks[0]?.ranking?.blockCount).toBe(6)
  })

  it('says nothing of a study without cells', () => {
    const study = syntheticStudy({
      cell: () => null,
      benchmark: { optimum: { valAccuracy: null, testAccuracy: null } },
    })
    const analysis = analyzeStudy({ ...study, environments: {} })
    expect(analysis.benchmarks[0]).toMatchObject({
      measure: null,
      curves: [],
      ranking: null,
      best: null,
    })
    expect(analysis).toMatchObject({
      overall: null,
      againstControl: [],
      ablations: [],
      environmentCount: 0,
    })
    expect(analysis.missing).toHaveLength(6)
  })

  it('gives the same numbers for the same cells', () => {
    expect(analyzeStudy(syntheticStudy())).toEqual(analyzeStudy(syntheticStudy()))
  })

  it('reads standings off at the checkpoints', () => {
    const study = syntheticStudy({ seedCount: 5, trialLimit: 40 })
    const rows = analyzeStudy(study).benchmarks[0]?.methods[0]?.standings
    expect(rows?.map((row) => row?.checkpoint.place)).toEqual([10, 40])
    const finals = study.cells
      .filter(({ key }) => key.method === 'random search' && key.benchmark === 'first')
      .map(({ incumbents }) => incumbents.testAccuracies.at(-1) ?? 0)
    expect(rows?.[1]?.mean).toBeCloseTo(finals.reduce((sum, value) => sum + value, 0) / 5, 12)
    expect(rows?.[1]?.median).toBe(finals.toSorted((a, b) => a - b)[2])
  })
})

describe('effort', () => {
  const cell = syntheticCell({ method: 'm', benchmark: 'b', seed: '0' }, 1, 10)
  const cells = [
    { ...cell, originCounts: { random: 2, model: 8 } },
    {
      ...cell,
      originCounts: { random: 2, fallback: 6, model: 2 },
      outcomeCounts: { completed: 9, diverged: 1 },
    },
  ]

  it('counts origins over all runs', () => {
    const origins = originsOf({ benchmark: 'b', method: 'm', cells })
    expect(origins.proposalCount).toBe(20)
    expect(origins.shares).toEqual([
      { origin: 'model', share: 0.5 },
      { origin: 'fallback', share: 0.3 },
      { origin: 'random', share: 0.2 },
    ])
    expect(fallbackShare(origins)).toBe(0.3)
  })

  it('takes medians over runs, and counts trials without a result', () => {
    const times = [1, 2, 9].map((total) => ({
      ...cell,
      ask: { total, median: total / 10, p95: total / 5, max: total },
    }))
    expect(overheadOf({ benchmark: 'b', method: 'm', cells: times })).toMatchObject({
      searchCount: 3,
      askMedian: 0.2,
      askP95: 0.4,
      total: 2,
      failedShare: 0,
    })
    expect(overheadOf({ benchmark: 'b', method: 'm', cells }).failedShare).toBeCloseTo(0.05, 12)
  })

  it('counts training, the optimizer and the tuning from end to end', () => {
    const nothing = { total: 0, median: 0, p95: 0, max: 0 }
    const cells = [100, 200, 900].map((seconds) => ({
      ...cell,
      seconds,
      ask: { ...nothing, total: 3 },
      tell: { ...nothing, total: 1 },
    }))
    const group = { benchmark: 'b', method: 'm', cells }
    expect(overheadOf(group)).toMatchObject({ tuningSeconds: null, endToEndSeconds: 204 })
    expect(overheadOf(group, 1000)).toMatchObject({ tuningSeconds: 1000, endToEndSeconds: 1204 })
  })
})
