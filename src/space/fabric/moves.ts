/** The small changes from one architecture of a fabric to another. */
import type { Random } from '#src/random/random.ts'
import type { FabricBounds } from './settings.ts'
import {
  compareSteps,
  formatStep,
  isAlive,
  pathOf,
  type Step,
  stepsBetweenLayers,
  type Trellis,
  walkOf,
  withoutDeadSteps,
} from './trellis.ts'

/** Changes of a space's architectures. */
export interface FabricMoves {
  mutate(trellis: Trellis, random: Random): Trellis
  neighbours(trellis: Trellis): Iterable<Trellis>
  crossover(first: Trellis, second: Trellis, random: Random): Trellis
}

export function fabricMoves(bounds: FabricBounds): FabricMoves {
  return bounds.onlyPaths ? pathMoves(bounds) : partMoves(bounds)
}

/** A layer, from 0 on, and a scale of it. */
interface PlacedScale {
  readonly layer: number
  readonly scale: number
}

/** A path moves in one layer to another scale. */
function pathMoves({ layers, scales }: FabricBounds): FabricMoves {
  /** Each layer with each scale that it can be at instead, in order. */
  const changes = (walk: readonly number[]): readonly PlacedScale[] => {
    const found: PlacedScale[] = []
    for (let layer = 0; layer < layers; layer++) {
      // The layers at the ends have one beside them.
      const before = walk[layer - 1] ?? walk[layer + 1] ?? 1
      const after = walk[layer + 1] ?? before
      const highest = Math.min(scales, before + 1, after + 1)
      for (let scale = Math.max(1, before - 1, after - 1); scale <= highest; scale++) {
        if (scale !== walk[layer]) found.push({ layer, scale })
      }
    }
    return found
  }
  const changed = (walk: readonly number[], { layer, scale }: PlacedScale) =>
    pathOf(walk.with(layer, scale))
  return {
    mutate(trellis, random) {
      const walk = walkOf(trellis)
      return changed(walk, random.pick(changes(walk)))
    },
    neighbours(trellis) {
      const walk = walkOf(trellis)
      return changes(walk).map((change) => changed(walk, change))
    },
    crossover(first, second, random) {
      const [start, end] = random.bernoulli(0.5) ? [first, second] : [second, first]
      const [head, tail] = [walkOf(start), walkOf(end)]
      const cuts = Array.from({ length: layers - 1 }, (_, index) => index + 1).filter(
        (cut) => Math.abs((head[cut - 1] ?? 0) - (tail[cut] ?? 0)) <= 1,
      )
      if (cuts.length === 0) return start
      const cut = random.pick(cuts)
      return pathOf([...head.slice(0, cut), ...tail.slice(cut)])
    },
  }
}

/** A step between two layers, by the position of the first. */
interface PlacedStep {
  readonly gap: number
  readonly step: Step
}

/**
 * One step, or two that meet in a node, come or go. Changes of a step alone would not reach every
 * part, since a node needs a step in and a step out.
 */
function partMoves({ layers, scales }: FabricBounds): FabricMoves {
  const steps = stepsBetweenLayers(scales)
  const single = Array.from({ length: layers - 1 }, (_, gap) =>
    steps.map((step): PlacedStep => ({ gap, step })),
  )
  const moves: readonly (readonly PlacedStep[])[] = single.flatMap((placed, gap) => [
    ...placed.map((item) => [item]),
    ...placed.flatMap((item) =>
      (single[gap + 1] ?? [])
        .filter(({ step: [from] }) => from === item.step[1])
        .map((next) => [item, next]),
    ),
  ])
  return {
    mutate(trellis, random) {
      for (;;) {
        const child = toggled(trellis, random.pick(moves))
        if (isAlive(child)) return child
      }
    },
    *neighbours(trellis) {
      for (const move of moves) {
        const neighbour = toggled(trellis, move)
        if (isAlive(neighbour)) yield neighbour
      }
    },
    crossover(first, second, random) {
      const child = withoutDeadSteps(
        first.map((_, gap) => {
          const [one = [], two = []] = [first[gap], second[gap]].map((item) =>
            item?.map(formatStep),
          )
          return steps.filter((step) => {
            const text = formatStep(step)
            const [inOne, inTwo] = [one.includes(text), two.includes(text)]
            return inOne === inTwo ? inOne : random.bernoulli(0.5)
          })
        }),
      )
      if (isAlive(child)) return child
      return random.bernoulli(0.5) ? first : second
    },
  }
}

function toggled(trellis: Trellis, move: readonly PlacedStep[]): Trellis {
  return move.reduce<Trellis>((result, { gap, step }) => {
    const steps = result[gap] ?? []
    const text = formatStep(step)
    const others = steps.filter((other) => formatStep(other) !== text)
    const next = others.length < steps.length ? others : [...steps, step].sort(compareSteps)
    return result.with(gap, next)
  }, trellis)
}
