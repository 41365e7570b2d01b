import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cholesky } from '#src/numeric/cholesky.ts'
import { addWlItem, removeWlItem, wlCross, wlGraphs, wlItem } from '#src/predictor/wl-graphs.ts'
import { type LabelledVertex, labelCounts, wlKernel } from '#src/predictor/wl-kernel.ts'

function chain(...labels: readonly string[]): readonly LabelledVertex[] {
  return labels.map((label, index) => ({ label, inputs: index === 0 ? [] : [index - 1] }))
}

/** Graphs in which each vertex reads some of those before it. */
const graph: fc.Arbitrary<readonly LabelledVertex[]> = fc
  .array(fc.record({ label: fc.constantFrom('a', 'b', 'c'), reads: fc.nat(2 ** 7 - 1) }), {
    minLength: 2,
    maxLength: 7,
  })
  .map((vertices) =>
    vertices.map(({ label, reads }, position) => ({
      label,
      inputs: vertices.flatMap((_, other) =>
        other < position && (reads >> other) & 1 ? [other] : [],
      ),
    })),
  )

function kernel(
  first: readonly LabelledVertex[],
  second: readonly LabelledVertex[],
  rounds: number,
): number {
  const book = { numbers: new Map<string, number>() }
  return wlKernel(labelCounts(first, rounds, book), labelCounts(second, rounds, book))
}

/** The same graph with its vertices in another order, each still after its inputs. */
function reordered(vertices: readonly LabelledVertex[]): readonly LabelledVertex[] {
  const order: number[] = []
  const rest = new Set(vertices.keys())
  while (rest.size > 0) {
    // The last that can come, so that the order is another one wherever there is a choice.
    const next = [...rest].findLast((position) =>
      (vertices[position]?.inputs ?? []).every((input) => !rest.has(input)),
    ) as number
    order.push(next)
    rest.delete(next)
  }
  return order.map((position) => {
    const { label, inputs } = vertices[position] as LabelledVertex
    return { label, inputs: inputs.map((input) => order.indexOf(input)) }
  })
}

describe('Weisfeiler-Lehman kernel', () => {
  it.each([
    [0, 2 / 3],
    [1, 0.5],
    [2, 0.444444],
  ])('of two chains that differ in the middle, after %i rounds, is %d', (rounds, expected) => {
    const [first, second] = [chain('in', 'conv3', 'out'), chain('in', 'conv1', 'out')]
    expect(kernel(first, second, rounds)).toBeCloseTo(expected, 6)
  })

  it('sees the direction of edges: the order of two layers', () => {
    const [first, second] = [chain('in', 'a', 'b', 'out'), chain('in', 'b', 'a', 'out')]
    expect(kernel(first, second, 0)).toBe(1)
    expect(kernel(first, second, 1)).toBeLessThan(1)
  })

  it('is 1 of equal graphs, symmetric, and does not see the numbers of vertices', () => {
    fc.assert(
      fc.property(graph, graph, fc.nat(3), (first, second, rounds) => {
        expect(kernel(first, reordered(first), rounds)).toBeCloseTo(1, 12)
        const value = kernel(first, second, rounds)
        expect(kernel(second, first, rounds)).toBeCloseTo(value, 12)
        expect(kernel(reordered(first), second, rounds)).toBeCloseTo(value, 12)
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1 + 1e-12)
      }),
    )
  })
})

describe('graphs of the kernel', () => {
  it.each(['sum', 'optimal-assignment'] as const)(
    'have the kernels of all pairs, variant %s, averaged over two cells',
    (variant) => {
      fc.assert(
        fc.property(fc.array(fc.tuple(graph, graph), { minLength: 2, maxLength: 6 }), (pairs) => {
          const graphs = wlGraphs(2, variant)
          for (const pair of pairs) addWlItem(graphs, wlItem(graphs, pair))
          for (const [round, rows] of graphs.rows.entries()) {
            for (const [i, row] of rows.entries()) {
              for (const [j, value] of row.entries()) {
                const cells = [0, 1].map((cell) => {
                  const counts = [i, j].map((place) =>
                    (graphs.items[place]?.counts[cell] ?? []).slice(0, round + 1),
                  )
                  return wlKernel(counts[0] ?? [], counts[1] ?? [], variant)
                })
                expect(value).toBeCloseTo(((cells[0] ?? 0) + (cells[1] ?? 0)) / 2, 12)
              }
            }
          }
        }),
        { numRuns: 30 },
      )
    },
  )

  it.each(['sum', 'optimal-assignment'] as const)(
    'are positive semidefinite, variant %s',
    (variant) => {
      fc.assert(
        fc.property(fc.array(graph, { minLength: 2, maxLength: 12 }), (drawn) => {
          const graphs = wlGraphs(3, variant)
          for (const one of drawn) addWlItem(graphs, wlItem(graphs, [one]))
          const size = drawn.length
          for (const rows of graphs.rows) {
            const matrix = new Float64Array(size * size)
            for (const [index, row] of rows.entries()) {
              matrix.set(row, index * size)
              matrix[index * size + index] = 1 + 1e-9
            }
            // Without jitter: no eigenvalue is below -1e-9.
            expect(cholesky(matrix, size).jitter).toBe(0)
          }
        }),
        { numRuns: 40 },
      )
    },
  )

  it('forget what is taken off', () => {
    fc.assert(
      fc.property(fc.array(graph, { minLength: 3, maxLength: 6 }), ([last, probe, ...first]) => {
        const graphs = wlGraphs(2, 'sum')
        for (const one of first) addWlItem(graphs, wlItem(graphs, [one]))
        const item = wlItem(graphs, [probe ?? []])
        const before = wlCross(graphs, item, 2)
        addWlItem(graphs, wlItem(graphs, [last ?? []]))
        expect(wlCross(graphs, item, 2)[2]).toHaveLength(first.length + 1)
        removeWlItem(graphs)
        expect(wlCross(graphs, item, 2)).toEqual(before)
      }),
      { numRuns: 30 },
    )
  })
})
