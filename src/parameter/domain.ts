/** What one parameter may be, whatever the others are. */
import { unreachable } from '#src/errors.ts'
import type { Random } from '#src/random/random.ts'
import { floatScale, roundInScale } from './float-scale.ts'
import type { Parameter, ParameterValue } from './parameter.ts'

type Numeric = Extract<Parameter, { kind: 'integer' | 'float' }>
type Float = Extract<Parameter, { kind: 'float' }>
type Integer = Extract<Parameter, { kind: 'integer' }>

/** The values of a parameter that has a list of them, in its order; null for numbers. */
export function listedValues(parameter: Parameter): readonly ParameterValue[] | null {
  switch (parameter.kind) {
    case 'categorical':
      return parameter.choices
    case 'ordinal':
      return parameter.sequence
    case 'constant':
      return [parameter.value]
    case 'integer':
    case 'float':
      return null
  }
}

/** How many values there are; null for a float. */
export function valueCount(parameter: Parameter): number | null {
  if (parameter.kind === 'float') return null
  if (parameter.kind === 'integer') return parameter.upper - parameter.lower + 1
  return listedValues(parameter)?.length ?? 0
}

export function defaultOf(parameter: Parameter): ParameterValue {
  return parameter.kind === 'constant' ? parameter.value : parameter.defaultValue
}

export function isInDomain(parameter: Parameter, value: ParameterValue): boolean {
  const listed = listedValues(parameter)
  if (listed) return listed.includes(value)
  if (typeof value !== 'number' || (parameter.kind === 'integer' && !Number.isInteger(value))) {
    return false
  }
  const { lower, upper } = parameter as Numeric
  return value >= lower && value <= upper
}

/** The domain in words that follow "expected". */
export function domainWords(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'constant':
      return JSON.stringify(parameter.value)
    case 'integer':
      return `an integer from ${parameter.lower} to ${parameter.upper}`
    case 'float':
      return `a number from ${parameter.lower} to ${parameter.upper}`
    case 'categorical':
    case 'ordinal':
      return `one of ${listedWords(listedValues(parameter) ?? [])}`
    default:
      return unreachable(parameter)
  }
}

/** Place in the domain's order, for comparisons; null where there is none. */
export function orderOf(parameter: Parameter, value: ParameterValue): number | null {
  if (parameter.kind === 'ordinal') return parameter.sequence.indexOf(value)
  if (parameter.kind === 'integer' || parameter.kind === 'float') {
    return typeof value === 'number' ? value : null
  }
  return null
}

/**
 * A draw from the parameter's own distribution: weights, or uniform on its scale. An integer on a
 * logarithmic scale is the rounding of a number from half below `lower` to half above `upper`.
 */
export function sampleValue(parameter: Parameter, random: Random): ParameterValue {
  switch (parameter.kind) {
    case 'categorical':
      return parameter.weights
        ? pickWeighted(parameter.choices, parameter.weights, random)
        : random.pick(parameter.choices)
    case 'ordinal':
      return random.pick(parameter.sequence)
    case 'constant':
      return parameter.value
    case 'integer':
      return sampleInteger(parameter, random)
    case 'float':
      return floatAt(parameter, random.uniform())
  }
}

/**
 * The values that `sampleValue` draws, each with its probability: of a parameter that is no
 * float and has few enough values to list.
 */
export function valueProbabilities(
  parameter: Exclude<Parameter, Float>,
): readonly (readonly [value: ParameterValue, probability: number])[] {
  if (parameter.kind === 'integer') return integerProbabilities(parameter)
  const values = listedValues(parameter) ?? []
  const weights = (parameter.kind === 'categorical' && parameter.weights) || values.map(() => 1)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return values.map((value, index) => [value, (weights[index] ?? 0) / total] as const)
}

/**
 * The value at a share of a number's range, on its scale; the inverse of `shareOf`.
 *
 * @param share - 0 for `lower`, 1 for `upper`
 */
export function valueAt(parameter: Numeric, share: number): number {
  return parameter.kind === 'float' ? floatAt(parameter, share) : integerAt(parameter, share)
}

/** Where a number stands in its range, on its scale: 0 for `lower`, 1 for `upper`. */
export function shareOf({ lower, upper, log }: Numeric, value: number): number {
  if (!log) return (value - lower) / (upper - lower)
  return Math.log(value / lower) / Math.log(upper / lower)
}

/**
 * A float as it is drawn and decoded: 10 significant digits on a logarithmic scale, the decimals
 * that give the range 10 digits on a linear one; `lower` and `upper` stay as they are.
 *
 * @remarks
 * So a value has a short text, two ways to reckon it give the same double, and encoding it as a
 * share and back is exact.
 */
export function roundFloat(parameter: Float, value: number): number {
  const { lower, upper } = parameter
  const scale = floatScale(parameter)
  const rounded = roundInScale(value, scale.decimals)
  if (rounded >= upper || rounded === scale.roundedUpper) return upper
  if (rounded <= lower || rounded === scale.roundedLower) return lower
  return rounded
}

/** The grid that a parameter was last asked for. */
const grids = new WeakMap<
  Numeric,
  { readonly size: number; readonly values: readonly ParameterValue[] }
>()

/**
 * At most `size` values, evenly over the scale of a number and both ends among them; all values of
 * a parameter that lists them.
 */
export function gridValues(parameter: Parameter, size: number): readonly ParameterValue[] {
  const listed = listedValues(parameter)
  if (listed) return listed
  const numeric = parameter as Numeric
  const known = grids.get(numeric)
  if (known?.size === size) return known.values
  const values = numberGrid(numeric, size)
  grids.set(numeric, { size, values })
  return values
}

function numberGrid(parameter: Numeric, size: number): readonly ParameterValue[] {
  const count = valueCount(parameter)
  if (count !== null && count <= size) {
    return Array.from({ length: count }, (_, index) => parameter.lower + index)
  }
  const points = Array.from({ length: size }, (_, index) => valueAt(parameter, index / (size - 1)))
  return [...new Set(points)]
}

function listedWords(listed: readonly ParameterValue[]): string {
  const shown = listed.slice(0, 12).map((value) => JSON.stringify(value))
  const rest = listed.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

function pickWeighted(
  choices: readonly ParameterValue[],
  weights: readonly number[],
  random: Random,
): ParameterValue {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let rest = random.uniform() * total
  const index = weights.findIndex((weight) => {
    rest -= weight
    return rest < 0
  })
  // Rounding can leave a rest that no weight takes: it belongs to the last.
  return choices.at(index) ?? random.pick(choices)
}

function sampleInteger({ lower, upper, log }: Integer, random: Random): number {
  if (log) {
    const [from, to] = [lower - 0.5, upper + 0.5]
    const drawn = Math.round(from * (to / from) ** random.uniform())
    return Math.min(Math.max(drawn, lower), upper)
  }
  const count = upper - lower + 1
  // Random.int draws below 2^32 without bias; beyond it the bias of 53 bits is below 2^-21.
  return lower + (count <= 2 ** 32 ? random.int(count) : Math.floor(random.uniform() * count))
}

/** On a logarithmic scale a value has the share of what rounds to it. */
function integerProbabilities({
  lower,
  upper,
  log,
}: Integer): readonly (readonly [number, number])[] {
  const count = upper - lower + 1
  const whole = Math.log((upper + 0.5) / (lower - 0.5))
  return Array.from({ length: count }, (_, index) => {
    const value = lower + index
    const share = log ? Math.log((value + 0.5) / (value - 0.5)) / whole : 1 / count
    return [value, share] as const
  })
}

function integerAt({ lower, upper, log }: Integer, share: number): number {
  const value = log ? lower * (upper / lower) ** share : lower + (upper - lower) * share
  return Math.min(Math.max(Math.round(value), lower), upper)
}

function floatAt(parameter: Float, share: number): number {
  const { lower, upper, log } = parameter
  if (share <= 0) return lower
  if (share >= 1) return upper
  return roundFloat(
    parameter,
    log ? lower * (upper / lower) ** share : lower + (upper - lower) * share,
  )
}
