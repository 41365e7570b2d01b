/** A space as a sequence of choices among few values each: what a policy is defined over. */
import { invariant } from '#src/errors.ts'
import { gridValues, shareOf } from '#src/parameter/domain.ts'
import { type ParameterModel, parameterModel, readValue } from '#src/parameter/model.ts'
import type { Configuration, Parameter, ParameterValue } from '#src/parameter/parameter.ts'
import { assembleRow, configurationOf } from '#src/parameter/row.ts'
import type { SearchSpace } from '#src/space/space.ts'

/** A choice of one of `values`, by index. */
export interface Decision {
  readonly name: string
  readonly values: readonly ParameterValue[]
  /** Probabilities that the space itself gives the values; null for equal ones. */
  readonly weights: readonly number[] | null
}

export interface DecisionSequence {
  /** Parents before children; those that have one value only are left out. */
  readonly decisions: readonly Decision[]
  /**
   * An architecture in its text form from a choice for each active decision, in their order; null
   * where the choices name none.
   *
   * @param choose - index of the value that the decision at this position gets
   */
  build(choose: (position: number) => number): string | null
  /** The chosen index of each decision; -1 where it is inactive. */
  choicesOf(architecture: string): Int32Array
}

interface Step {
  readonly parameter: Parameter
  readonly values: readonly ParameterValue[]
  readonly indices: ReadonlyMap<ParameterValue, number>
  /** Among the decisions; -1 for one value only. */
  readonly position: number
}

/**
 * The parameters of a space's encoding as decisions, conditional ones active as their conditions say.
 *
 * @param grid - values that a number has at most, evenly over its scale; a value between two counts
 *   as the nearer one
 * @throws internal/invariant for a space without the encoding: `decisionMisfit` tells before
 */
export function decisionSequence(space: SearchSpace, grid: number): DecisionSequence {
  const encoding = space.encodings.parameters
  invariant(encoding !== undefined, `The space ${space.name} has no encoding as parameters`)
  const model = parameterModel(encoding.space)
  const steps = listSteps(model, grid)
  const chosen = steps.filter(({ position }) => position >= 0)

  return {
    decisions: chosen.map(({ parameter, values }) => ({
      name: parameter.name,
      values,
      weights: parameter.kind === 'categorical' ? parameter.weights : null,
    })),
    build(choose) {
      const row = assembleRow(model, ({ position: place }) => {
        const { values, position } = steps[place] as Step
        return values[position < 0 ? 0 : choose(position)] as ParameterValue
      })
      const decoded = encoding.decode(configurationOf(model, row))
      return 'architecture' in decoded ? space.format(decoded.architecture) : null
    },
    choicesOf(architecture) {
      const configuration = encoding.encode(space.parse(architecture))
      const choices = new Int32Array(chosen.length)
      for (let position = 0; position < chosen.length; position++) {
        choices[position] = choiceOf(chosen[position] as Step, configuration)
      }
      return choices
    },
  }
}

/** Why a space has no decisions, as `misfit` wants it. */
export function decisionMisfit(space: SearchSpace): string | null {
  if (space.encodings.parameters !== undefined) return null
  return 'needs an encoding as parameters, which the space does not offer'
}

function listSteps(model: ParameterModel, grid: number): readonly Step[] {
  let position = 0
  return model.nodes.map(({ parameter }) => {
    const values = gridValues(parameter, grid)
    return {
      parameter,
      values,
      indices: new Map(values.map((value, index) => [value, index])),
      position: values.length > 1 ? position++ : -1,
    }
  })
}

function choiceOf({ parameter, values, indices }: Step, configuration: Configuration): number {
  const value = readValue(configuration, parameter.name)
  if (value === undefined) return -1
  return indices.get(value) ?? nearest(parameter, values, Number(value))
}

/** Only numbers have values beside the grid. */
function nearest(parameter: Parameter, values: readonly ParameterValue[], value: number): number {
  if (parameter.kind !== 'integer' && parameter.kind !== 'float') return 0
  const share = shareOf(parameter, value)
  const distances = values.map((other) => Math.abs(shareOf(parameter, Number(other)) - share))
  return distances.indexOf(Math.min(...distances))
}
