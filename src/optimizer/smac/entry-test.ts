import { holds } from '#src/parameter/compiled-test.ts'
import { listedValues, valueAt } from '#src/parameter/domain.ts'
import { parameterModel } from '#src/parameter/model.ts'
import type { Comparison, Parameter, ParameterSpace, Test } from '#src/parameter/parameter.ts'

/** A test on a vector of entries; see `featureSpace`. */
export type EntryTest = (vector: Float64Array) => boolean

/**
 * A condition's test, made ready for vectors.
 *
 * @param places - where each parameter stands in a vector
 */
export function compileTest(
  test: Test,
  space: ParameterSpace,
  places: ReadonlyMap<string, number>,
): EntryTest {
  if (test.kind === 'and' || test.kind === 'or') {
    const parts = test.tests.map((part) => compileTest(part, space, places))
    return test.kind === 'and'
      ? (vector) => parts.every((part) => part(vector))
      : (vector) => parts.some((part) => part(vector))
  }
  const parameter = parameterModel(space).byName.get(test.parameter)?.parameter
  const place = places.get(test.parameter)
  return parameter && place !== undefined ? comparisonTest(parameter, test, place) : () => false
}

function comparisonTest(parameter: Parameter, test: Comparison, place: number): EntryTest {
  const listed = listedValues(parameter)
  if (listed) {
    // The place after the last value stands for inactive: no comparison holds there.
    const truths = listed.map((value) => holds(parameter, test, value))
    return (vector) => truths[vector[place] as number] === true
  }
  if (parameter.kind !== 'integer' && parameter.kind !== 'float') return () => false
  return (vector) => {
    const entry = vector[place] as number
    return entry >= 0 && holds(parameter, test, valueAt(parameter, entry))
  }
}
