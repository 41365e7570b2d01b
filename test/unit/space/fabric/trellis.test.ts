import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { fabric } from '#src/space/fabric/fabric.ts'
import { fabricMoves } from '#src/space/fabric/moves.ts'
import { FabricSettings } from '#src/space/fabric/settings.ts'
import {
  formatTrellis,
  isAlive,
  pathOf,
  stepsBetweenLayers,
  type Trellis,
  trellisProblems,
  walkOf,
  withoutDeadSteps,
} from '#src/space/fabric/trellis.ts'
import { fabricWays, wordDraw } from '#src/space/fabric/ways.ts'
import { weightedDraw } from '#src/space/weighted-draw.ts'

const runs = { numRuns: 500, seed: 20_261_124 }
const seeds = fc.nat({ max: 2 ** 31 - 1 })

/** Some of the steps of three scales between each two of four layers, often with dead ones. */
const anyTrellis = fc.array(fc.subarray([...stepsBetweenLayers(3)]), {
  minLength: 3,
  maxLength: 3,
})

describe('isAlive', () => {
  it('holds exactly where nothing is dead, and there is a way', () => {
    const bounds = { layers: 4, scales: 3, onlyPaths: false }
    fc.assert(
      fc.property(anyTrellis, (trellis: Trellis) => {
        const live = withoutDeadSteps(trellis)
        const isWhole = trellis.every(
          ({ length }, gap) => length > 0 && length === live[gap]?.length,
        )
        expect(isAlive(trellis)).toBe(isWhole)
        expect(trellisProblems(trellis, bounds).length === 0).toBe(isWhole)
      }),
      runs,
    )
  })
})

describe('changes of a path', () => {
  it('are all walks that differ in one layer', () => {
    const bounds = { layers: 5, scales: 4, onlyPaths: true }
    const { neighbours } = fabricMoves(bounds)
    fc.assert(
      fc.property(seeds, (seed) => {
        const walk = walkOf(fabricWays(bounds).draw(Random.named(seed)))
        const others = walk.flatMap((_, layer) =>
          [1, 2, 3, 4].map((scale) => walk.with(layer, scale)),
        )
        const expected = others
          .filter((other) => other.join() !== walk.join())
          .filter((other) =>
            other.every((scale, layer) => Math.abs(scale - (other[layer + 1] ?? scale)) <= 1),
          )
          .map((other) => formatTrellis(pathOf(other)))
        expect([...neighbours(pathOf(walk))].map(formatTrellis)).toEqual(expected)
      }),
      { ...runs, numRuns: 100 },
    )
  })
})

describe('the text form', () => {
  it.each(['0>1', '1>0', '1>', '1-2', '1>10', '>12', '1>a', ' 1>1', '１>1', ''])(
    'does not read %j as a step',
    (step) => {
      const space = fabric(FabricSettings.parse({ layers: 2, imageSize: 4 }))
      expect(() => space.parse(step)).toThrow(
        expect.objectContaining({
          code: 'space/invalid-architecture',
          details: expect.objectContaining({ place: 'layers 1 to 2', found: JSON.stringify(step) }),
        }),
      )
    },
  )
})

describe('wordDraw', () => {
  it('draws what bits of a big number would', () => {
    const weights = fc
      .array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2 ** 29 })), { minLength: 1, maxLength: 8 })
      .filter((all) => all.some((weight) => weight > 0))
    fc.assert(
      fc.property(weights, seeds, (all, seed) => {
        const total = all.reduce((sum, weight) => sum + weight, 0)
        const [one, other] = [Random.named(seed), Random.named(seed)]
        expect(wordDraw(all, total, one)).toBe(weightedDraw(all.map(BigInt), other))
        expect(one.state).toEqual(other.state)
      }),
      runs,
    )
    const most = [2 ** 31, 2 ** 31]
    const [one, other] = [Random.named(1), Random.named(1)]
    const draws = Array.from({ length: 20 }, () => wordDraw(most, 2 ** 32, one))
    expect(draws).toEqual(draws.map(() => weightedDraw(most.map(BigInt), other)))
    expect(new Set(draws)).toEqual(new Set([0, 1]))
  })
})
