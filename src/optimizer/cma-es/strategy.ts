/** The constants of CMA-ES, which the number of dimensions decides. */
export interface Strategy {
  readonly size: number
  /** Points of a generation, and how many of them pull the mean. */
  readonly populationSize: number
  readonly parentCount: number
  /** By rank, best first: positive ones sum to 1, those behind them are negative. */
  readonly weights: Float64Array
  readonly effectiveCount: number
  readonly rankOneRate: number
  readonly rankMuRate: number
  readonly stepRate: number
  readonly stepDamping: number
  readonly pathRate: number
  /** Length of a standard normal vector, on average. */
  readonly normalLength: number
}

/**
 * @param size - dimensions
 * @param populationSize - null for 4 + floor(3 ln size)
 * @see Hansen 2016, "The CMA Evolution Strategy: A Tutorial", table 1, with active updates as in
 *   CyberAgentAILab/cmaes `_cma.py`.
 */
export function cmaStrategy(size: number, populationSize: number | null): Strategy {
  const lambda = populationSize ?? 4 + Math.floor(3 * Math.log(size))
  const mu = Math.floor(lambda / 2)
  const raw = Float64Array.from(
    { length: lambda },
    (_, rank) => Math.log((lambda + 1) / 2) - Math.log(rank + 1),
  )
  const effectiveCount = effective(raw.subarray(0, mu))
  const rankOneRate = 2 / ((size + 1.3) ** 2 + effectiveCount)
  const rankMuRate = Math.min(
    1 - rankOneRate - 1e-8,
    (2 * (effectiveCount - 2 + 1 / effectiveCount)) / ((size + 2) ** 2 + effectiveCount),
  )
  const stepRate = (effectiveCount + 2) / (size + effectiveCount + 5)
  const stepGrowth = Math.sqrt((effectiveCount - 1) / (size + 1)) - 1
  return {
    size,
    populationSize: lambda,
    parentCount: mu,
    weights: scaledWeights(raw, mu, { size, effectiveCount, rankOneRate, rankMuRate }),
    effectiveCount,
    rankOneRate,
    rankMuRate,
    stepRate,
    stepDamping: 1 + 2 * Math.max(0, stepGrowth) + stepRate,
    pathRate: (4 + effectiveCount / size) / (size + 4 + (2 * effectiveCount) / size),
    normalLength: Math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size * size)),
  }
}

type Rates = Pick<Strategy, 'size' | 'effectiveCount' | 'rankOneRate' | 'rankMuRate'>

function scaledWeights(
  raw: Float64Array,
  mu: number,
  { size, effectiveCount, rankOneRate, rankMuRate }: Rates,
): Float64Array {
  const effectiveNegative = effective(raw.subarray(mu))
  const least = Math.min(
    1 + rankOneRate / rankMuRate,
    1 + (2 * effectiveNegative) / (effectiveCount + 2),
    (1 - rankOneRate - rankMuRate) / (size * rankMuRate),
  )
  const sum = (sign: 1 | -1) =>
    raw.reduce((total, weight) => (weight * sign > 0 ? total + weight * sign : total), 0)
  const [positive, negative] = [sum(1), sum(-1)]
  return raw.map((weight) => (weight >= 0 ? weight / positive : (weight * least) / negative))
}

function effective(weights: Float64Array): number {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return sum ** 2 / weights.reduce((total, weight) => total + weight * weight, 0)
}
