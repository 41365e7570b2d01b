/**
 * Configurations that turned out to be no architectures, as one short text: the optimizer's state.
 * They cost no trial, so no history holds them, but the model has learned from them.
 */
import { ArchloomError } from '#src/errors.ts'
import { listedValues, valueCount } from '#src/parameter/domain.ts'
import { parameterModel, readValue } from '#src/parameter/model.ts'
import type {
  Configuration,
  Parameter,
  ParameterSpace,
  ParameterValue,
} from '#src/parameter/parameter.ts'

export interface Refused {
  /** Length of the history when it was refused. */
  readonly toldCount: number
  readonly configuration: Configuration
}

/** One digit of a code: the value's place, or after all places that there is none. */
interface Digit {
  readonly parameter: Parameter
  /** Places, and one more if the parameter can be inactive. */
  readonly base: bigint
}

/**
 * The text form of refusals: `toldCount:code;` for each. A code is one number in base 36, whose
 * digits in mixed radix are the places of the listed values and integers; floats follow it, each
 * after `~`.
 */
export function refusedCodec(space: ParameterSpace) {
  const { nodes } = parameterModel(space)
  const floats = nodes.filter(({ parameter }) => parameter.kind === 'float')
  const digits = nodes
    .filter(({ parameter }) => parameter.kind !== 'float')
    .map(({ parameter, tests }): Digit => {
      const places = BigInt(valueCount(parameter) ?? 0)
      return { parameter, base: tests.length > 0 ? places + 1n : places }
    })

  function encode(configuration: Configuration): string {
    const number = digits.reduceRight(
      (sofar, digit) => sofar * digit.base + placeOf(digit, configuration),
      0n,
    )
    const rest = floats.map(({ parameter }) => `~${readValue(configuration, parameter.name) ?? ''}`)
    return number.toString(36) + rest.join('')
  }

  function decode(code: string): Configuration {
    const [first = '', ...rest] = code.split('~')
    const entries: [string, ParameterValue][] = []
    let number = readBase36(first)
    for (const { parameter, base } of digits) {
      const value = valueAtPlace(parameter, Number(number % base))
      number /= base
      if (value !== undefined) entries.push([parameter.name, value])
    }
    for (const [index, { parameter }] of floats.entries()) {
      if (rest[index]) entries.push([parameter.name, Number(rest[index])])
    }
    return Object.fromEntries(entries)
  }

  return {
    /** The text with one more refusal. */
    append: (text: string, { toldCount, configuration }: Refused) =>
      `${text}${toldCount}:${encode(configuration)};`,
    /** Reads what such a text, or the end of one, holds, in the order of time. */
    read: (text: string): readonly Refused[] =>
      text.split(';').flatMap((entry) => {
        const [toldCount = '', code = ''] = entry.split(':')
        return entry === '' ? [] : [{ toldCount: Number(toldCount), configuration: decode(code) }]
      }),
  }
}

function placeOf({ parameter, base }: Digit, configuration: Configuration): bigint {
  const value = readValue(configuration, parameter.name)
  if (value === undefined) return base - 1n
  if (parameter.kind === 'integer') return BigInt(Number(value) - parameter.lower)
  return BigInt(listedValues(parameter)?.indexOf(value) ?? 0)
}

function valueAtPlace(parameter: Parameter, place: number): ParameterValue | undefined {
  if (parameter.kind !== 'integer') return listedValues(parameter)?.[place]
  const value = parameter.lower + place
  return value > parameter.upper ? undefined : value
}

function readBase36(digits: string): bigint {
  if (!/^[0-9a-z]+$/.test(digits)) {
    throw new ArchloomError(
      'internal/invariant',
      `A state of refused configurations holds ${JSON.stringify(digits)} where a number in base 36 is due`,
    )
  }
  return [...digits].reduce(
    (number, digit) => number * 36n + BigInt(Number.parseInt(digit, 36)),
    0n,
  )
}
