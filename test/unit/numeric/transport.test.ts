import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TransportProblem, transportSolver } from '#src/numeric/transport.ts'

interface Drawn {
  readonly costs: readonly number[]
  readonly supplies: readonly number[]
  readonly demands: readonly number[]
}

function problemOf({ costs, supplies, demands }: Drawn): TransportProblem {
  return {
    costs: Float64Array.from(costs),
    supplies: Float64Array.from(supplies),
    demands: Float64Array.from(demands),
    rows: supplies.length,
    columns: demands.length,
  }
}

const drawn = (mass: fc.Arbitrary<number>, most: number) =>
  fc
    .tuple(
      fc.array(mass, { minLength: 1, maxLength: most }),
      fc.array(mass, { minLength: 1, maxLength: most }),
    )
    .chain(([supplies, demands]) =>
      fc
        .array(fc.double({ min: -2, max: 1, noNaN: true }), {
          minLength: supplies.length * demands.length,
          maxLength: supplies.length * demands.length,
        })
        .map((costs): Drawn => ({ costs, supplies, demands })),
    )

/** Whole masses, unit by unit: each goes to one of the columns that want more, or stays. */
function bruteForce({ costs, supplies, demands }: Drawn): number {
  const units = supplies.flatMap((supply, row) => Array(supply).fill(row) as number[])
  const carry = (unit: number, wanted: readonly number[]): number => {
    const row = units[unit]
    if (row === undefined) return 0
    const options = wanted.map((want, column) => {
      if (want === 0) return Number.POSITIVE_INFINITY
      const cost = costs[row * demands.length + column] ?? 0
      return cost >= 0
        ? Number.POSITIVE_INFINITY
        : cost + carry(unit + 1, wanted.with(column, want - 1))
    })
    return Math.min(carry(unit + 1, wanted), ...options)
  }
  return carry(0, demands)
}

describe('transport', () => {
  it('is as cheap as the best of all ways, on small problems', () => {
    const solver = transportSolver()
    fc.assert(
      fc.property(drawn(fc.integer({ min: 0, max: 2 }), 3), (problem) => {
        expect(solver.solve(problemOf(problem))).toBeCloseTo(bruteForce(problem), 9)
      }),
      { numRuns: 200 },
    )
  })

  it('carries no more than there is and is wanted, at the cost that it says', () => {
    const solver = transportSolver()
    const mass = fc.double({ min: 0, max: 1000, noNaN: true })
    fc.assert(
      fc.property(drawn(mass, 12), (problem) => {
        const { costs, supplies, demands } = problem
        const columns = demands.length
        const cost = solver.solve(problemOf(problem))
        const flows = solver.flows()
        expect(flows).toHaveLength(costs.length)
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
        for (const [row, supply] of supplies.entries()) {
          const carried = demands.map((_, column) => flows[row * columns + column] ?? 0)
          expect(Math.min(...carried)).toBeGreaterThanOrEqual(-1e-9)
          expect(sum(carried)).toBeLessThanOrEqual(supply + 1e-6)
        }
        for (const [column, demand] of demands.entries()) {
          const carried = supplies.map((_, row) => flows[row * columns + column] ?? 0)
          expect(sum(carried)).toBeLessThanOrEqual(demand + 1e-6)
        }
        expect(sum([...flows].map((flow, entry) => flow * (costs[entry] ?? 0)))).toBeCloseTo(
          cost,
          6,
        )
      }),
    )
  })

  it('gives a column to the row that would lose more without it', () => {
    const problem = {
      costs: [-2, -1, -1.9, -0.5],
      supplies: [10, 10],
      demands: [10, 10],
    }
    // Both rows want the first column most; the second row loses more without it: 10 (-1 - 1.9).
    const solver = transportSolver()
    expect(solver.solve(problemOf(problem))).toBeCloseTo(-29, 12)
    expect([...solver.flows()]).toEqual([0, 10, 10, 0])
  })

  it('sends earlier mass another way where that is cheaper', () => {
    const solver = transportSolver()
    const problem = { costs: [-5, -4, -4, 0], supplies: [1, 1], demands: [1, 1] }
    expect(solver.solve(problemOf(problem))).toBe(-8)
    // The same memory serves a larger problem, and a smaller one again.
    const large = {
      costs: Array.from({ length: 400 }, (_, entry) => (entry % 21 === 0 ? -1 : 0)),
      supplies: Array(20).fill(3),
      demands: Array(20).fill(2),
    }
    expect(solver.solve(problemOf(large))).toBe(-40)
    expect(solver.solve(problemOf(problem))).toBe(-8)
  })

  it('carries nothing where nothing is worth it', () => {
    const solver = transportSolver()
    expect(solver.solve(problemOf({ costs: [0, 1], supplies: [5], demands: [5, 5] }))).toBe(0)
    expect([...solver.flows()]).toEqual([0, 0])
  })
})
