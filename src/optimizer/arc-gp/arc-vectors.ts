import { invariant } from '#src/errors.ts'
import { listedValues, shareOf } from '#src/parameter/domain.ts'
import { readValue } from '#src/parameter/model.ts'
import type { Parameter, ParameterValue } from '#src/parameter/parameter.ts'
import { vectorParameters } from '#src/parameter/unit-vector.ts'
import { type ArcDimension, inactiveValue } from '#src/predictor/arc-kernel.ts'
import type { ParameterEncoding } from '#src/space/space.ts'

export interface ArcVectors {
  readonly dimensions: readonly ArcDimension[]
  /** One number a dimension. */
  vectorOf(architecture: unknown): Float64Array
}

/**
 * Architectures as the kernel takes them: choices without an order by position, all else as its share
 * of the range.
 */
export function arcVectors({ space, encode }: ParameterEncoding<unknown>): ArcVectors {
  const parameters = vectorParameters(space)
  return {
    dimensions: parameters.map(({ kind }) => (kind === 'categorical' ? 'categorical' : 'numeric')),
    vectorOf(architecture) {
      const configuration = encode(architecture)
      return Float64Array.from(parameters, (parameter) => {
        const value = readValue(configuration, parameter.name)
        return value === undefined ? inactiveValue : entryOf(parameter, value)
      })
    },
  }
}

function entryOf(parameter: Parameter, value: ParameterValue): number {
  if (parameter.kind === 'integer' || parameter.kind === 'float') {
    return shareOf(parameter, Number(value))
  }
  const listed = listedValues(parameter) ?? []
  const place = listed.indexOf(value)
  invariant(place >= 0, `The value ${value} of ${parameter.name} is not in its domain`)
  return parameter.kind === 'ordinal' ? place / Math.max(1, listed.length - 1) : place
}
