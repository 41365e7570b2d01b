/** Everything that a parameter space draws, where that can be listed. */
import { invariant } from '#src/errors.ts'
import type { Row } from './compiled-test.ts'
import { countConfigurations } from './count.ts'
import { valueProbabilities } from './domain.ts'
import { findForbidden, parameterModel } from './model.ts'
import type { Configuration, ParameterSpace } from './parameter.ts'
import { configurationOf, emptyRow } from './row.ts'

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
  const { nodes } = model
  const drawn = nodes.reduce<readonly DrawnRow[]>(
    (known, { parameter, position, isActive }) => {
      return known.flatMap((one) => {
        if (!isActive(one.row)) return [one]
        invariant(parameter.kind !== 'float', 'A space with an active float cannot be listed')
        return valueProbabilities(parameter).map(([value, share]) => ({
          row: one.row.with(position, value),
          probability: one.probability * share,
        }))
      })
    },
    [{ row: emptyRow(nodes.length), probability: 1 }],
  )
  const allowed = drawn.filter(({ row }) => findForbidden(model, row) === undefined)
  const total = allowed.reduce((sum, { probability }) => sum + probability, 0)
  return allowed.map(({ row, probability }) => ({
    configuration: configurationOf(model, row),
    probability: probability / total,
  }))
}

interface DrawnRow {
  readonly row: Row
  readonly probability: number
}
