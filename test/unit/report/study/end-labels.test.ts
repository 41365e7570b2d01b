import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markupOf } from '#src/report/html.ts'
import { endLabels, labelHeight, spreadHeights } from '#src/report/study/end-labels.ts'
import { looksOf, seriesLook, variantWords } from '#src/report/study/series.ts'

const bounds = { low: 0, high: 400 }
const heights = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), {
  minLength: 1,
  maxLength: 25,
})

describe('label heights', () => {
  it('stay where they are wanted while there is room', () => {
    expect(spreadHeights([300, 10, 100], 15, bounds)).toEqual([300, 10, 100])
  })

  it('move apart evenly around where several are wanted', () => {
    expect(spreadHeights([100, 100, 100], 15, bounds)).toEqual([85, 100, 115])
  })

  it('stay inside', () => {
    expect(spreadHeights([400, 400], 15, bounds)).toEqual([385, 400])
    expect(spreadHeights([0, 0], 15, bounds)).toEqual([0, 15])
  })

  it('are apart, inside, and in the order of what they label', () => {
    fc.assert(
      fc.property(heights, (wanted) => {
        const placed = spreadHeights(wanted, 15, bounds)
        const order = [...wanted.keys()].sort(
          (a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0) || a - b,
        )
        const sorted = order.map((index) => placed[index] ?? 0)
        for (const [place, height] of sorted.slice(1).entries()) {
          expect(height - (sorted[place] ?? 0)).toBeGreaterThanOrEqual(15 - 1e-9)
        }
        expect(sorted[0]).toBeGreaterThanOrEqual(0)
        expect(sorted.at(-1)).toBeLessThanOrEqual(400 + 1e-9)
      }),
    )
  })

  it('cannot be nearer to the wanted ones, for two', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 50, max: 350, noNaN: true }),
        fc.double({ min: 0, max: 14, noNaN: true }),
        (first, gap) => {
          // By symmetry the least squares push both by half of what is missing.
          const [low = 0, high = 0] = spreadHeights([first, first + gap], 15, bounds)
          expect(low).toBeCloseTo(first - (15 - gap) / 2, 9)
          expect(high).toBeCloseTo(first + gap + (15 - gap) / 2, 9)
        },
      ),
    )
  })
})

describe('end labels', () => {
  it('shorten long words and keep them whole for whoever points at them', () => {
    const words = 'a method of a very long name'
    const markup = markupOf(
      endLabels([{ words, look: seriesLook(0), x: 90, y: 50 }], {
        x: 100,
        low: 0,
        high: 100,
        letterCount: 10,
      }),
    )
    expect(markup).toContain(`a method …<title>${words}</title>`)
    expect(markup).toContain('class="bridge"')
    expect(labelHeight).toBeGreaterThan(12)
  })
})

describe('looks', () => {
  it('tell thirty-five methods apart, and neighbours without colour, too', () => {
    const looks = Array.from({ length: 35 }, (_, index) => seriesLook(index))
    expect(new Set(looks.map(({ color, dashes }) => color + dashes)).size).toBe(35)
    for (const [index, look] of looks.slice(1).entries()) {
      expect(look.dashes).not.toBe(looks[index]?.dashes)
      expect(look.color).not.toBe(looks[index]?.color)
    }
  })

  it('give random search a look of its own, and leave the others theirs', () => {
    const looks = looksOf(['a', 'random', 'b'], 'random')
    expect(looks.get('a')).toEqual(seriesLook(0))
    expect(looks.get('b')).toEqual(seriesLook(1))
    expect([...looks.values()].filter(({ color }) => color === 'var(--dot)')).toHaveLength(1)
  })

  it('name a variant by what it changes', () => {
    expect(variantWords('evolution size=5', 'evolution')).toBe('size=5')
    expect(variantWords('evolutionary', 'evolution')).toBe('evolutionary')
    expect(variantWords('evolution', undefined)).toBe('evolution')
  })
})
