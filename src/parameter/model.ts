/**
 * A parameter space with everything that is derived from it: an order in which parents come first,
 * and who depends on whom. Making the model is what checks a space.
 */
import { ArchloomError } from '#src/errors.ts'
import { compileTest, type Row, type RowTest } from './compiled-test.ts'
import type {
  Configuration,
  ForbiddenClause,
  Parameter,
  ParameterSpace,
  ParameterValue,
  Test,
} from './parameter.ts'
import { comparisonsOf, findSpaceProblem } from './validate.ts'

export interface ParameterNode {
  readonly parameter: Parameter
  /** All of them must hold. */
  readonly tests: readonly Test[]
  /** Its place among the model's nodes, and in a row. */
  readonly position: number
  /** Whether the tests hold, of a row whose values before this place are decided. */
  readonly isActive: RowTest
  /** Whether a condition or a forbidden clause asks for it, so that its value matters to others. */
  readonly isAsked: boolean
}

export interface ParameterModel {
  /** Parents before children, else as the space lists them. */
  readonly nodes: readonly ParameterNode[]
  readonly byName: ReadonlyMap<string, ParameterNode>
  /** What a space forbids, in its order. */
  readonly clauses: readonly CompiledClause[]
}

export interface CompiledClause {
  readonly clause: ForbiddenClause
  /** Whether all parts hold; one on a parameter without a value does not. */
  readonly isMet: RowTest
}

/** Models by space; a space is immutable, so a model never goes stale. */
const models = new WeakMap<ParameterSpace, ParameterModel>()

/**
 * The model of a space, made once.
 * @throws space/invalid-settings naming the place
 */
export function parameterModel(space: ParameterSpace): ParameterModel {
  const known = models.get(space)
  if (known) return known
  const problem = findSpaceProblem(space)
  if (problem) refuse(space, problem.place, problem.message)
  const model = compileModel(space, sortNodes(space))
  models.set(space, model)
  return model
}

function compileModel(
  { forbidden }: ParameterSpace,
  sorted: readonly SortedNode[],
): ParameterModel {
  const places = new Map(
    sorted.map(({ parameter }, position) => [parameter.name, { parameter, position }]),
  )
  const comparisons = [
    ...sorted.flatMap(({ tests }) => tests).flatMap(comparisonsOf),
    ...forbidden.flatMap(({ parts }) => parts),
  ]
  const asked = new Set(comparisons.map(({ parameter }) => parameter))
  const nodes = sorted.map(
    ({ parameter, tests }, position): ParameterNode => ({
      parameter,
      tests,
      position,
      isActive: compileTest({ kind: 'and', tests: [...tests] }, places),
      isAsked: asked.has(parameter.name),
    }),
  )
  return {
    nodes,
    byName: new Map(nodes.map((node) => [node.parameter.name, node])),
    clauses: forbidden.map((clause) => ({
      clause,
      isMet: compileTest({ kind: 'and', tests: [...clause.parts] }, places),
    })),
  }
}

/** The first forbidden clause whose parts all hold for a row. */
export function findForbidden({ clauses }: ParameterModel, row: Row): ForbiddenClause | undefined {
  for (const { clause, isMet } of clauses) if (isMet(row)) return clause
  return undefined
}

/** A parameter's value; undefined where it has none. A name may be one that every object inherits. */
export function readValue(configuration: Configuration, name: string): ParameterValue | undefined {
  return Object.hasOwn(configuration, name) ? configuration[name] : undefined
}

type SortedNode = Pick<ParameterNode, 'parameter' | 'tests'>
type Waiting = ReadonlyMap<string, SortedNode>

function sortNodes(space: ParameterSpace): readonly SortedNode[] {
  const waiting = new Map(
    space.parameters.map((parameter): [string, SortedNode] => [
      parameter.name,
      { parameter, tests: [] },
    ]),
  )
  for (const { child, test } of space.conditions) {
    const node = waiting.get(child)
    if (node) waiting.set(child, { ...node, tests: [...node.tests, test] })
  }
  const sorted: SortedNode[] = []
  while (waiting.size > 0) {
    const ready = waiting.values().find((node) => waitingParent(node, waiting) === undefined)
    if (!ready) {
      const circle = findCircle(waiting)
      const words = `its conditions run in a circle, ${circle.join(' on ')}; remove one of them`
      refuse(space, circle[0] ?? '', words)
    }
    waiting.delete(ready.parameter.name)
    sorted.push(ready)
  }
  return sorted
}

function waitingParent({ tests }: SortedNode, waiting: Waiting): string | undefined {
  return tests.flatMap(comparisonsOf).find(({ parameter }) => waiting.has(parameter))?.parameter
}

/** From child to parent until a name comes back; every node waits for another one. */
function findCircle(waiting: Waiting): readonly string[] {
  const path: string[] = []
  let node = waiting.values().next().value
  while (node && !path.includes(node.parameter.name)) {
    path.push(node.parameter.name)
    node = waiting.get(waitingParent(node, waiting) ?? '')
  }
  const start = node?.parameter.name ?? ''
  return [...path.slice(path.indexOf(start)), start]
}

function refuse(space: ParameterSpace, place: string, message: string): never {
  throw new ArchloomError(
    'space/invalid-settings',
    `The parameter space ${space.name} is wrong at ${place}: ${message}`,
    { details: { space: space.name, place } },
  )
}
