/** The vertical axis of charts of accuracy: percent, and not squeezed by a few hopeless trials. */
import { quantile } from '#src/stats/quantile.ts'
import { type Axis, plot } from './chart.ts'
import { exactScale, roundStep } from './scale.ts'

/**
 * An axis over accuracies, given as shares, shown as percent.
 *
 * @remarks
 * Its lower end is Tukey’s outer fence (3 interquartile ranges below the lower quartile) where
 * values lie below that: charts mark those at the edge instead of drawing every other one as one
 * line at the top.
 * @see Tukey 1977, "Exploratory Data Analysis", section 2D.
 */
export function accuracyAxis(accuracies: readonly number[], title: string): Axis {
  return axisOver(fenced(accuracies), title)
}

/** An axis over all accuracies, for curves: one that began low must be seen to. */
export function wholeAccuracyAxis(accuracies: readonly number[], title: string): Axis {
  return axisOver(rangeOf(accuracies), title)
}

function axisOver([low, high]: readonly [number, number], title: string): Axis {
  const padding = Math.max(0.002, 0.05 * (high - low))
  const bounds = [100 * (low - padding), 100 * (high + padding)] as const
  const step = roundStep((bounds[1] - bounds[0]) / 6)
  const scale = exactScale(bounds, [plot.bottom, plot.top], step)
  return { scale, title: `${title} (%)`, format: (tick) => String(Number(tick.toFixed(3))) }
}

/** Whether a share lies below the axis's lower end. */
export function isBelow(axis: Axis, accuracy: number): boolean {
  return 100 * accuracy < axis.scale.domain[0] - 1e-9
}

/** The height of an accuracy. */
export function heightOf(axis: Axis, accuracy: number): number {
  return axis.scale.at(100 * accuracy)
}

function fenced(accuracies: readonly number[]): readonly [number, number] {
  const [low, high] = rangeOf(accuracies)
  if (accuracies.length === 0) return [low, high]
  const lower = quantile(accuracies, 0.25)
  const spread = quantile(accuracies, 0.75) - lower
  return [spread > 0 ? Math.max(low, lower - 3 * spread) : low, high]
}

function rangeOf(accuracies: readonly number[]): readonly [number, number] {
  if (accuracies.length === 0) return [0, 1]
  return [
    accuracies.reduce((least, accuracy) => Math.min(least, accuracy), 1),
    accuracies.reduce((most, accuracy) => Math.max(most, accuracy), 0),
  ]
}
