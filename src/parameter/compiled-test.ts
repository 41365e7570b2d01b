/** Conditions and clauses as functions of rows, which look no name up. */
import { orderOf } from './domain.ts'
import type { Comparison, Parameter, ParameterValue, Test } from './parameter.ts'

/** Values of a configuration by their places in a model; undefined where there is none. */
export type Row = (ParameterValue | undefined)[]
export type RowTest = (row: Row) => boolean

/** A parameter, and where a row has its value. */
export interface Place {
  readonly parameter: Parameter
  readonly position: number
}

/** A test as a function of rows; what a row lacks counts as inactive. */
export function compileTest(test: Test, places: ReadonlyMap<string, Place>): RowTest {
  if (test.kind !== 'and' && test.kind !== 'or') return compileComparison(test, places)
  const parts = test.tests.map((part) => compileTest(part, places))
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  return test.kind === 'and' ? allOf(parts) : anyOf(parts)
}

function allOf(parts: readonly RowTest[]): RowTest {
  if (parts.length === 0) return () => true
  return (row) => {
    for (const part of parts) if (!part(row)) return false
    return true
  }
}

function anyOf(parts: readonly RowTest[]): RowTest {
  if (parts.length === 0) return () => false
  return (row) => {
    for (const part of parts) if (part(row)) return true
    return false
  }
}

function compileComparison(test: Comparison, places: ReadonlyMap<string, Place>): RowTest {
  const place = places.get(test.parameter)
  if (place === undefined) return () => false
  const { parameter, position } = place
  return (row) => holds(parameter, test, row[position])
}

/** Whether a comparison holds for a value of its parameter; undefined while that is inactive. */
export function holds(
  parameter: Parameter,
  test: Comparison,
  value: ParameterValue | undefined,
): boolean {
  if (value === undefined) return false
  switch (test.kind) {
    case 'equals':
      return value === test.value
    case 'not-equals':
      return value !== test.value
    case 'in':
      return test.values.includes(value)
    case 'less-than':
      return (orderOf(parameter, value) ?? NaN) < (orderOf(parameter, test.value) ?? NaN)
    case 'greater-than':
      return (orderOf(parameter, value) ?? NaN) > (orderOf(parameter, test.value) ?? NaN)
  }
}
