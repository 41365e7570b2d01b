/** Finds those normal kernels that reach a place, without looking at all of them. */

/**
 * Normal kernels by rising mean.
 *
 * @remarks
 * Kernels of the least deviation are found by their means; the others are always written down.
 * Deviations that are gaps between neighbours, and never less than a hundredth of the range, leave at
 * most two hundred others.
 */
export class SortedKernels {
  readonly #least: number
  readonly #wide: Int32Array
  readonly #narrow: Int32Array
  readonly #narrowMeans: Float64Array

  /**
   * @param means - rising
   * @param deviations - in the same order
   * @param order - which kernel each is
   */
  constructor(means: Float64Array, deviations: Float64Array, order: Int32Array) {
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
    this.#least = least
    this.#wide = wide.subarray(0, wideCount)
    this.#narrow = narrow.subarray(0, narrowCount)
    this.#narrowMeans = narrowMeans.subarray(0, narrowCount)
  }

  /**
   * Writes down kernels that may lie within so many of their deviations of an interval.
   *
   * @returns how many
   */
  near([from, to]: readonly [number, number], deviations: number, into: Int32Array): number {
    const [wide, narrow, means] = [this.#wide, this.#narrow, this.#narrowMeans]
    for (let i = 0; i < wide.length; i++) into[i] = wide[i] as number
    let length = wide.length
    const last = to + deviations * this.#least
    let place = firstFrom(means, from - deviations * this.#least)
    for (; place < means.length && (means[place] as number) <= last; place++) {
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
function firstFrom(sorted: Float64Array, bound: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < bound) low = middle + 1
    else high = middle
  }
  return low
}
