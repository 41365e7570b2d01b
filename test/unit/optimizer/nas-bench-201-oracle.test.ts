/**
 * Whole searches on the real results of NAS-Bench-201 against independently computed yardsticks.
 *
 * An objective is the mean test accuracy at 200 epochs, in percent, without noise. A yardstick from
 * M0 = 300 trials with standard deviation s must be met by the mean over M searches within
 * 4 s sqrt(1/M + 1/M0), plus half a unit of its last printed digit. For a fresh seed each such
 * comparison would fail a correct program once in about 16,000 times, the whole file once in about
 * 700; with the fixed seeds here nothing changes from run to run.
 */
import { describe, expect, it } from 'vitest'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import { RandomSearchSettings, randomSearch } from '#src/optimizer/random-search.ts'
import {
  RegularizedEvolutionSettings,
  regularizedEvolution,
} from '#src/optimizer/regularized-evolution.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { readTable, tableMissing } from '#test/fixtures/nas-bench-201-table.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { mean } from '#test/fixtures/statistics.ts'

const searches = 300
const space = nasBench201({ cellsPerStage: 5, channels: 16 })
const rows = tableMissing === null ? readTable() : []
const accuracies = {
  c10: new Map(rows.map(({ architecture, testAccuracyC10 }) => [architecture, testAccuracyC10])),
  c100: new Map(rows.map(({ architecture, testAccuracyC100 }) => [architecture, testAccuracyC100])),
}
type DataSet = keyof typeof accuracies

/** Mean over searches of the best accuracy after each of some numbers of queries. */
function bestMeans(optimizer: Optimizer, dataSet: DataSet, queries: readonly number[]): number[] {
  const table = accuracies[dataSet]
  const trials = Math.max(...queries)
  const bests = Array.from({ length: searches }, (_, search) => {
    const played = playSearch({
      optimizer,
      seed: `${dataSet} ${search}`,
      trials,
      accuracy: (architecture) => (table.get(architecture) ?? Number.NaN) / 100,
    })
    let best = 0
    return played.map(({ observation }) => {
      best = Math.max(best, (observation.valAccuracy ?? 0) * 100)
      return best
    })
  })
  return queries.map((count) => mean(bests.map((best) => best[count - 1] ?? Number.NaN)))
}

/** Expectation and deviation of the best of n uniform draws from the table, with replacement. */
function exactBest(dataSet: DataSet, n: number): { expected: number; deviation: number } {
  const sorted = [...accuracies[dataSet].values()].sort((a, b) => a - b)
  const size = sorted.length
  const moment = (power: number) =>
    sorted.reduce(
      (sum, value, index) =>
        sum + value ** power * (((index + 1) / size) ** n - (index / size) ** n),
      0,
    )
  const expected = moment(1)
  return { expected, deviation: Math.sqrt(moment(2) - expected ** 2) }
}

describe.skipIf(tableMissing !== null)(
  `on NAS-Bench-201 (${tableMissing ?? 'table present'})`,
  () => {
    it.each([
      ['c10', 1, 87.0629],
      ['c10', 50, 93.6873],
      ['c10', 150, 93.9242],
      ['c100', 50, 71.1018],
      ['c100', 150, 71.8085],
    ] as const)(
      'the table of %s gives the published expectation of the best of %i',
      (dataSet, n, published) => {
        expect(exactBest(dataSet, n).expected).toBeCloseTo(published, 3)
      },
    )

    it.each(['c10', 'c100'] as const)(
      'random search finds the expected best of 50 and of 150 on %s',
      (dataSet) => {
        const optimizer = randomSearch(space, RandomSearchSettings.parse({}))
        const queries = [1, 50, 150]
        const means = bestMeans(optimizer, dataSet, queries)
        for (const [index, n] of queries.entries()) {
          const { expected, deviation } = exactBest(dataSet, n)
          const tolerance = (4 * deviation) / Math.sqrt(searches)
          expect(Math.abs((means[index] ?? Number.NaN) - expected), `best of ${n}`).toBeLessThan(
            tolerance,
          )
        }
      },
    )

    // Mean and standard deviation of the best test accuracy after 50, 100, 150, 200 queries.
    const yardsticks = [
      {
        settings: { populationSize: 10, sampleSize: 3, replacement: true },
        dataSet: 'c10',
        best: [
          [93.9, 0.32],
          [94.14, 0.23],
          [94.24, 0.16],
          [94.29, 0.12],
        ],
      },
      {
        settings: { populationSize: 50, sampleSize: 10, replacement: false },
        dataSet: 'c10',
        best: [
          [93.66, 0.27],
          [94.18, 0.2],
          [94.31, 0.13],
          [94.35, 0.08],
        ],
      },
      {
        settings: { populationSize: 10, sampleSize: 3, replacement: true },
        dataSet: 'c100',
        best: [
          [71.8, 0.98],
          [72.54, 0.8],
          [72.91, 0.61],
          [73.13, 0.46],
        ],
      },
      {
        settings: { populationSize: 50, sampleSize: 10, replacement: false },
        dataSet: 'c100',
        best: [
          [71.05, 0.82],
          [72.73, 0.76],
          [73.25, 0.44],
          [73.41, 0.29],
        ],
      },
    ] as const

    it.each(yardsticks)(
      'regularized evolution $settings meets its yardsticks on $dataSet',
      ({ settings, dataSet, best }) => {
        const optimizer = regularizedEvolution(space, RegularizedEvolutionSettings.parse(settings))
        const means = bestMeans(optimizer, dataSet, [50, 100, 150, 200])
        for (const [index, [expected, deviation]] of best.entries()) {
          const tolerance = 4 * deviation * Math.sqrt(1 / searches + 1 / 300) + 0.005
          const found = means[index] ?? Number.NaN
          expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThan(tolerance)
        }
      },
    )

    it('regularized evolution beats random search at 200 queries, and its control does too', () => {
      const means = (['oldest', 'worst'] as const).map((removal) => {
        const settings = { populationSize: 50, sampleSize: 10, replacement: false, removal }
        const optimizer = regularizedEvolution(space, settings)
        return bestMeans(optimizer, 'c10', [200])[0] ?? Number.NaN
      })
      // Random search expects 93.97 with deviation 0.19.
      for (const found of means) expect(found).toBeGreaterThan(exactBest('c10', 200).expected + 0.2)
    })
  },
)
