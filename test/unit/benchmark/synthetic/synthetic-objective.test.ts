import { describe, expect, it } from 'vitest'
import {
  SyntheticChoice,
  syntheticObjective,
} from '#src/benchmark/synthetic/synthetic-objective.ts'
import { regularizedEvolutionEntry } from '#src/optimizer/regularized-evolution.ts'
import { hyperparametersEntry } from '#src/space/hyperparameters/hyperparameters.ts'
import { nasBench101Entry } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { playSearch } from '#test/fixtures/play-search.ts'

const plane = hyperparametersEntry.create(
  hyperparametersEntry.settings.parse({
    parameters: [
      { kind: 'float', name: 'x1', lower: -5, upper: 10 },
      { kind: 'float', name: 'x2', lower: 0, upper: 15 },
    ],
  }),
)
const make = (choice: object, space = plane) =>
  syntheticObjective(SyntheticChoice.parse({ function: 'branin', ...choice }), space)
const best = `x1=${Math.PI} x2=2.275`
const worst = 'x1=-5 x2=0'

describe('an objective of a test function', () => {
  it('tells 1 at the minimum and 0 at the greatest value, and is monotone between', () => {
    const objective = make({})
    const told = (text: string) => objective.measure(text, { epochs: 1 }, '0').metrics.valAccuracy
    expect(told(best)).toBeCloseTo(1, 8)
    expect(told(worst)).toBe(0)
    expect(told('x1=3 x2=2')).toBeGreaterThan(told('x1=3 x2=6'))
    expect(objective.testAccuracy(best)).toBe(told(best))
    expect(objective.bestTestAccuracy()).toBe(1)
    expect(objective.mark).toBeNull()
  })

  it('draws noise by the seed of the trial, on what is told and not on what is reported', () => {
    const objective = make({ noise: 0.05 })
    const text = 'x1=-4 x2=3'
    const exact = objective.testAccuracy(text)
    const told = (seed: number) =>
      objective.measure(text, { epochs: 1 }, String(seed)).metrics.valAccuracy
    const errors = Array.from({ length: 2000 }, (_, seed) => told(seed) - exact)
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
    expect(deviation).toBeGreaterThan(0.045)
    expect(deviation).toBeLessThan(0.055)
    expect(told(7)).toBe(told(7))
    expect(objective.testAccuracy(text)).toBe(exact)
    // The best is four deviations below 1, so that noise on it is not cut off.
    expect(objective.testAccuracy(best)).toBeCloseTo(0.8, 8)
    expect(objective.bestValAccuracy()).toBeCloseTo(0.8, 8)
    const atBest = Array.from(
      { length: 2000 },
      (_, seed) => objective.measure(best, { epochs: 1 }, String(seed)).metrics.valAccuracy,
    )
    expect(Math.max(...atBest)).toBeGreaterThan(0.9)
    expect(atBest.filter((one) => one === 1).length).toBeLessThan(3)
  })

  it('has cheaper evaluations by epochs, up to those of a full one', () => {
    const objective = make({ epochs: 27, fullSeconds: 100 })
    expect(objective.fullFidelity).toEqual({ epochs: 27 })
    expect(objective.budgets.at(-1)).toBe(27)
    const full = objective.measure(best, { epochs: 27 }, '0')
    const third = objective.measure(best, { epochs: 9 }, '0')
    expect(full.cost).toEqual({ seconds: 100, epochs: 27 })
    expect(third.cost.seconds).toBeCloseTo(100 * (0.05 + 0.95 * (1 / 3) ** 1.5), 10)
    expect(third.metrics.valAccuracy).toBeLessThan(full.metrics.valAccuracy)
    expect(() => objective.measure(best, { epochs: 28 }, '0')).toThrow(
      'An evaluation on branin has 1 to 27 epochs here, found 28; set fidelity.epochs to one of these, since nothing between is measured',
    )
  })

  it('is refused on a space that it is not defined on', () => {
    expect(() => make({ function: 'hartmann3' })).toThrow(
      'The test function hartmann3 needs exactly the floats x1 from 0 to 1, x2 from 0 to 1, x3 from 0 to 1, without conditions; the space hyperparameters has others (docs/benchmarks/synthetic.md has the parameters to write down)',
    )
    const graphs = nasBench101Entry.create(nasBench101Entry.settings.parse({}))
    expect(() => make({}, { ...graphs, encodings: {} })).toThrow(
      'The test function branin measures hyperparameters, and the space nas-bench-101 has no parameter encoding; take the space hyperparameters',
    )
  })

  it('has a fingerprint of everything that decides its numbers', () => {
    const hashes = [{}, { epochs: 3 }, { noise: 0.1 }, { fullSeconds: 2 }].map(
      (choice) => make(choice).contentHash,
    )
    expect(new Set(hashes).size).toBe(4)
    expect(make({}).contentHash).toBe(make({}).contentHash)
  })

  it('can be searched: evolution comes closer than its random start', () => {
    const objective = make({})
    const told = (architecture: string) =>
      objective.measure(architecture, { epochs: 1 }, '0').metrics.valAccuracy
    const played = playSearch({
      optimizer: regularizedEvolutionEntry.create(
        plane,
        regularizedEvolutionEntry.settings.parse({ populationSize: 20, sampleSize: 5 }),
      ),
      seed: 1,
      trials: 200,
      accuracy: told,
    }).map(({ observation }) => observation.valAccuracy ?? 0)
    expect(Math.max(...played)).toBeGreaterThan(Math.max(...played.slice(0, 20)))
    expect(Math.max(...played)).toBeGreaterThan(0.99)
  })
})
