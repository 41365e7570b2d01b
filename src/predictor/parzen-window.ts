/** Finds those normal kernels that reach a place, without looking at all of them. */

/** By rising mean. */
interface SortedNormals {
  readonly means: Float64Array
  readonly deviations: Float64Array
  /** Which kernel each is. */
  readonly order: Int32Array
}

/**
 * Writes down kernels that may lie within so many of their deviations of an interval.
 *
 * @returns how many
 */
export type CloseMembers = (
  interval: readonly [from: number, to: number],
  deviations: number,
  into: Int32Array,
) => number

/**
 * @remarks
 * Kernels of the least deviation are found by their means; the others are always written down.
 * Deviations that are gaps between neighbours, and never less than a hundredth of the range, leave at
 * most two hundred others.
 */
export function closeMembers({ means, deviations, order }: SortedNormals): CloseMembers {
  const least = leastOf(deviations)
  const narrow = new Int32Array(order.length)
  const wide = new Int32Array(order.length)
  const narrowMeans = new Float64Array(order.length)
  let [narrowCount, wideCount] = [0, 0]
  for (let rank = 0; rank < order.length; rank++) {
    const kernel = order[rank] as number
    if ((deviations[rank] as number) > least) wide[wideCount++] = kernel
    else {
      narrowMeans[narrowCount] = means[rank] as number
      narrow[narrowCount++] = kernel
    }
  }
  return ([from, to], count, into) => {
    for (let i = 0; i < wideCount; i++) into[i] = wide[i] as number
    let length = wideCount
    let place = firstFrom(narrowMeans, narrowCount, from - count * least)
    const last = to + count * least
    for (; place < narrowCount && (narrowMeans[place] as number) <= last; place++) {
      into[length++] = narrow[place] as number
    }
    return length
  }
}

function leastOf(values: Float64Array): number {
  let least = Infinity
  for (let i = 0; i < values.length; i++) least = Math.min(least, values[i] as number)
  return least
}

/** The first place whose value is not below a bound. */
function firstFrom(sorted: Float64Array, length: number, bound: number): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < bound) low = middle + 1
    else high = middle
  }
  return low
}
