/** Points of many objectives, of which less is better. */
export type Objectives = readonly number[]

/** Whether a point is at most as large as another everywhere, and smaller somewhere. */
export function dominates(one: Objectives, other: Objectives): boolean {
  return compare(one, other) < 0
}

/** -1 when the first dominates the second, 1 when it is the other way round, else 0. */
function compare(one: Objectives, other: Objectives): -1 | 0 | 1 {
  let isSmaller = false
  let isLarger = false
  for (let index = 0; index < one.length; index++) {
    const value = one[index] ?? Number.NaN
    const rival = other[index] ?? Number.NaN
    if (value < rival) isSmaller = true
    else if (value > rival) isLarger = true
    if (isSmaller && isLarger) return 0
  }
  if (isSmaller) return -1
  return isLarger ? 1 : 0
}

/**
 * Fast non-dominated sorting: front k holds what no point dominates once the fronts before it are
 * taken away.
 *
 * @returns positions of the points, front by front, rising within a front; equal points share a front
 * @remarks O(m n^2) for n points of m objectives
 * @see Deb, Pratap, Agarwal and Meyarivan 2002, "A Fast and Elitist Multiobjective Genetic
 *   Algorithm: NSGA-II", section III A.
 */
export function nondominatedFronts(points: readonly Objectives[]): readonly (readonly number[])[] {
  const { beaten, beatenByCount } = allPairs(points)
  const fronts: number[][] = []
  let front = [...points.keys()].filter((position) => beatenByCount[position] === 0)
  while (front.length > 0) {
    fronts.push(front)
    const next: number[] = []
    for (const position of front.flatMap((winner) => beaten[winner] ?? [])) {
      const left = (beatenByCount[position] ?? 0) - 1
      beatenByCount[position] = left
      if (left === 0) next.push(position)
    }
    front = next.sort((a, b) => a - b)
  }
  return fronts
}

/** Whom each point dominates, and how many dominate it. */
function allPairs(points: readonly Objectives[]) {
  const beaten: number[][] = points.map(() => [])
  const beatenByCount = new Int32Array(points.length)
  const settle = (winner: number, loser: number) => {
    beaten[winner]?.push(loser)
    beatenByCount[loser] = (beatenByCount[loser] ?? 0) + 1
  }
  for (const [one, point] of points.entries()) {
    for (let other = one + 1; other < points.length; other++) {
      const order = compare(point, points[other] ?? [])
      if (order < 0) settle(one, other)
      else if (order > 0) settle(other, one)
    }
  }
  return { beaten, beatenByCount }
}

/**
 * How much room each point of a front has: the sum over the objectives of the distance between its
 * two neighbours, as a share of the front's range. The ends of an objective have infinitely much.
 *
 * @remarks An objective whose range is zero or not finite tells nothing apart: it adds zero.
 * @see Deb et al. 2002, section III B.
 */
export function crowdingDistances(front: readonly Objectives[]): readonly number[] {
  const distances = front.map(() => 0)
  for (let objective = 0; objective < (front[0]?.length ?? 0); objective++) {
    const value = (position: number | undefined) => front[position ?? -1]?.[objective] ?? Number.NaN
    const order = [...front.keys()].sort((a, b) => value(a) - value(b) || a - b)
    const range = value(order.at(-1)) - value(order[0])
    if (!Number.isFinite(range) || range === 0) continue
    for (const [rank, position] of order.entries()) {
      const isEnd = rank === 0 || rank === order.length - 1
      const room = isEnd
        ? Number.POSITIVE_INFINITY
        : (value(order[rank + 1]) - value(order[rank - 1])) / range
      distances[position] = (distances[position] ?? 0) + room
    }
  }
  return distances
}
