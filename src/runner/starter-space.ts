/** A search space to begin with, guessed from a signature where none is declared. Pure. */
import type { InspectedFunction, NamedHint } from '#src/environment/inspection.ts'
import { categorical, float, integer } from '#src/parameter/define.ts'
import type { Parameter, ParameterValue } from '#src/parameter/parameter.ts'
import { workerArguments } from './function-arguments.ts'

export interface GuessedParameter {
  readonly parameter: Parameter
  /** What it was guessed from; said beside it, since a person has to look at it. */
  readonly reason: string
}

export interface StarterSpace {
  readonly guesses: readonly GuessedParameter[]
  /** What must be given and cannot be searched, such as the path of a data set. */
  readonly missing: readonly string[]
  /** What stays at the default that the function has for it. */
  readonly kept: readonly NamedHint[]
  /** The parameter that says how long to train, which the trial's epochs go to; null for none. */
  readonly epochs: NamedHint | null
  /** The parameter that is a seed by another name than the worker's; null for none. */
  readonly seed: string | null
}

const epochNames = /^(n_|num_|max_)?epochs?(_count)?$|^(epochs?Count|(num|max)Epochs)$/
const seedNames = /^(random_state|random_seed|rng_seed|randomState|randomSeed)$/

/**
 * @param decided - names that a space decides already, so that nothing is to be guessed; null for none
 */
export function starterSpace(
  found: InspectedFunction,
  decided: readonly string[] | null = null,
): StarterSpace {
  const taken = takenParameters(found).filter(({ name }) => !decided?.includes(name))
  const epochs = taken.find(({ name }) => epochNames.test(name)) ?? null
  const seed = taken.find(({ name }) => seedNames.test(name))?.name ?? null
  const others = taken.filter(({ name }) => name !== epochs?.name && name !== seed)
  const guess = decided === null ? guessOf : () => null
  const guessed = others.map((parameter) => ({ parameter, guess: guess(parameter) }))
  const without = guessed.filter((one) => one.guess === null).map(({ parameter }) => parameter)
  return {
    guesses: guessed.flatMap((one) => (one.guess === null ? [] : [one.guess])),
    missing: without.filter((parameter) => parameter.default === null).map(({ name }) => name),
    kept: without.filter((parameter) => parameter.default !== null),
    epochs,
    seed,
  }
}

/**
 * What the function takes out of the input: its own parameters, and what its `configuration` has by
 * type hint or, where that says nothing, by what the source reads out of it.
 */
function takenParameters({ parameters, configurationKeys }: InspectedFunction) {
  const named = (parameters ?? []).filter(
    ({ name, kind }) =>
      (kind === 'positional-or-keyword' || kind === 'keyword-only') &&
      !Object.hasOwn(workerArguments, name),
  )
  const configuration = parameters?.find(({ name }) => name === 'configuration')
  if (configuration === undefined) return named
  const { hint } = configuration
  const fields = hint?.kind === 'fields' ? hint.fields : configurationKeys
  const names = new Set(named.map(({ name }) => name))
  return [...named, ...fields.filter(({ name }) => !names.has(name))]
}

/** Null where nothing can be searched by what is known. */
function guessOf(named: NamedHint): GuessedParameter | null {
  const { hint } = named
  const value = named.default?.value ?? null
  if (hint?.kind === 'choices' || hint?.kind === 'enum') return choiceOf(named, hint.values)
  if (hint?.kind === 'bool' || typeof value === 'boolean') return truthValueOf(named)
  if (typeof value === 'number') return rangeAround(named, value)
  // A default of None is a way of its own; a range would take it away.
  return named.default === null ? anyRange(named) : null
}

function choiceOf(
  { name, default: given }: NamedHint,
  values: readonly ParameterValue[],
): GuessedParameter | null {
  const choices = [...new Set(values)]
  if (choices.length < 2) return null
  const value = given?.value ?? null
  const options = value !== null && choices.includes(value) ? { defaultValue: value } : {}
  return { parameter: categorical(name, choices, options), reason: 'the choices of its type' }
}

function truthValueOf({ name, default: given }: NamedHint): GuessedParameter {
  const defaultValue = given?.value === true
  return { parameter: categorical(name, [false, true], { defaultValue }), reason: 'a truth value' }
}

function rangeAround({ name, hint, default: given }: NamedHint, value: number): GuessedParameter {
  // Python writes a float with a point or an exponent.
  const isFloat = hint?.kind === 'float' || (hint?.kind !== 'int' && /[.e]/.test(given?.text ?? ''))
  const parameter = isFloat ? floatAround(name, value) : integerAround(name, value)
  return { parameter, reason: `a guess around its default ${given?.text}` }
}

function anyRange({ name, hint }: NamedHint): GuessedParameter | null {
  const reason = 'a mere guess: it has no default'
  if (hint?.kind === 'int') return { parameter: integer(name, 1, 10), reason }
  return hint?.kind === 'float' ? { parameter: float(name, 0, 1), reason } : null
}

/** From a quarter of the default to four times as much; logarithmic from 4 on. */
function integerAround(name: string, defaultValue: number): Parameter {
  if (defaultValue < 0) return integer(name, 4 * defaultValue, 0, { defaultValue })
  if (defaultValue === 0) return integer(name, 0, 4, { defaultValue })
  const lower = Math.max(1, Math.floor(defaultValue / 4))
  const upper = Math.min(4 * defaultValue, Number.MAX_SAFE_INTEGER)
  return integer(name, lower, upper, { log: defaultValue >= 4, defaultValue })
}

/** Shares stay shares; anything else varies by a factor of ten either way. */
function floatAround(name: string, defaultValue: number): Parameter {
  if (defaultValue < 0) return float(name, round(2 * defaultValue), 0, { defaultValue })
  const isShare = defaultValue === 0 || (defaultValue > 0.1 && defaultValue < 1)
  if (isShare) return float(name, 0, 1, { defaultValue })
  const [lower, upper] = [round(defaultValue / 10), round(defaultValue * 10)]
  return float(name, lower, upper, { log: true, defaultValue })
}

/** Takes off what binary fractions add to a decimal. */
function round(value: number): number {
  return Number(value.toPrecision(10))
}
