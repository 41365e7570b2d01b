/** The unit cube that CMA-ES moves in, and what its points stand for. */
import { listedValues, valueCount } from '#src/parameter/domain.ts'
import type { Configuration, Parameter, ParameterSpace } from '#src/parameter/parameter.ts'
import { decodeUnitVector, encodeUnitVector, vectorParameters } from '#src/parameter/unit-vector.ts'

/**
 * - `binned`: one coordinate a parameter; listed values have equal bins, in their order
 * - `one-hot`: a coordinate for each value of a categorical with three or more; the largest wins
 */
export type CubeEncoding = 'binned' | 'one-hot'

export interface Cube {
  /** Coordinates of a point. */
  readonly size: number
  /** By coordinate, half of what a value has of it; 0 where a value has no width. */
  readonly halfBins: Float64Array
  decode(point: Float64Array): Configuration
  /** A point that decodes to the configuration. */
  encode(configuration: Configuration): Float64Array
}

export function unitCube(space: ParameterSpace, encoding: CubeEncoding): Cube {
  const parameters = vectorParameters(space)
  const widths = parameters.map((parameter) => widthOf(parameter, encoding))
  const starts = widths.map((_, index) => widths.slice(0, index).reduce((sum, one) => sum + one, 0))
  const size = widths.reduce((sum, width) => sum + width, 0)
  const halfBins = new Float64Array(size)
  for (const [index, parameter] of parameters.entries()) {
    const [start = 0, width = 1] = [starts[index], widths[index]]
    halfBins.fill(width > 1 ? 0.25 : halfBinOf(parameter), start, start + width)
  }
  return {
    size,
    halfBins,
    decode: (point) =>
      decodeUnitVector(
        space,
        widths.map((width, index) => {
          const start = starts[index] ?? 0
          if (width === 1) return point[start] ?? Number.NaN
          return (largest(point.subarray(start, start + width)) + 0.5) / width
        }),
      ),
    encode(configuration) {
      const point = new Float64Array(size)
      for (const [index, share] of encodeUnitVector(space, configuration).entries()) {
        const [start = 0, width = 1] = [starts[index], widths[index]]
        if (width === 1) point[start] = share
        else point[start + Math.min(Math.floor(share * width), width - 1)] = 1
      }
      return point
    },
  }
}

function widthOf(parameter: Parameter, encoding: CubeEncoding): number {
  const count = listedValues(parameter)?.length ?? 1
  return encoding === 'one-hot' && parameter.kind === 'categorical' && count > 2 ? count : 1
}

function halfBinOf(parameter: Parameter): number {
  const count = valueCount(parameter)
  return count === null ? 0 : 0.5 / count
}

/** Index of the largest, the first of equal ones. */
function largest(values: Float64Array): number {
  return values.reduce((best, value, index) => (value > (values[best] as number) ? index : best), 0)
}
