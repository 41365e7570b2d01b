/** Cells as NAS-Bench-NLP's files have them: nodes by name, each with an operation and its inputs. */
import { z } from 'zod'
import {
  type NlpCell,
  type NlpNode,
  type NlpOperation,
  type NlpRef,
  nlpProblems,
} from './nlp-cell.ts'
import { normalNlp, topologicalNodes } from './nlp-form.ts'
import { refuseCell } from './settings.ts'

const recipeOperations = {
  linear: 'linear',
  blend: 'blend',
  elementwise_prod: 'product',
  elementwise_sum: 'sum',
  activation_tanh: 'tanh',
  activation_sigm: 'sigmoid',
  activation_leaky_relu: 'leaky-relu',
} as const satisfies Readonly<Record<string, NlpOperation>>

/** What the benchmark's files hold of a cell. */
export const NlpRecipe = z.record(
  z.string().min(1),
  z.strictObject({
    op: z.enum(Object.keys(recipeOperations) as [keyof typeof recipeOperations]),
    input: z.array(z.string().min(1)).min(1),
  }),
)
export type NlpRecipe = z.infer<typeof NlpRecipe>

/** What a recipe may be: everything that the benchmark's search drew from. */
const recipeRules = {
  minNodes: 1,
  maxNodes: 24,
  maxStates: 3,
  operations: Object.values(recipeOperations),
}

/**
 * The cell of a recipe, in normal order. `h_prev_0` is the state before, `h_new_0` the node that is
 * the state afterwards; other names do not matter.
 *
 * @throws space/invalid-architecture naming the node
 */
export function readRecipe(recipe: NlpRecipe): NlpCell {
  const names = Object.keys(recipe)
  const states: number[] = []
  for (let state = 0; names.includes(`h_new_${state}`); state++) {
    states.push(names.indexOf(`h_new_${state}`) + 1)
  }
  const nodes: NlpNode[] = names.map((name) => {
    const { op, input } = recipe[name] as NlpRecipe[string]
    return { operation: recipeOperations[op], inputs: input.map((ref) => refOf(ref, names, name)) }
  })
  const order = topologicalNodes({ nodes, states })
  if (!order) {
    return refuseCell('the recipe', 'nodes that each come after their inputs', 'a circle')
  }
  const cell = {
    nodes: order.map((number) => {
      const { operation, inputs } = nodes[number - 1] as NlpNode
      return { operation, inputs: inputs.map((ref) => movedRef(ref, order)) }
    }),
    states: states.map((number) => order.indexOf(number) + 1),
  }
  const [problem] = nlpProblems(cell, recipeRules)
  if (problem) refuseCell(`the recipe, ${problem.place}`, problem.expected, problem.found)
  return normalNlp(cell)
}

function refOf(ref: string, names: readonly string[], node: string): NlpRef {
  if (ref === 'x') return ref
  const state = /^h_prev_(\d)$/.exec(ref)?.[1]
  if (state !== undefined) return `h${state}`
  const index = names.indexOf(ref)
  if (index >= 0) return String(index + 1)
  return refuseCell(
    `the recipe, node ${node}`,
    'x, h_prev_0 and on, or the name of a node',
    JSON.stringify(ref),
  )
}

function movedRef(ref: NlpRef, order: readonly number[]): NlpRef {
  return /^\d+$/.test(ref) ? String(order.indexOf(Number(ref)) + 1) : ref
}
