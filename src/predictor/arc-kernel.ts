/**
 * A kernel on conditional parameters: each stands on an arc of a circle while it is active, and in
 * the circle's center while it is not.
 *
 * @see Swersky et al. 2013, "Raiders of the Lost Architecture: Kernels for Bayesian Optimization in
 *   Conditional Parameter Spaces", section 3.
 */

/** `numeric`: values from 0 to 1. `categorical`: the positions of choices, 0, 1, … */
export type ArcDimension = 'numeric' | 'categorical'

export const arcBases = ['matern-5/2', 'squared-exponential'] as const
/** The correlation that a distance stands for. */
export type ArcBase = (typeof arcBases)[number]

/** What stands for the value of an inactive parameter; any other negative number does, too. */
export const inactiveValue = -1

export interface ArcShape {
  /** Distance of an inactive parameter from its active values: omega, positive. */
  readonly radius: number
  /** Share of the half circle that the range takes: rho, 0 to 1. */
  readonly angle: number
}

/**
 * A value as a point: distances between points are those of `arcDistance`. Of a number two
 * coordinates, of a choice one for each choice.
 *
 * @remarks
 * The source has numbers only. A choice is one-hot, scaled so that two choices are as far apart as
 * the radius, and zero while inactive.
 * @param choiceCount - of a categorical dimension
 */
export function arcEmbedding(
  dimension: ArcDimension,
  value: number,
  { radius, angle }: ArcShape,
  choiceCount = 0,
): readonly number[] {
  if (dimension === 'categorical') {
    const entry = radius / Math.SQRT2
    return Array.from({ length: choiceCount }, (_, choice) => (choice === value ? entry : 0))
  }
  if (value < 0) return [0, 0]
  const turn = Math.PI * angle * value
  return [radius * Math.sin(turn), radius * Math.cos(turn)]
}

/** How far apart two values of one dimension are; whatever stands for inactive makes no difference. */
export function arcDistance(
  dimension: ArcDimension,
  x: number,
  y: number,
  { radius, angle }: ArcShape,
): number {
  const isActive = x >= 0
  if (isActive !== y >= 0) return dimension === 'numeric' ? radius : radius / Math.SQRT2
  if (!isActive || x === y) return 0
  if (dimension === 'categorical') return radius
  // The chord, free of the cancellation in the root of 2 - 2 cos.
  return 2 * radius * Math.abs(Math.sin((Math.PI * angle * (x - y)) / 2))
}

/** Logarithm of the correlation of two values at a distance; 0 at 0. */
export function logCorrelation(base: ArcBase, distance: number): number {
  if (base === 'squared-exponential') return -0.5 * distance * distance
  const scaled = Math.sqrt(5) * distance
  return Math.log1p(scaled + (scaled * scaled) / 3) - scaled
}
