import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { hypervolume } from '#src/stats/hypervolume.ts'
import { crowdingDistances, dominates, nondominatedFronts } from '#src/stats/nondominated.ts'

const points = (count: number, size = 2) =>
  fc.array(fc.tuple(...Array.from({ length: size }, () => fc.integer({ min: 0, max: 9 }))), {
    maxLength: count,
  })
const runs = { seed: 8 }
/** The published example: one front of four, and a point behind it. */
const example = [
  [1, 5],
  [2, 3],
  [3, 2.5],
  [5, 1],
]

describe('dominance', () => {
  it('needs to be no larger anywhere and smaller somewhere', () => {
    expect(dominates([1, 2], [1, 3])).toBe(true)
    expect(dominates([1, 2], [1, 2])).toBe(false)
    expect(dominates([1, 4], [2, 3])).toBe(false)
    expect(dominates([1, 2], [Number.POSITIVE_INFINITY, 2])).toBe(true)
  })
})

describe('fronts', () => {
  it('are those of the example', () => {
    expect(nondominatedFronts(example)).toEqual([[0, 1, 2, 3]])
    expect(nondominatedFronts([...example, [4, 4]])).toEqual([[0, 1, 2, 3], [4]])
    expect(nondominatedFronts([])).toEqual([])
  })

  it.each([1, 2, 3])(
    'hold each point once, each behind the fronts that beat it, %i objectives',
    (size) => {
      fc.assert(
        fc.property(points(30, size), (given) => {
          const fronts = nondominatedFronts(given)
          expect(fronts.flat().sort((a, b) => a - b)).toEqual([...given.keys()])
          const at = (position: number) => given[position] ?? []
          for (const [rank, front] of fronts.entries()) {
            for (const one of front) {
              expect(front.some((other) => dominates(at(other), at(one)))).toBe(false)
              const before = fronts[rank - 1]
              if (before === undefined) continue
              expect(before.some((other) => dominates(at(other), at(one)))).toBe(true)
            }
          }
        }),
        runs,
      )
    },
  )
})

describe('crowding distances', () => {
  it('are those of the example', () => {
    const infinite = Number.POSITIVE_INFINITY
    expect(crowdingDistances(example)).toEqual([infinite, 1.125, 1.25, infinite])
  })

  it('are infinite for one or two points, zero where nothing tells points apart', () => {
    const infinite = Number.POSITIVE_INFINITY
    expect(crowdingDistances([])).toEqual([])
    expect(
      crowdingDistances([
        [1, 2],
        [2, 1],
      ]),
    ).toEqual([infinite, infinite])
    expect(
      crowdingDistances([
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    ).toEqual([0, 0, 0])
    expect(
      crowdingDistances([
        [infinite, infinite],
        [infinite, infinite],
      ]),
    ).toEqual([0, 0])
  })

  it('sum to twice the objectives in the middle of an even front, whatever the scales', () => {
    // Each of n - 2 inner points has twice a step of 1 / (n - 1) in each of two objectives.
    const even = Array.from({ length: 11 }, (_, index) => [1000 * index, -index])
    for (const distance of crowdingDistances(even).slice(1, -1)) expect(distance).toBeCloseTo(0.4)
  })
})

describe('hypervolume', () => {
  it('is what is between the points and the reference', () => {
    expect(hypervolume([], [1, 1])).toBe(0)
    expect(hypervolume([[2]], [5])).toBe(3)
    expect(hypervolume([[1, 1]], [3, 4])).toBe(6)
    // (6 - 1)(6 - 5) + (6 - 2)(5 - 3) + (6 - 3)(3 - 2.5) + (6 - 5)(2.5 - 1)
    expect(hypervolume(example, [6, 6])).toBeCloseTo(5 + 8 + 1.5 + 1.5)
    expect(
      hypervolume(
        [
          [1, 1, 1],
          [0, 0, 2],
        ],
        [3, 3, 3],
      ),
    ).toBeCloseTo(8 + 9 - 4)
  })

  it('leaves out what is no better than the reference', () => {
    expect(
      hypervolume(
        [
          [1, 1],
          [0, 7],
          [7, 0],
          [3, 3],
        ],
        [3, 3],
      ),
    ).toBe(4)
  })

  it.each([1, 2, 3, 4])('counts unit cubes of %i objectives', (size) => {
    fc.assert(
      fc.property(points(6, size), (given) => {
        const side = 5
        let cubes = 0
        for (let cube = 0; cube < side ** size; cube++) {
          const corner = Array.from(
            { length: size },
            (_, index) => Math.floor(cube / side ** index) % side,
          )
          const isCovered = given.some((point) =>
            point.every((value, index) => value <= (corner[index] ?? 0)),
          )
          if (isCovered) cubes += 1
        }
        expect(hypervolume(given, Array(size).fill(side))).toBeCloseTo(cubes)
      }),
      { ...runs, numRuns: 40 },
    )
  })

  it('does not shrink when a point comes', () => {
    const random = Random.named(4, 'points')
    const drawn: number[][] = []
    let before = 0
    for (let count = 0; count < 40; count++) {
      drawn.push([random.uniform(), random.uniform(), random.uniform()])
      const volume = hypervolume(drawn, [1, 1, 1])
      expect(volume).toBeGreaterThanOrEqual(before - 1e-12)
      before = volume
    }
  })
})
