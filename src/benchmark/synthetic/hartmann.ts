import { floatsMisfit, numberOf, type SyntheticFunction } from './synthetic-function.ts'

/** Weights of the four terms, and what a share of zero takes from each. */
const weights = [1, 1.2, 3, 3.2] as const
const weightLoss = 0.1

interface Hartmann {
  readonly name: string
  /** One row a term, one column a parameter. */
  readonly widths: readonly (readonly number[])[]
  /** In units of 1e-4. */
  readonly centers: readonly (readonly number[])[]
  readonly least: number
}

/**
 * Minus a sum of four bells in the unit cube, and its cheaper versions: each weight lower by 0.1 at a
 * share of zero, linear between.
 *
 * @remarks
 * The source has a fidelity for each of the four weights and a cost of their own for each dimension;
 * here one share stands for all four, and the cost is that of the source's three-dimensional function.
 * All values are below 0, which counts as the greatest.
 *
 * @see Hartman 1973, "Some experiments in global optimization"; Kandasamy et al. 2017, "Multi-fidelity
 *   Bayesian Optimisation with Continuous Approximations", appendix; dragonfly
 *   `demos_synthetic/hartmann{3_2,6_4}` (constants, cost).
 */
function hartmann({ name, widths, centers, least }: Hartmann): SyntheticFunction {
  const names = (widths[0] ?? []).map((_, index) => `x${index + 1}`)
  const needed = names.map((one) => ({ name: one, lower: 0, upper: 1 }))
  const valueAt = (point: readonly number[], share: number) =>
    -weights.reduce((sum, weight, term) => {
      const distance = point.reduce((total, x, index) => {
        const offset = x - 1e-4 * (centers[term]?.[index] ?? 0)
        return total + (widths[term]?.[index] ?? 0) * offset ** 2
      }, 0)
      return sum + (weight - weightLoss * (1 - share)) * Math.exp(-distance)
    }, 0)
  const pointOf = (configuration: Parameters<typeof numberOf>[0]) =>
    names.map((one) => numberOf(configuration, one))
  return {
    name,
    summary: `Hartmann's function of ${names.length} floats: four bells in the unit cube`,
    source: 'Hartman 1973; Kandasamy et al. 2017, appendix',
    fullEpochs: 1,
    misfit: (space) => floatsMisfit(space, needed),
    range: () => ({ least, greatest: 0 }),
    value: (configuration) => valueAt(pointOf(configuration), 1),
    observe: (configuration, { share }) => valueAt(pointOf(configuration), share),
    cost: (share) => 0.1 + (0.9 * (share + share ** 2 + share ** 3)) / 3,
  }
}

/** Minimum at (0.114614, 0.555649, 0.852547). */
export const hartmann3 = hartmann({
  name: 'hartmann3',
  least: -3.8627797869493365,
  widths: [
    [3, 10, 30],
    [0.1, 10, 35],
    [3, 10, 30],
    [0.1, 10, 35],
  ],
  centers: [
    [3689, 1170, 2673],
    [4699, 4387, 7470],
    [1091, 8732, 5547],
    [381, 5743, 8828],
  ],
})

/** Minimum at (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573). */
export const hartmann6 = hartmann({
  name: 'hartmann6',
  least: -3.322368011415512,
  widths: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  centers: [
    [1312, 1696, 5569, 124, 8283, 5886],
    [2329, 4135, 8307, 3736, 1004, 9991],
    [2348, 1451, 3522, 2883, 3047, 6650],
    [4047, 8828, 8732, 5743, 1091, 381],
  ],
})
