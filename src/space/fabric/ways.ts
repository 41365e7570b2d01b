/** How many architectures a fabric holds, and one of them, each equally likely. */
import type { Random } from '#src/random/random.ts'
import { weightedDraw } from '../weighted-draw.ts'
import type { FabricBounds } from './settings.ts'
import type { Step, Trellis } from './trellis.ts'

export interface Ways {
  readonly total: bigint
  /** Uniform over all of them. */
  draw(random: Random): Trellis
}

/** Where the steps of one node are decided. */
interface State {
  /** Position between layers. */
  readonly gap: number
  readonly scale: number
  /** Scales of this layer, from this one on, that something arrives at, as bits. */
  readonly here: number
  /** Scales of the next layer that earlier nodes lead to. */
  readonly next: number
}

/** The choices at a node where so few ways go on that one word draws among them. */
interface Fork {
  /** Sets of scales that the node may lead to, as bits. */
  readonly sets: readonly number[]
  /** Ways that go on with each. */
  readonly weights: readonly number[]
  readonly total: number
}

/** Ways that the draw of one word can tell apart. */
const wordWays = 2n ** 32n

/**
 * Counts by going from node to node and choosing the steps that leave each.
 *
 * @remarks
 * Nothing else has to be known of what was chosen before than which nodes are reached: a node that
 * is reached must lead on, one that is not must not. The first layer's nodes may lead on or not.
 */
export function fabricWays(bounds: FabricBounds): Ways {
  const { layers, scales, onlyPaths } = bounds
  const known = new Map<number, bigint>()
  const last = layers - 2

  const count = (state: State): bigint => {
    const { gap, scale, next } = state
    if (scale > scales) {
      if (next === 0) return 0n
      return gap === last ? 1n : count({ gap: gap + 1, scale: 1, here: next, next: 0 })
    }
    const key = keyOf(state)
    const found = known.get(key)
    if (found !== undefined) return found
    const total = options(state).reduce((sum, targets) => sum + count(after(state, targets)), 0n)
    known.set(key, total)
    return total
  }

  /** Sets of scales that the node may lead to. */
  const options = ({ gap, scale, here, next }: State): readonly number[] => {
    const isFirst = gap === 0
    if (!isFirst && (here & bit(scale)) === 0) return [0]
    const single = [scale - 1, scale, scale + 1].filter((to) => to >= 1 && to <= scales).map(bit)
    if (onlyPaths) {
      if (!isFirst) return single
      return next === 0 ? [0, ...single] : [0]
    }
    const sets = Array.from({ length: 2 ** single.length }, (_, subset) =>
      single.reduce((set, target, index) => ((subset >> index) & 1 ? set | target : set), 0),
    )
    return isFirst ? sets : sets.filter((set) => set !== 0)
  }

  const forks = new Map<number, Fork>()
  const choose = (state: State, random: Random): number => {
    const key = keyOf(state)
    const known = forks.get(key)
    if (known !== undefined) return drawAt(known, random)
    const sets = options(state)
    const weights = sets.map((set) => count(after(state, set)))
    const total = count(state)
    if (total > wordWays) return sets[weightedDraw(weights, random)] ?? 0
    const fork = { sets, weights: weights.map(Number), total: Number(total) }
    forks.set(key, fork)
    return drawAt(fork, random)
  }

  const start: State = { gap: 0, scale: 1, here: 0, next: 0 }
  return {
    total: count(start),
    draw(random) {
      const trellis: Step[][] = Array.from({ length: layers - 1 }, () => [])
      let state = start
      while (state.gap < last || state.scale <= scales) {
        if (state.scale > scales) {
          state = { gap: state.gap + 1, scale: 1, here: state.next, next: 0 }
          continue
        }
        const { gap, scale } = state
        const targets = choose(state, random)
        for (let to = Math.max(1, scale - 1); targets >> (to - 1) !== 0; to++) {
          if ((targets & bit(to)) !== 0) trellis[gap]?.push([scale, to])
        }
        state = after(state, targets)
      }
      return trellis
    },
  }
}

function keyOf({ gap, scale, here, next }: State): number {
  return ((gap * 16 + scale) * 1024 + here) * 1024 + next
}

function drawAt({ sets, weights, total }: Fork, random: Random): number {
  return sets[wordDraw(weights, total, random)] ?? 0
}

/** The draw of `weightedDraw` in numbers: of weights that sum to `total`, from 1 to 2^32. */
export function wordDraw(weights: readonly number[], total: number, random: Random): number {
  const unused = total === 1 ? 31 : Math.clz32(total - 1)
  let draw = total
  // Bits, drawn again while they make too large a number.
  while (draw >= total) draw = (random.uint32() << unused) >>> unused
  let index = 0
  for (; draw >= (weights[index] as number); index++) draw -= weights[index] as number
  return index
}

function after({ gap, scale, here, next }: State, targets: number): State {
  return { gap, scale: scale + 1, here: here & ~bit(scale), next: next | targets }
}

function bit(scale: number): number {
  return 1 << (scale - 1)
}
