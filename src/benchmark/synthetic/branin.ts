import { floatsMisfit, numberOf, type SyntheticFunction } from './synthetic-function.ts'

const needed = [
  { name: 'x1', lower: -5, upper: 10 },
  { name: 'x2', lower: 0, upper: 15 },
]

/**
 * Branin's function, and its cheaper versions: `(x2 - b x1² + c x1 - r)² + s (1 - t) cos x1 + s` with b
 * lower by 0.01, c lower by 0.1 and t higher by 0.005 at a share of zero, linear between.
 *
 * @remarks
 * The source has a fidelity for each of b, c and t; here one share stands for all three. Three global
 * minima, at (-π, 12.275), (π, 2.275) and (9.42478, 2.475); the greatest value is at (-5, 0).
 *
 * @see Dixon and Szegő 1978, "The global optimization problem: an introduction"; Kandasamy et al. 2017,
 *   "Multi-fidelity Bayesian Optimisation with Continuous Approximations", appendix; dragonfly
 *   `demos_synthetic/branin/{branin,branin_mf}.py` (the constants of cheaper versions, the cost).
 */
export const branin: SyntheticFunction = {
  name: 'branin',
  summary: "Branin's function of two floats, with three global minima",
  source: 'Dixon and Szegő 1978; Kandasamy et al. 2017, appendix',
  fullEpochs: 1,
  misfit: (space) => floatsMisfit(space, needed),
  range: () => ({ least: 10 / (8 * Math.PI), greatest: braninValue(-5, 0, 1) }),
  value: (configuration) =>
    braninValue(numberOf(configuration, 'x1'), numberOf(configuration, 'x2'), 1),
  observe: (configuration, { share }) =>
    braninValue(numberOf(configuration, 'x1'), numberOf(configuration, 'x2'), share),
  cost: (share) => 0.05 + 0.95 * share ** 1.5,
}

function braninValue(x1: number, x2: number, share: number): number {
  const missing = 1 - share
  const b = 5.1 / (4 * Math.PI ** 2) - 0.01 * missing
  const c = 5 / Math.PI - 0.1 * missing
  const t = 1 / (8 * Math.PI) + 0.005 * missing
  return (x2 - b * x1 ** 2 + c * x1 - 6) ** 2 + 10 * (1 - t) * Math.cos(x1) + 10
}
