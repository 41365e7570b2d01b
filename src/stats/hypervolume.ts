import { dominates, type Objectives } from './nondominated.ts'

/**
 * The volume between some points and a reference point that is worse: what at least one of them
 * dominates. Less is better in each objective.
 *
 * @param points - what does not dominate the reference point counts for nothing
 * @remarks By slices along the last objective, and so on within each: O(n^(m-1) log n) for n points of
 *   m objectives, meant for a few hundred points of two to four.
 * @see Zitzler and Thiele 1998, "Multiobjective Optimization Using Evolutionary Algorithms", section 4;
 *   While et al. 2006, "A Faster Algorithm for Calculating Hypervolume", section II (slicing).
 */
export function hypervolume(points: readonly Objectives[], reference: Objectives): number {
  const inside = points.filter((point) =>
    point.every((value, index) => value < (reference[index] ?? Number.NEGATIVE_INFINITY)),
  )
  return volume(withoutDominated(inside), reference)
}

function volume(points: readonly Objectives[], reference: Objectives): number {
  const last = reference.length - 1
  const end = reference[last] ?? 0
  if (points.length === 0) return 0
  if (last === 0) return end - Math.min(...points.map(([value = end]) => value))
  const ordered = points.toSorted((a, b) => (a[last] ?? 0) - (b[last] ?? 0))
  let sum = 0
  for (const [index, point] of ordered.entries()) {
    const depth = (ordered[index + 1]?.[last] ?? end) - (point[last] ?? end)
    if (depth === 0) continue
    const slice = ordered.slice(0, index + 1).map((other) => other.slice(0, last))
    sum += depth * volume(withoutDominated(slice), reference.slice(0, last))
  }
  return sum
}

function withoutDominated(points: readonly Objectives[]): readonly Objectives[] {
  return points.filter((point) => !points.some((other) => dominates(other, point)))
}
