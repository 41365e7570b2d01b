import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import { decodeUnitVector, vectorParameters } from '#src/parameter/unit-vector.ts'
import { Random } from '#src/random/random.ts'

/**
 * One point of a Latin hypercube: each parameter's range has as many equal parts as there are points,
 * and each part has one of them, at random within it.
 *
 * @remarks Every point follows from the seed by itself, so that nothing but the seed is kept.
 * @param index - below `count`
 * @see McKay et al. 1979, "A Comparison of Three Methods for Selecting Values of Input Variables in
 *   the Analysis of Output from a Computer Code", section 2.
 */
export function latinHypercubePoint(
  space: ParameterSpace,
  seed: string,
  index: number,
  count: number,
): Configuration {
  const shares = vectorParameters(space).map(({ name }) => {
    const random = Random.named(seed, 'latin-hypercube', name)
    const part = random.distinct(count, count)[index] ?? 0
    return (part + random.split('within', index).uniform()) / count
  })
  return decodeUnitVector(space, shares)
}
