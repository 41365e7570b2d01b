/**
 * Parts of a fabric. A node is a layer and a scale; steps lead from each layer to the next, at most
 * one scale up or down. In the first layer every scale is made from the finer one before it, in the
 * last layer every scale leads to the coarser one after it: those edges follow from the steps.
 *
 * Layers and scales count from 1, as in the paper; scale 1 is the finest.
 */
import { ArchloomError } from '#src/errors.ts'
import type { FabricBounds } from './settings.ts'

/** From a scale of one layer to a scale of the next. */
export type Step = readonly [from: number, to: number]

/**
 * The steps between each two layers, in order of their scales; every one lies on a way from the
 * first layer to the last.
 */
export type Trellis = readonly (readonly Step[])[]

export interface TrellisProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

/** Every step between two layers, in order. */
export function stepsBetweenLayers(scales: number): readonly Step[] {
  return Array.from({ length: scales }, (_, index) => index + 1).flatMap((from) =>
    [from - 1, from, from + 1]
      .filter((to) => to >= 1 && to <= scales)
      .map((to): Step => [from, to]),
  )
}

/** Positions of a walk along one path: its scale in each layer. */
export function walkOf(trellis: Trellis): readonly number[] {
  const starts = trellis.map(([step]) => step?.[0] ?? 1)
  return [...starts, trellis.at(-1)?.[0]?.[1] ?? 1]
}

/** The path of a walk: one step between each two layers. */
export function pathOf(walk: readonly number[]): Trellis {
  return walk.slice(1).map((to, index) => [[walk[index] ?? to, to]])
}

/** What is left when every step that lies on no way through is taken out; perhaps nothing. */
export function withoutDeadSteps(trellis: Trellis): Trellis {
  const live: Step[][] = []
  for (const steps of reachedSteps(trellis).toReversed()) {
    const leading = live[0]?.map(([from]) => from)
    live.unshift(steps.filter(([, to]) => leading === undefined || leading.includes(to)))
  }
  return live
}

/** The steps that a way from the first layer leads to. */
function reachedSteps(trellis: Trellis): Trellis {
  const reached: Step[][] = []
  for (const [gap, steps] of trellis.entries()) {
    const scales = reached[gap - 1]?.map(([, to]) => to)
    reached.push(steps.filter(([from]) => scales === undefined || scales.includes(from)))
  }
  return reached
}

/** Whether every step lies on a way through, and there is one. */
export function isAlive(trellis: Trellis): boolean {
  let reached: number | null = null
  for (const steps of trellis) {
    let [left, entered] = [0, 0]
    for (const [from, to] of steps) {
      left |= 1 << from
      entered |= 1 << to
    }
    // All ways go on from the scales where they arrive, and from no others.
    if (left === 0 || (reached !== null && left !== reached)) return false
    reached = entered
  }
  return true
}

/** What is wrong with a trellis, each with its place. */
export function trellisProblems(
  trellis: Trellis,
  { layers, scales, onlyPaths }: FabricBounds,
): readonly TrellisProblem[] {
  if (!Array.isArray(trellis) || trellis.length !== layers - 1) {
    const found = Array.isArray(trellis) ? String(trellis.length) : JSON.stringify(trellis)
    const expected = `steps at ${layers - 1} places, one between each two of ${layers} layers`
    return [{ place: 'the length', expected, found }]
  }
  const shape = trellis.flatMap((steps, gap) => gapProblems(steps, gap, scales))
  if (shape.length > 0) return shape
  if (isAlive(trellis) && !(onlyPaths && trellis.some(({ length }) => length > 1))) return []
  // Where a way breaks off, all of it is dead; the break itself is what a person looks for.
  const reached = reachedSteps(trellis)
  const isBroken = trellis.some((steps, gap) => steps.length !== reached[gap]?.length)
  const live = isBroken ? reached : withoutDeadSteps(trellis)
  return trellis.flatMap((steps, gap) => {
    const dead = steps.find((step: Step) => !(live[gap] ?? []).includes(step))
    if (dead) {
      const expected = 'each step on a way from the first layer to the last'
      return [{ place: gapPlace(gap), expected, found: formatStep(dead) }]
    }
    if (!onlyPaths || steps.length === 1) return []
    return [{ place: gapPlace(gap), expected: 'one step', found: formatGap(steps) }]
  })
}

function gapProblems(
  steps: readonly Step[],
  gap: number,
  scales: number,
): readonly TrellisProblem[] {
  const place = gapPlace(gap)
  if (!Array.isArray(steps) || steps.length === 0) {
    return [{ place, expected: 'at least one step', found: JSON.stringify(steps) }]
  }
  const wrong = steps.find((step) => !isStep(step, scales))
  if (wrong !== undefined) {
    const expected = `steps between scales 1 to ${scales}, at most one up or down, such as 1>2`
    return [{ place, expected, found: formatStep(wrong) }]
  }
  if (isInOrder(steps)) return []
  return [{ place, expected: 'steps in order, each once', found: formatGap(steps) }]
}

function isStep([from, to]: Step, scales: number): boolean {
  const isScale = (scale: number) => Number.isInteger(scale) && scale >= 1 && scale <= scales
  return isScale(from) && isScale(to) && Math.abs(to - from) <= 1
}

function isInOrder(steps: readonly Step[]): boolean {
  for (let index = 1; index < steps.length; index++) {
    if (compareSteps(steps[index - 1] as Step, steps[index] as Step) >= 0) return false
  }
  return true
}

/** Negative where the first comes first, 0 for the same step. */
export function compareSteps(one: Step, two: Step): number {
  return one[0] - two[0] || one[1] - two[1]
}

/** `1>1|1>2,1>1|…`: the steps between each two layers. */
export function formatTrellis(trellis: Trellis): string {
  return trellis.map(formatGap).join('|')
}

/**
 * Reads the text form.
 * @throws space/invalid-architecture naming the layers and what was expected
 */
export function parseTrellis(text: string, bounds: FabricBounds): Trellis {
  const trellis = text.split('|').map((part, gap) =>
    part.split(',').map((step): Step => {
      const [from, to] = [digitAt(step, 0), digitAt(step, 2)]
      if (step.length === 3 && step[1] === '>' && from > 0 && to > 0) return [from, to]
      const expected = 'steps from scale to scale such as 1>1,1>2'
      return refuse({ place: gapPlace(gap), expected, found: JSON.stringify(step) })
    }),
  )
  const [problem] = trellisProblems(trellis, bounds)
  if (problem !== undefined) refuse(problem)
  return trellis
}

/** Not above 0 for anything but 1 to 9. */
function digitAt(text: string, position: number): number {
  const digit = text.charCodeAt(position) - 48
  return digit <= 9 ? digit : -1
}

function formatGap(steps: readonly Step[]): string {
  return steps.map(formatStep).join(',')
}

export function formatStep([from, to]: Step): string {
  return `${from}>${to}`
}

/** Between which layers, counted from 1. */
function gapPlace(gap: number): string {
  return `layers ${gap + 1} to ${gap + 2}`
}

function refuse({ place, expected, found }: TrellisProblem): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The fabric architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'fabric', place, expected, found } },
  )
}
