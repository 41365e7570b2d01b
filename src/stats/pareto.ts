/** A point of a trade-off: less `cost` is better, more `gain` is better. */
export interface TradeOff {
  readonly cost: number
  readonly gain: number
}

/**
 * The points that no other point beats: none costs at most as much and gains at least as much, with
 * one of the two strictly better. Of equal points the first stays.
 *
 * @returns by rising cost, and therefore by rising gain; O(n log n)
 */
export function paretoFront<T extends TradeOff>(points: readonly T[]): T[] {
  const ordered = points.toSorted((a, b) => a.cost - b.cost || b.gain - a.gain)
  const front: T[] = []
  let best = Number.NEGATIVE_INFINITY
  for (const point of ordered) {
    if (point.gain <= best) continue
    front.push(point)
    best = point.gain
  }
  return front
}
