import { holds, type Row } from './compiled-test.ts'
import { listedValues, valueCount } from './domain.ts'
import {
  type CompiledClause,
  type ParameterModel,
  type ParameterNode,
  parameterModel,
} from './model.ts'
import type { Comparison, Parameter, ParameterSpace, ParameterValue } from './parameter.ts'
import { emptyRow } from './row.ts'
import { comparisonsOf } from './validate.ts'

export type ConfigurationCount =
  | { readonly kind: 'exact' | 'upper-bound'; readonly value: bigint }
  | { readonly kind: 'infinite' }

/** Combinations of values to tell apart at a time; above it the count becomes a bound. */
const statesMax = 20_000
/** The same before equal ones are merged; bounds memory. */
const branchesMax = 50 * statesMax

/** A number of things; null for infinitely many. */
type Size = bigint | null

/** Values of a parameter that no test tells apart. */
interface ValueClass {
  readonly example: ParameterValue
  readonly size: Size
}

/** What later tests still ask for, and how many configurations of the parameters so far have it. */
interface State {
  readonly row: Row
  readonly size: Size
}

/** What is decided at one parameter. */
interface Stage {
  readonly node: ParameterNode
  readonly classes: readonly ValueClass[]
  /** Clauses whose last parameter this is. */
  readonly clauses: readonly CompiledClause[]
  /** Places of the parameters so far that tests of later stages ask for. */
  readonly kept: readonly number[]
}

/**
 * How many configurations there are: infinitely many as soon as a float can be active.
 *
 * @remarks
 * Exact for any conditions and forbidden clauses, unless more than 20,000 combinations of values
 * that tests ask for would have to be told apart at once; then a bound from above: forbidden
 * clauses are left out, and if that is not enough, every parameter counts as if it stood alone.
 * Parameters are decided one after the other, children soon after their parents, and what no later
 * test asks for is forgotten, so the cost grows with the number of parents in play at a time, not
 * with the number of parameters.
 */
export function countConfigurations(space: ParameterSpace): ConfigurationCount {
  const model = parameterModel(space)
  const exact = countStates(model)
  if (exact !== undefined) return toCount('exact', exact)
  const allowed = model.clauses.length > 0 ? countStates({ ...model, clauses: [] }) : undefined
  if (allowed !== undefined) return toCount('upper-bound', allowed)
  const alone = model.nodes.map(({ parameter, tests }): Size => {
    const values = valueCount(parameter)
    return values === null ? null : BigInt(values) + (tests.length > 0 ? 1n : 0n)
  })
  return toCount('upper-bound', alone.reduce(times, 1n))
}

function toCount(kind: 'exact' | 'upper-bound', size: Size): ConfigurationCount {
  return size === null ? { kind: 'infinite' } : { kind, value: size }
}

/** Undefined where there is too much to tell apart. */
function countStates(model: ParameterModel): Size | undefined {
  let states: readonly State[] = [{ row: emptyRow(model.nodes.length), size: 1n }]
  for (const stage of planStages(model)) {
    if (states.length * stage.classes.length > branchesMax) return undefined
    states = mergeStates(
      states.flatMap((state) => decide(stage, state)),
      stage.kept,
    )
    if (states.length > statesMax) return undefined
  }
  return states.map(({ size }) => size).reduce(plus, 0n)
}

function decide({ node, classes, clauses }: Stage, state: State): readonly State[] {
  const { row, size } = state
  const decided = node.isActive(row)
    ? classes.map((one) => ({
        row: row.with(node.position, one.example),
        size: times(size, one.size),
      }))
    : [state]
  return decided.filter((one) => !clauses.some(({ isMet }) => isMet(one.row)))
}

/** One state for all that later stages see alike. */
function mergeStates(states: readonly State[], kept: readonly number[]): readonly State[] {
  const merged = new Map<string, State>()
  for (const state of states) {
    const key = JSON.stringify(kept.map((position) => state.row[position]))
    const known = merged.get(key)
    merged.set(key, known ? { ...known, size: plus(known.size, state.size) } : state)
  }
  return [...merged.values()]
}

function planStages({ nodes: listed, clauses: listedClauses }: ParameterModel): readonly Stage[] {
  const nodes = familyOrder(listed)
  const positions = new Map(nodes.map(({ parameter }, position) => [parameter.name, position]))
  const lastPart = ({ clause: { parts } }: CompiledClause) =>
    Math.max(...parts.map(({ parameter }) => positions.get(parameter) ?? 0))
  const clauses = Map.groupBy(listedClauses, lastPart)
  const uses = nodes.flatMap(({ tests }, stage) => [
    ...tests.flatMap(comparisonsOf).map((part) => ({ part, stage })),
    ...(clauses.get(stage) ?? []).flatMap(({ clause: { parts } }) =>
      parts.map((part) => ({ part, stage })),
    ),
  ])
  const usesOf = Map.groupBy(uses, ({ part }) => part.parameter)
  return nodes.map((node, stage) => ({
    node,
    classes: valueClasses(
      node.parameter,
      (usesOf.get(node.parameter.name) ?? []).map(({ part }) => part),
    ),
    clauses: clauses.get(stage) ?? [],
    kept: nodes.slice(0, stage + 1).flatMap(({ parameter: { name }, position }) => {
      // Uses are in the order of stages.
      const last = usesOf.get(name)?.at(-1)?.stage ?? 0
      return last > stage ? [position] : []
    }),
  }))
}

/** Children as soon as their parents are decided, so that parents can be forgotten early. */
function familyOrder(nodes: readonly ParameterNode[]): readonly ParameterNode[] {
  const children = new Map<string, ParameterNode[]>()
  const undecided = new Map<ParameterNode, Set<string>>()
  for (const node of nodes) {
    const parents = new Set(node.tests.flatMap(comparisonsOf).map((part) => part.parameter))
    undecided.set(node, parents)
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), node])
  }
  const order: ParameterNode[] = []
  // The last is next; what became ready last comes first, in its own order.
  const ready = nodes.filter(({ tests }) => tests.length === 0).reverse()
  for (let node = ready.pop(); node; node = ready.pop()) {
    order.push(node)
    const { name } = node.parameter
    const freed = (children.get(name) ?? []).filter((child) => {
      const parents = undecided.get(child)
      return parents?.delete(name) && parents.size === 0
    })
    ready.push(...freed.reverse())
  }
  return order
}

function valueClasses(
  parameter: Parameter,
  comparisons: readonly Comparison[],
): readonly ValueClass[] {
  const classes = new Map<string, ValueClass>()
  for (const piece of pieces(parameter, comparisons)) {
    const answers = comparisons.map((part) => Number(holds(parameter, part, piece.example)))
    const known = classes.get(answers.join(''))
    classes.set(answers.join(''), known ? { ...known, size: plus(known.size, piece.size) } : piece)
  }
  return [...classes.values()]
}

/** Single values, and for numbers the stretches between the values that comparisons name. */
function pieces(parameter: Parameter, comparisons: readonly Comparison[]): readonly ValueClass[] {
  const listed = listedValues(parameter)
  if (listed) return listed.map((example) => ({ example, size: 1n }))
  if (parameter.kind !== 'integer' && parameter.kind !== 'float') return []
  const { lower, upper, kind } = parameter
  const named = comparisons.flatMap((part) => (part.kind === 'in' ? part.values : [part.value]))
  const cuts = [...new Set([lower, ...named.map(Number), upper])].sort((one, two) => one - two)
  return cuts.flatMap((cut, index): ValueClass[] => {
    const point = { example: cut, size: 1n }
    const next = cuts[index + 1]
    if (next === undefined) return [point]
    if (kind === 'integer') {
      const between = BigInt(next) - BigInt(cut) - 1n
      return between > 0n ? [point, { example: cut + 1, size: between }] : [point]
    }
    const middle = cut + (next - cut) / 2
    return middle > cut && middle < next ? [point, { example: middle, size: null }] : [point]
  })
}

/** Nothing of infinitely many is nothing. */
function times(one: Size, other: Size): Size {
  if (one === 0n || other === 0n) return 0n
  return one === null || other === null ? null : one * other
}

function plus(one: Size, other: Size): Size {
  return one === null || other === null ? null : one + other
}
