/** Everything that a parameter space draws, where that can be listed. */
import { invariant } from '#src/errors.ts'
import { countConfigurations } from './count.ts'
import { valueProbabilities } from './domain.ts'
import { findForbidden, isTrue, parameterModel } from './model.ts'
import type { Configuration, ParameterSpace } from './parameter.ts'

/** Configurations that are few enough to be listed, forbidden ones counted as well. */
const listedMax = 100_000n

export interface DrawnConfiguration {
  readonly configuration: Configuration
  /** Above 0. */
  readonly probability: number
}

/** Whether a space has at most 100,000 configurations before clauses forbid some, so no active float. */
export function isListable(space: ParameterSpace): boolean {
  const count = countConfigurations({ ...space, forbidden: [] })
  return count.kind !== 'infinite' && count.value <= listedMax
}

/**
 * Every configuration with the probability with which `sampleConfiguration` draws it.
 *
 * @remarks
 * A draw is the product of what its active parameters draw. Forbidden ones are drawn again from the
 * start, so that the others share their probability in proportion.
 * @param space - one that `isListable`
 * @returns probabilities sum to 1; nothing where everything is forbidden
 */
export function listConfigurations(space: ParameterSpace): readonly DrawnConfiguration[] {
  const model = parameterModel(space)
  const drawn = model.nodes.reduce<readonly DrawnConfiguration[]>(
    (known, { parameter, tests }) => {
      return known.flatMap((one) => {
        const { configuration, probability } = one
        if (!tests.every((test) => isTrue(model, test, configuration))) return [one]
        invariant(parameter.kind !== 'float', 'A space with an active float cannot be listed')
        return valueProbabilities(parameter).map(([value, share]) => ({
          configuration: { ...configuration, [parameter.name]: value },
          probability: probability * share,
        }))
      })
    },
    [{ configuration: {}, probability: 1 }],
  )
  const allowed = drawn.filter(({ configuration }) => !findForbidden(model, configuration))
  const total = allowed.reduce((sum, { probability }) => sum + probability, 0)
  return allowed.map(({ configuration, probability }) => ({
    configuration,
    probability: probability / total,
  }))
}
