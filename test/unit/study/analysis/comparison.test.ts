import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { comparePairs, type Finals } from '#src/study/analysis/comparison.ts'
import { resamplingSource } from '#src/study/analysis/curves.ts'
import { rankMethods } from '#src/study/analysis/ranking.ts'

const resamplingOf = resamplingSource(Random.named(0, 'test'))

/** Errors of four optimizers on six tasks: a worked example whose results are known. */
const errors = {
  A: [0.1, 0.3, 0.05, 0.5, 0.21, 0.4],
  B: [0.12, 0.35, 0.04, 0.55, 0.2, 0.44],
  C: [0.2, 0.33, 0.09, 0.6, 0.3, 0.47],
  D: [0.15, 0.4, 0.08, 0.58, 0.25, 0.46],
}

function finals(method: string, values: readonly number[], benchmark = 'b'): Finals {
  return { benchmark, method, bySeed: new Map(values.map((value, seed) => [String(seed), value])) }
}

/** Of errors: less is better. */
function accuracies(name: keyof typeof errors): Finals {
  return finals(
    name,
    errors[name].map((error) => 1 - error),
  )
}

describe('ranks', () => {
  const ranking = rankMethods(
    (['A', 'B', 'C', 'D'] as const).map((method) => ({
      method,
      values: errors[method].map((error) => 1 - error),
    })),
  )

  it('are those of the worked example', () => {
    expect(ranking?.test.averageRanks.map((rank) => rank.toFixed(4))).toEqual([
      '1.3333',
      '1.8333',
      '3.6667',
      '3.1667',
    ])
    expect(ranking?.test.chiSquared).toBeCloseTo(13, 9)
    expect(ranking?.test.f).toBeCloseTo(13, 9)
    expect(ranking?.test.fPValue).toBeCloseTo(0.000189, 6)
  })

  it('tell apart what lies further apart than the critical difference', () => {
    expect(ranking?.criticalDifference).toBeCloseTo(1.9148, 3)
    // A and D are 1.83 apart, A and C 2.33.
    expect(ranking?.groups).toEqual([
      [0, 1, 3],
      [1, 3, 2],
    ])
  })

  it('leave out a block that one method lacks, and need two of each', () => {
    const column = (method: string, values: number[]) => ({ method, values })
    const ranked = rankMethods([column('x', [1, 2, 3]), column('y', [0, Number.NaN, 1])])
    expect(ranked?.blockCount).toBe(2)
    expect(rankMethods([column('x', [1, 2, 3])])).toBeNull()
    expect(rankMethods([column('x', [1, 2]), column('y', [0, Number.NaN])])).toBeNull()
  })
})

describe('paired comparisons', () => {
  it('have the known p-values', () => {
    const [against, other] = comparePairs(
      [
        [accuracies('A'), accuracies('C')],
        [accuracies('A'), accuracies('B')],
      ],
      resamplingOf,
    )
    expect(against?.pValue).toBeCloseTo(0.03125, 12)
    expect(other?.pValue).toBeCloseTo(0.15625, 12)
    // Holm: twice the smaller one, then the larger.
    expect(against?.corrected).toBeCloseTo(0.0625, 12)
    expect(other?.corrected).toBeCloseTo(0.15625, 12)
  })

  it('say how much better, with an interval that holds it', () => {
    const [one] = comparePairs([[accuracies('A'), accuracies('C')]], resamplingOf)
    expect(one?.meanDifference).toBeCloseTo(0.43 / 6, 12)
    expect(one?.low).toBeGreaterThan(0)
    expect(one?.low).toBeLessThan(0.43 / 6)
    expect(one?.high).toBeGreaterThan(0.43 / 6)
    expect(one?.pairCount).toBe(6)
  })

  it('have the known effect size', () => {
    const [one] = comparePairs(
      [[finals('x', [2, 3, 4, 5]), finals('y', [1, 2, 3, 4])]],
      resamplingOf,
    )
    expect(one?.effect).toBeCloseTo(0.71875, 12)
  })

  it('do not test fewer than six pairs', () => {
    const [one] = comparePairs(
      [[finals('x', [5, 5, 5, 5, 5]), finals('y', [1, 2, 3, 4, 0])]],
      resamplingOf,
    )
    expect(one).toMatchObject({ pairCount: 5, pValue: null, corrected: null })
  })

  it('pair by seed, whatever seeds and failures there are', () => {
    const full = finals('x', [1, 2, 3, 4, 5, 6, 7])
    const holed: Finals = {
      ...finals('y', []),
      bySeed: new Map([
        ['6', 1],
        ['2', 1],
        ['0', Number.NaN],
        ['9', 3],
      ]),
    }
    const [one] = comparePairs([[full, holed]], resamplingOf)
    expect(one?.pairCount).toBe(2)
    expect(one?.meanDifference).toBe((3 - 1 + (7 - 1)) / 2)
    expect(comparePairs([[full, finals('z', [Number.NaN])]], resamplingOf)).toEqual([null])
  })

  it('count a pair that comes both ways round as one test', () => {
    const [a, c, d] = [accuracies('A'), accuracies('C'), accuracies('D')]
    const [once, again, other] = comparePairs(
      [
        [a, c],
        [c, a],
        [d, c],
      ],
      resamplingOf,
    )
    expect(once?.corrected).toBe(again?.corrected)
    expect(once?.corrected).toBeCloseTo(2 * 0.03125, 12)
    expect(again?.meanDifference).toBeCloseTo(-(once?.meanDifference ?? 0), 12)
    expect(again?.effect).toBeCloseTo(1 - (once?.effect ?? 0), 12)
    expect(other?.pValue).toBeGreaterThan(0.03)
  })

  it('find no difference between equals', () => {
    const same = finals('x', [1, 2, 3, 4, 5, 6])
    const [one] = comparePairs([[same, { ...same, method: 'y' }]], resamplingOf)
    expect(one).toMatchObject({
      meanDifference: 0,
      low: 0,
      high: 0,
      pValue: 1,
      effect: 0.5,
      seedsNeeded: null,
    })
  })
})
