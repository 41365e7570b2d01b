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

/** A test as a function of rows, which looks no name up. */
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

/** Never true for a parameter without a value, whatever is asked. */
function compileComparison(test: Comparison, places: ReadonlyMap<string, Place>): RowTest {
  const place = places.get(test.parameter)
  if (place === undefined) return () => false
  const { position } = place
  switch (test.kind) {
    case 'equals': {
      const { value } = test
      return (row) => row[position] === value
    }
    case 'not-equals': {
      const { value } = test
      return (row) => row[position] !== undefined && row[position] !== value
    }
    case 'in': {
      const { values } = test
      return (row) => {
        const value = row[position]
        return value !== undefined && values.includes(value)
      }
    }
    case 'less-than':
    case 'greater-than':
      return compileOrder(test, place)
  }
}

function compileOrder(
  { kind, value: limit }: Extract<Comparison, { kind: 'less-than' | 'greater-than' }>,
  { parameter, position }: Place,
): RowTest {
  // NaN, for what has no order, is neither less nor greater.
  const order = (value: ParameterValue | undefined) =>
    value === undefined ? NaN : (orderOf(parameter, value) ?? NaN)
  const bound = order(limit)
  return kind === 'less-than'
    ? (row) => order(row[position]) < bound
    : (row) => order(row[position]) > bound
}
