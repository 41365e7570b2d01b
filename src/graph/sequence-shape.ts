/** Shape rules of sequences `[length, features]`. */
import type { Operation, OperationKind, Shape } from './graph.ts'
import { featureCount, invalid, mismatch, oversized, type Problem, show } from './shape-problem.ts'

type Op<K extends OperationKind> = Extract<Operation, { kind: K }>

/** `[length]` tokens to `[length, features]`. */
export function embeddingShape(op: Op<'embedding'>, input: Shape): Shape | Problem {
  if (input.length !== 1) return mismatch(`expected tokens of [length], found ${show(input)}`)
  return oversized(op.vocabulary * op.features) ?? [...input, op.features]
}

export function positionalShape(op: Op<'positional-embedding'>, input: Shape): Shape | Problem {
  const problem = sequence(input)
  if (problem) return problem
  const [length = 0] = input
  if (length > op.length) {
    return mismatch(
      `expected a sequence of at most ${op.length} positions, found ${show(input)}; raise length`,
    )
  }
  return oversized(op.length * featureCount(input)) ?? input
}

export function layerNormShape(input: Shape): Shape | Problem {
  if (input.length <= 2) return input
  return mismatch(`expected [features] or [length, features], found ${show(input)}`)
}

export function attentionShape(op: Op<'attention'>, inputs: readonly Shape[]): Shape | Problem {
  const [queries = []] = inputs
  const problem = sequence(queries)
  if (problem) return problem
  const index = inputs.findIndex((shape) => show(shape) !== show(queries))
  if (index > 0) {
    return mismatch(
      `expected queries, keys and values of one shape, found ${show(queries)} at inputs[0] and ${show(inputs[index] ?? [])} at inputs[${index}]`,
    )
  }
  if (featureCount(queries) % op.heads === 0) return queries
  return mismatch(
    `expected features to be a multiple of heads ${op.heads}, found ${show(queries)}; change one of the two`,
  )
}

/**
 * @param outputs - shapes of the cell's outputs
 */
export function recurrentShape(
  op: Op<'recurrent'>,
  input: Shape,
  outputs: readonly Shape[],
): Shape | Problem {
  const { cell } = op
  if (cell.nodes.some((node) => node.op.kind === 'choice')) {
    return invalid('expected a cell without choices, found one; pick a candidate')
  }
  if (cell.inputs.some(({ dtype }) => dtype === 'tokens')) {
    return invalid('expected the cell to take floats, found tokens; embed them before')
  }
  const [length = 0, ...position] = input
  if (position.length === 0) {
    return mismatch(`expected a sequence of [length, features], found ${show(input)}`)
  }
  const [taken, ...states] = cell.inputs.map(({ shape }) => show(shape))
  if (taken !== show(position)) {
    return mismatch(
      `expected the cell's first input to be a position ${show(position)}, found ${taken}`,
    )
  }
  const [first] = outputs
  if (states.length === 0 || first === undefined) {
    return invalid('expected a cell of at least 1 state, found none; give it a second input')
  }
  const given = outputs.map(show)
  if (states.join() !== given.join()) {
    return invalid(
      `expected the cell to give states as it takes them, ${states.join(', ')}, found ${given.join(', ')}`,
    )
  }
  if (first.length < 3) return [length, ...first]
  return mismatch(`expected a first state of at most 2 axes, found ${show(first)}`)
}

function sequence(input: Shape): Problem | undefined {
  if (input.length === 2) return undefined
  return mismatch(`expected a sequence of [length, features], found ${show(input)}`)
}
