import type { Random } from '#src/random/random.ts'

export interface SliceOptions {
  /** First width of the bracket in each coordinate. */
  readonly width: number
  /** Steps that widen the bracket at most, both ways together. */
  readonly maxSteps?: number
}

/** Shrinkings before a coordinate is left as it is: a density that is broken must not hang. */
const maxShrinks = 100

/**
 * One sweep of slice sampling, coordinate by coordinate: leaves the density invariant.
 *
 * @param point - where the chain stands; its log density is finite
 * @param logDensity - up to a constant; minus infinity outside the support
 * @returns the next point; the one handed in is left as it is
 * @see Neal 2003, "Slice Sampling", figures 3 (stepping out) and 5 (shrinkage).
 */
export function sliceSweep(
  point: readonly number[],
  logDensity: (point: readonly number[]) => number,
  options: SliceOptions,
  random: Random,
): number[] {
  const current = [...point]
  for (let axis = 0; axis < current.length; axis++) {
    const start = current[axis] as number
    const along = (value: number) => {
      current[axis] = value
      return logDensity(current)
    }
    current[axis] = sliceAxis(start, along, options, random)
  }
  return current
}

/** The next value of one coordinate. */
function sliceAxis(
  start: number,
  along: (value: number) => number,
  { width, maxSteps = 10 }: SliceOptions,
  random: Random,
): number {
  const level = along(start) + Math.log(1 - random.uniform())
  let left = start - width * random.uniform()
  let right = left + width
  const leftSteps = random.int(maxSteps + 1)
  for (let step = 0; step < leftSteps && along(left) > level; step++) left -= width
  for (let step = leftSteps; step < maxSteps && along(right) > level; step++) right += width
  for (let shrink = 0; shrink < maxShrinks; shrink++) {
    const proposal = left + (right - left) * random.uniform()
    if (along(proposal) > level) return proposal
    if (proposal < start) left = proposal
    else right = proposal
  }
  return start
}
