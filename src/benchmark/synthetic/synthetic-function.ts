/**
 * The interface of a test function: a formula with a known optimum in place of a benchmark.
 * `catalog.ts` names those that exist.
 */
import { ArchloomError } from '#src/errors.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import type { Random } from '#src/random/random.ts'

/** How much of a full evaluation is done. */
export interface Effort {
  readonly epochs: number
  /** Of the epochs of a full evaluation, above 0 to 1. */
  readonly share: number
}

export interface SyntheticFunction {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** Paper and section, or code. */
  readonly source: string
  /** Epochs of a full evaluation, as the source has them; 1 where it has no cheaper ones. */
  readonly fullEpochs: number
  /** Why it is not defined on a parameter space, as the end of a sentence; null when it is. */
  misfit(space: ParameterSpace): string | null
  /** Values that it takes over the space, exact: it is minimized. */
  range(space: ParameterSpace): { readonly least: number; readonly greatest: number }
  /** Exact, from a full evaluation without noise. */
  value(configuration: Configuration): number
  /** What an evaluation of some effort sees; noise of the function's own is drawn from `random`. */
  observe(configuration: Configuration, effort: Effort, random: Random): number
  /** Cost of an evaluation, as a share of a full one. */
  cost(share: number): number
}

/** A float parameter that a function needs. */
export interface NeededFloat {
  readonly name: string
  readonly lower: number
  readonly upper: number
}

/** Exactly these parameters, and no conditions: another range would have another optimum. */
export function floatsMisfit(
  { parameters, conditions, forbidden }: ParameterSpace,
  needed: readonly NeededFloat[],
): string | null {
  const has = (wanted: NeededFloat) =>
    parameters.some(
      (parameter) =>
        parameter.kind === 'float' &&
        parameter.name === wanted.name &&
        parameter.lower === wanted.lower &&
        parameter.upper === wanted.upper,
    )
  const isFree = conditions.length === 0 && forbidden.length === 0
  if (isFree && parameters.length === needed.length && needed.every(has)) return null
  const words = needed.map(({ name, lower, upper }) => `${name} from ${lower} to ${upper}`)
  return `needs exactly the floats ${words.join(', ')}, without conditions`
}

/** @throws internal/invariant: `misfit` had to be asked first */
export function numberOf(configuration: Configuration, name: string): number {
  const value = configuration[name]
  if (typeof value === 'number') return value
  throw new ArchloomError('internal/invariant', `The configuration has no number ${name}`)
}
