import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import {
  activation,
  add,
  attention,
  embedding,
  layerNorm,
  linear,
  positionalEmbedding,
} from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { tokenTask } from '../task.ts'
import type { LayerPlan, TransformerPlan } from './parameters.ts'

/**
 * A causal language model: embeddings of tokens and positions, layers of attention and perceptron
 * with a shortcut around each, and a linear layer to the vocabulary at every position.
 *
 * @remarks
 * With norms before each part, one more stands before the last layer, as in GPT-2. Weights are not
 * tied: the last layer has its own.
 *
 * @throws space/invalid-settings when the task is no text
 * @see Vaswani et al. 2017, "Attention Is All You Need", section 3; Radford et al. 2019, "Language
 *   Models are Unsupervised Multitask Learners", section 2.3 (norms before).
 */
export function compileTransformer(plan: TransformerPlan, task: Task): NetworkGraph {
  const { length, vocabulary } = tokenTask('transformer', task)
  const builder = graphBuilder()
  const text = builder.input('text', [length], 'tokens')
  const tokens = builder.add('embedding.tokens', embedding(vocabulary, plan.width), [text])
  const placed = builder.add('embedding.positions', positionalEmbedding(length), [tokens])
  let wire = dropped(builder, 'embedding', placed, plan)
  for (const [index, layer] of plan.layers.entries()) {
    const id = `layer${index + 1}`
    wire = part(builder, `${id}.attention`, wire, { plan, make: attend(builder, plan, layer) })
    wire = part(builder, `${id}.mlp`, wire, { plan, make: perceive(builder, plan, layer) })
  }
  if (plan.norm === 'before') wire = builder.add('norm', layerNorm(), [wire])
  return builder.finish([builder.add('classifier', linear(vocabulary), [wire])])
}

type Make = (id: string, input: string) => string

/** One part with its shortcut and its norm. */
function part(
  builder: GraphBuilder,
  id: string,
  input: string,
  { plan, make }: { readonly plan: TransformerPlan; readonly make: Make },
): string {
  const isBefore = plan.norm === 'before'
  const normed = isBefore ? builder.add(`${id}.norm`, layerNorm(), [input]) : input
  const made = dropped(builder, id, make(id, normed), plan)
  const sum = builder.add(`${id}.sum`, add, [input, made])
  return isBefore ? sum : builder.add(`${id}.norm`, layerNorm(), [sum])
}

function attend(builder: GraphBuilder, { width }: TransformerPlan, { heads }: LayerPlan): Make {
  return (id, input) => {
    const projected = ['queries', 'keys', 'values'].map((name) =>
      builder.add(`${id}.${name}`, linear(width), [input]),
    )
    const mixed = builder.add(`${id}.mix`, attention(heads, true), projected)
    return builder.add(`${id}.project`, linear(width), [mixed])
  }
}

function perceive(builder: GraphBuilder, plan: TransformerPlan, { mlpRatio }: LayerPlan): Make {
  return (id, input) => {
    const wide = builder.add(`${id}.expand`, linear(plan.width * mlpRatio), [input])
    const name = plan.activation.replaceAll('-', '_')
    const active = builder.add(`${id}.${name}`, activation(plan.activation), [wide])
    return builder.add(`${id}.contract`, linear(plan.width), [active])
  }
}

function dropped(
  builder: GraphBuilder,
  id: string,
  input: string,
  { dropoutRate: rate }: TransformerPlan,
): string {
  return rate === 0 ? input : builder.add(`${id}.dropout`, { kind: 'dropout', rate }, [input])
}
