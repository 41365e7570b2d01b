/** Architectures as the numbers that the nets see. */
import { ArchloomError, invariant } from '#src/errors.ts'
import { listedValues, shareOf } from '#src/parameter/domain.ts'
import { parameterModel, readValue } from '#src/parameter/model.ts'
import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import type { FeatureEncoding, ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { BananasSettings } from './settings.ts'

export type FeatureEncoder = (architecture: unknown) => Float64Array

/**
 * @throws config/incompatible for an encoding that the space does not offer
 */
export function featureEncoder(
  space: SearchSpace,
  { encoding, truncation }: Pick<BananasSettings, 'encoding' | 'truncation'>,
): FeatureEncoder {
  const { path, adjacency, parameters } = space.encodings
  switch (encoding === 'auto' ? usualEncoding(space) : encoding) {
    case 'path':
      return truncated(path ?? refuse(space, 'path'), truncation)
    case 'adjacency':
      return truncated(adjacency ?? refuse(space, 'adjacency'), 'none')
    case 'parameters':
      return parameterFeatures(parameters ?? refuse(space, 'parameters'))
    case null:
      return refuse(space, 'path')
  }
}

/** The first of the encodings that a space offers; null where it offers none. */
function usualEncoding({ encodings }: SearchSpace): 'path' | 'adjacency' | 'parameters' | null {
  if (encodings.path) return 'path'
  if (encodings.adjacency) return 'adjacency'
  return encodings.parameters ? 'parameters' : null
}

/** Why a space cannot be searched, as `misfit` wants it. */
export function featureMisfit(space: SearchSpace): string | null {
  if (usualEncoding(space) !== null) return null
  return 'needs an encoding as paths, an adjacency or parameters, none of which the space offers'
}

function truncated(
  encoding: FeatureEncoding<unknown>,
  truncation: BananasSettings['truncation'],
): FeatureEncoder {
  const usual = encoding.usualSize ?? encoding.size
  const wanted = truncation === 'usual' ? usual : truncation === 'none' ? encoding.size : truncation
  const size = Math.min(wanted, encoding.size)
  return (architecture) => {
    const all = encoding.encode(architecture)
    const features = new Float64Array(size)
    for (let index = 0; index < size; index++) features[index] = all[index] as number
    return features
  }
}

/**
 * One number for each listed value, 1 for the one that is chosen; for a number its share of the range
 * and whether it is active. Inactive parameters are zeros.
 */
function parameterFeatures({ space, encode }: ParameterEncoding<unknown>): FeatureEncoder {
  const parameters = parameterModel(space)
    .nodes.map(({ parameter }) => parameter)
    .filter(({ kind }) => kind !== 'constant')
  const widths = parameters.map((parameter) => listedValues(parameter)?.length ?? 2)
  const size = widths.reduce((sum, width) => sum + width, 0)
  return (architecture) => {
    const configuration = encode(architecture)
    const features = new Float64Array(size)
    let at = 0
    for (const [index, parameter] of parameters.entries()) {
      writeParameter(parameter, configuration, features, at)
      at += widths[index] ?? 0
    }
    return features
  }
}

function writeParameter(
  parameter: Parameter,
  configuration: Configuration,
  features: Float64Array,
  at: number,
): void {
  const value = readValue(configuration, parameter.name)
  if (value === undefined) return
  if (parameter.kind === 'integer' || parameter.kind === 'float') {
    features[at] = 1
    features[at + 1] = shareOf(parameter, Number(value))
    return
  }
  const index = listedValues(parameter)?.indexOf(value) ?? -1
  invariant(index >= 0, `The value ${value} of ${parameter.name} is not in its domain`)
  features[at + index] = 1
}

function refuse({ name }: SearchSpace, encoding: string): never {
  throw new ArchloomError(
    'config/incompatible',
    `The optimizer bananas cannot use the encoding "${encoding}" on the space ${name}, which does not offer it; leave the setting at auto`,
    { details: { optimizer: 'bananas', space: name, encoding } },
  )
}
