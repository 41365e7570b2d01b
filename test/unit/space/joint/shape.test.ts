import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ShapeName, shapedRates, shapedWidths, shapeNames } from '#src/space/joint/shape.ts'

const widths = (shape: ShapeName, [input, output, max, count]: [number, number, number, number]) =>
  shapedWidths(shape, { input, output, max }, count)

describe('shaped widths', () => {
  // Computed with Auto-PyTorch's own function.
  it.each<[ShapeName, number[]]>([
    ['brick', [200, 200, 200, 200, 200, 10]],
    ['triangle', [56, 92, 128, 164, 200, 10]],
    ['funnel', [200, 162, 124, 86, 48, 10]],
    ['long-funnel', [200, 200, 200, 200, 105, 10]],
    ['diamond', [80, 140, 200, 137, 74, 10]],
    ['hexagon', [110, 200, 200, 200, 105, 10]],
    ['stairs', [200, 124, 124, 48, 48, 10]],
  ])('%s leads from 20 over 200 to 10 in six widths', (shape, expected) => {
    expect(widths(shape, [20, 10, 200, 6])).toEqual(expected)
  })

  it.each<[ShapeName, number[]]>([
    ['funnel', [100, 78, 56, 34, 10]],
    ['long-funnel', [100, 100, 100, 55, 10]],
    ['triangle', [62, 74, 86, 100, 10]],
    ['diamond', [75, 100, 70, 40, 10]],
    ['hexagon', [100, 100, 100, 100, 10]],
    ['stairs', [100, 100, 56, 56, 10]],
  ])('%s leads from 50 over 100 to 10 in five widths', (shape, expected) => {
    expect(widths(shape, [50, 10, 100, 5])).toEqual(expected)
  })

  const sizes = fc.record({
    input: fc.integer({ min: 1, max: 2000 }),
    output: fc.integer({ min: 1, max: 1024 }),
    max: fc.integer({ min: 1, max: 1024 }),
  })
  const shapes = fc.constantFrom(...shapeNames)

  it('are as many as asked for, whole, positive, no wider than the widest, and end in the output', () => {
    const counts = fc.integer({ min: 1, max: 17 })
    fc.assert(
      fc.property(shapes, sizes, counts, (shape, size, count) => {
        const found = shapedWidths(shape, size, count)
        expect(found).toHaveLength(count)
        expect(found.at(-1)).toBe(size.output)
        const widest = Math.max(size.input, size.max)
        for (const width of found.slice(0, -1)) {
          expect(Number.isInteger(width)).toBe(true)
          expect(width).toBeGreaterThan(0)
          expect(width).toBeLessThanOrEqual(widest)
        }
      }),
    )
  })

  it('are the same for all shapes where there are two or fewer', () => {
    fc.assert(
      fc.property(shapes, sizes, fc.constantFrom(0, 1, 2), (shape, size, count) => {
        expect(shapedWidths(shape, size, count)).toEqual(shapedWidths('brick', size, count))
      }),
    )
    expect(widths('hexagon', [20, 10, 200, 0])).toEqual([])
    expect(widths('hexagon', [20, 10, 200, 1])).toEqual([10])
    expect(widths('hexagon', [20, 10, 200, 2])).toEqual([200, 10])
  })

  it('start at the input where that is wider than the largest width', () => {
    expect(widths('brick', [300, 10, 200, 3])).toEqual([300, 300, 10])
    expect(widths('triangle', [300, 10, 200, 4])).toEqual([300, 300, 300, 10])
  })

  it('stay level before an output above the largest width', () => {
    expect(widths('funnel', [20, 500, 200, 4])).toEqual([200, 200, 200, 500])
    expect(widths('stairs', [20, 500, 200, 4])).toEqual([200, 200, 200, 500])
  })
})

describe('shaped dropout rates', () => {
  it('fall along a funnel to nothing', () => {
    expect(shapedRates('funnel', 1, 5)).toEqual([1, 0.75, 0.5, 0.25, 0])
    expect(shapedRates('funnel', 0.5, 5)).toEqual([0.5, 0.375, 0.25, 0.125, 0])
  })

  it.each<[ShapeName, number[]]>([
    ['brick', [0.8, 0.8, 0.8, 0.8, 0]],
    ['triangle', [0.2, 0.4, 0.6, 0.8, 0]],
    ['long-funnel', [0.8, 0.8, 0.8, 0.4, 0]],
    ['diamond', [0.4, 0.8, 0.5336, 0.2672, 0]],
    ['hexagon', [0.8, 0.8, 0.8, 0.8, 0]],
    ['stairs', [0.8, 0.8, 0.4, 0.4, 0]],
  ])('follow a %s', (shape, expected) => {
    const found = shapedRates(shape, 0.8, 5)
    expect(found).toHaveLength(expected.length)
    for (const [index, rate] of expected.entries()) expect(found[index]).toBeCloseTo(rate, 12)
  })
})
