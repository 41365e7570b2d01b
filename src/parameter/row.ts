/** Configurations as rows, for work on many of them: no names are looked up between two steps. */
import type { Row } from './compiled-test.ts'
import { isInDomain } from './domain.ts'
import { findForbidden, type ParameterModel, type ParameterNode, readValue } from './model.ts'
import type { Configuration, ParameterValue } from './parameter.ts'

/** The values that a configuration gives to a model's parameters, active or not. */
export function rowOf({ nodes }: ParameterModel, configuration: Configuration): Row {
  const row = emptyRow(nodes.length)
  for (const { parameter, position } of nodes) {
    row[position] = readValue(configuration, parameter.name)
  }
  return row
}

export function configurationOf({ nodes }: ParameterModel, row: Row): Configuration {
  const configuration: Record<string, ParameterValue> = {}
  for (const { parameter, position } of nodes) {
    const value = row[position]
    if (value !== undefined) setValue(configuration, parameter.name, value)
  }
  return configuration
}

/** Gives an own value to a name that may be one that every object inherits. */
export function setValue(
  configuration: Record<string, ParameterValue>,
  name: string,
  value: ParameterValue,
): void {
  // The one name that an assignment does not make a property of.
  if (name !== '__proto__') configuration[name] = value
  else
    Object.defineProperty(configuration, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

/** The row that a choice for each active parameter gives, parents asked for before their children. */
export function assembleRow(
  { nodes }: ParameterModel,
  choose: (node: ParameterNode) => ParameterValue,
): Row {
  const row = emptyRow(nodes.length)
  for (const node of nodes) {
    if (node.isActive(row)) row[node.position] = choose(node)
  }
  return row
}

/** The parameters that a row's values make active. A stray value makes nobody active. */
export function activeNodes({ nodes }: ParameterModel, row: Row): readonly ParameterNode[] {
  const active = emptyRow(nodes.length)
  const found: ParameterNode[] = []
  for (const node of nodes) {
    if (!node.isActive(active)) continue
    active[node.position] = row[node.position]
    found.push(node)
  }
  return found
}

/** Whether exactly the active parameters have values. */
export function isWhole({ nodes }: ParameterModel, row: Row): boolean {
  // Where all before are as they should be, no value is a stray one.
  for (const { position, isActive } of nodes) {
    if (isActive(row) !== (row[position] !== undefined)) return false
  }
  return true
}

/** Whether a row is a configuration of the space. */
export function isInSpace(model: ParameterModel, row: Row): boolean {
  if (!isWhole(model, row) || findForbidden(model, row) !== undefined) return false
  for (const { parameter, position } of model.nodes) {
    const value = row[position]
    if (value !== undefined && !isInDomain(parameter, value)) return false
  }
  return true
}

export function emptyRow(length: number): Row {
  return new Array<ParameterValue | undefined>(length).fill(undefined)
}
