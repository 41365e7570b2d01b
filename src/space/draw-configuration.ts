import type { Drawing, DrawingEdge, DrawingNode } from '#src/graph/drawing.ts'
import { parameterModel } from '#src/parameter/model.ts'
import type { Configuration, ParameterSpace, Test } from '#src/parameter/parameter.ts'

/**
 * A configuration as a tree: each active parameter with its value, below the parameters that its
 * conditions ask for, or below the whole.
 */
export function drawConfiguration(space: ParameterSpace, configuration: Configuration): Drawing {
  const { nodes } = parameterModel(space)
  const active = nodes.filter(({ parameter: { name } }) => Object.hasOwn(configuration, name))
  const names = new Set(active.map(({ parameter: { name } }) => name))
  const root = { id: 'the configuration', label: space.name, role: 'input' as const }
  return {
    title: space.name,
    direction: 'right',
    groups: [],
    nodes: [
      root,
      ...active.map(
        ({ parameter: { name } }): DrawingNode => ({
          id: `parameter ${name}`,
          label: `${name} ${String(configuration[name])}`,
          role: 'choice',
        }),
      ),
    ],
    edges: active.flatMap(({ parameter: { name }, tests }): readonly DrawingEdge[] => {
      const parents = [...new Set(tests.flatMap(parentsOf))].filter((parent) => names.has(parent))
      const from = parents.length > 0 ? parents.map((parent) => `parameter ${parent}`) : [root.id]
      return from.map((id) => ({ from: id, to: `parameter ${name}` }))
    }),
  }
}

function parentsOf(test: Test): readonly string[] {
  return test.kind === 'and' || test.kind === 'or'
    ? test.tests.flatMap(parentsOf)
    : [test.parameter]
}
