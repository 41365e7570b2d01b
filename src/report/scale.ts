/** Scales of charts: data to pixels, with ticks at round numbers. */

type Interval = readonly [low: number, high: number]

export interface Scale {
  readonly domain: Interval
  readonly range: Interval
  readonly ticks: readonly number[]
  /** Pixel of a value, inside the range for values outside the domain too. */
  at(value: number): number
}

/** A linear scale whose domain is widened to whole steps of 1, 2 or 5 times a power of ten. */
export function linearScale(domain: Interval, range: Interval, tickCount = 6): Scale {
  const [low, high] = spread(domain)
  return scaleBySteps([low, high], range, roundStep((high - low) / tickCount))
}

/** A linear scale over the domain as it is, ticks at the round numbers inside. */
export function exactScale(domain: Interval, range: Interval, step: number): Scale {
  const [low, high] = spread(domain)
  const ticks = multiples(Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9), step)
  return { domain: [low, high], range, ticks, at: (value) => place(value, [low, high], range) }
}

/** Steps for seconds: 1, 2, 5, 10, 15, 30 of a second, a minute, an hour, a day. */
const timeSteps = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000,
]

/** Seconds from 0 on; the domain is kept as it is, so that a curve can end where the run ended. */
export function timeScale(endSeconds: number, range: Interval, tickCount = 6): Scale {
  const end = endSeconds > 0 ? endSeconds : 1
  const step =
    timeSteps.find((candidate) => end / candidate <= tickCount) ?? roundStep(end / tickCount)
  return exactScale([0, end], range, step)
}

/** The word for a tick of a time scale: `30 s`, `5 min`, `2 h`, `1 d`. */
export function timeTick(seconds: number, scale: Scale): string {
  const step = (scale.ticks[1] ?? scale.domain[1]) - (scale.ticks[0] ?? 0)
  const units = [
    { size: 86_400, name: 'd' },
    { size: 3600, name: 'h' },
    { size: 60, name: 'min' },
  ]
  const unit = units.find(({ size }) => step >= size) ?? { size: 1, name: 's' }
  return `${Number((seconds / unit.size).toFixed(2))} ${unit.name}`
}

/** A base-ten logarithmic scale over positive values; ticks at 1, 2 and 5 times powers of ten. */
export function logScale(domain: Interval, range: Interval): Scale {
  const low = Math.log10(domain[0])
  const high = Math.log10(domain[1])
  const padding = Math.max(0.02, 0.05 * (high - low))
  const logs: Interval = [low - padding, high + padding]
  const factors = high - low > 2.5 ? [1] : high - low > 1.2 ? [1, 3] : [1, 2, 3, 5, 7]
  const powers = multiples(Math.floor(logs[0]), Math.ceil(logs[1]), 1)
  const ticks = powers
    .flatMap((power) => factors.map((factor) => factor * 10 ** power))
    .filter((tick) => Math.log10(tick) >= logs[0] && Math.log10(tick) <= logs[1])
  return {
    domain: [10 ** logs[0], 10 ** logs[1]],
    range,
    ticks,
    at: (value) => place(Math.log10(Math.max(value, Number.MIN_VALUE)), logs, range),
  }
}

/**
 * A base-ten logarithmic scale over the domain as it is, for curves that begin and end at its ends.
 *
 * @param domain - positive
 */
export function exactLogScale(domain: Interval, range: Interval): Scale {
  const logs = spread([Math.log10(domain[0]), Math.log10(domain[1])])
  const decades = logs[1] - logs[0]
  const factors = decades > 4 ? [1] : decades > 1.4 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7]
  const ticks = multiples(Math.floor(logs[0]), Math.ceil(logs[1]), 1)
    .flatMap((power) => factors.map((factor) => Number((factor * 10 ** power).toPrecision(6))))
    .filter((tick) => Math.log10(tick) >= logs[0] - 1e-9 && Math.log10(tick) <= logs[1] + 1e-9)
  return {
    domain: [10 ** logs[0], 10 ** logs[1]],
    range,
    ticks,
    at: (value) => place(Math.log10(Math.max(value, Number.MIN_VALUE)), logs, range),
  }
}

/** The step of 1, 2 or 5 times a power of ten that is nearest above an amount. */
export function roundStep(amount: number): number {
  const power = 10 ** Math.floor(Math.log10(amount))
  const factor = [1, 2, 5].find((candidate) => candidate * power >= amount * (1 - 1e-9)) ?? 10
  return factor * power
}

function scaleBySteps([low, high]: Interval, range: Interval, step: number): Scale {
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  const domain: Interval = [first * step, last * step]
  return {
    domain,
    range,
    ticks: multiples(first, last, step),
    at: (value) => place(value, domain, range),
  }
}

/** Multiples of a step, without the errors that repeated addition would gather. */
function multiples(first: number, last: number, step: number): number[] {
  const digits = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(step))))
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toFixed(digits)),
  )
}

/** An interval that is not a single point. */
function spread([low, high]: Interval): Interval {
  if (high > low) return [low, high]
  const margin = low === 0 ? 1 : Math.abs(low) * 0.05
  return [low - margin, low + margin]
}

function place(value: number, [low, high]: Interval, [start, end]: Interval): number {
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)))
  return start + share * (end - start)
}
