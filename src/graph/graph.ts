/**
 * The network graph: the one language between search spaces and PyTorch.
 *
 * A graph is a JSON value: named inputs, nodes in topological order, named outputs. Every node is a
 * primitive operation; anything larger is a composition made by a builder (`compose.ts`). The
 * worker's interpreter knows these primitives and nothing of any search space. Adding a primitive
 * takes one member of the union here, one rule in `shape.ts`, one entry in the worker's
 * interpreter and one shared vector in `test/vectors/graph`.
 *
 * Shapes leave out the batch: `[channels, height, width]` for images, `[features]` for vectors,
 * `[length, features]` for sequences, `[length]` for tokens.
 */
import { z } from 'zod'

/** Dot-separated segments in snake case: `stage1.cell0.edge_0_1.conv`. Parameters are named by it. */
export const NodeId = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*$/, 'must be snake-case segments joined by dots')

const count = z.int().min(1)
const pair = <T extends z.ZodType>(item: T) => z.tuple([item, item])
/** Height first, then width, as PyTorch has it. */
const counts2d = pair(count)
const amounts2d = pair(z.int().min(0))
const rate = z.number().min(0).lt(1)

export const activationFunctions = [
  'relu',
  'relu6',
  'leaky-relu',
  'elu',
  'gelu',
  'silu',
  'hard-swish',
  'sigmoid',
  'tanh',
] as const
export type ActivationFunction = (typeof activationFunctions)[number]

export const Conv2d = z.strictObject({
  kind: z.literal('conv2d'),
  /** Output channels. */
  channels: count,
  kernel: counts2d,
  stride: counts2d,
  /** Zeros added on both sides of each axis. */
  padding: amounts2d,
  dilation: counts2d,
  groups: count,
  bias: z.boolean(),
})

/** On vectors, and on each position of a sequence. */
export const Linear = z.strictObject({
  kind: z.literal('linear'),
  /** Output features. */
  features: count,
  bias: z.boolean(),
})

export const BatchNorm = z.strictObject({
  kind: z.literal('batch-norm'),
  /** Whether scale and shift are learned. */
  affine: z.boolean(),
  epsilon: z.number().positive(),
  /** Weight of the new batch in the running statistics: PyTorch's sense, one minus TensorFlow's decay. */
  momentum: z.number().gt(0).lte(1),
})

export const Activation = z.strictObject({
  kind: z.literal('activation'),
  function: z.enum(activationFunctions),
})

export const Pool2d = z.strictObject({
  kind: z.literal('pool2d'),
  mode: z.enum(['max', 'avg']),
  kernel: counts2d,
  stride: counts2d,
  /** At most half the kernel. */
  padding: amounts2d,
  /** For `avg`: whether padded zeros count in the divisor. Must be false for `max`. */
  countPadding: z.boolean(),
})

/** `[C, H, W]` to `[C]`. */
export const GlobalPool = z.strictObject({
  kind: z.literal('global-pool'),
  mode: z.enum(['max', 'avg']),
})

/** Any shape to `[product]`. */
export const Flatten = z.strictObject({ kind: z.literal('flatten') })

/** Sum of two or more inputs of one shape. */
export const Add = z.strictObject({ kind: z.literal('add') })

/** Product of two or more inputs of one shape, element by element. */
export const Multiply = z.strictObject({ kind: z.literal('multiply') })

/**
 * `g x + (1 - g) y`, element by element, of three inputs `g`, `x`, `y` of one shape. The gate is what
 * it is given: put a sigmoid before it to keep it between 0 and 1.
 * @see Klyuchnikov et al. 2020, "NAS-Bench-NLP", section 3; its `custom_rnn.py`.
 */
export const Blend = z.strictObject({ kind: z.literal('blend') })

/** Every element times one number that is not learned. */
export const Scale = z.strictObject({ kind: z.literal('scale'), factor: z.number() })

/** Inputs joined along the channel (or feature) axis. */
export const Concat = z.strictObject({ kind: z.literal('concat') })

export const Identity = z.strictObject({ kind: z.literal('identity') })

/** Zeros in the shape that a stride leaves: `[C, ceil(H / stride), ceil(W / stride)]`. */
export const Zero = z.strictObject({ kind: z.literal('zero'), stride: counts2d })

/** Channels `start` (inclusive) to `end` (exclusive). */
export const ChannelSlice = z.strictObject({
  kind: z.literal('channel-slice'),
  start: z.int().min(0),
  end: count,
})

/** Zero channels appended up to `channels`. */
export const ChannelPad = z.strictObject({ kind: z.literal('channel-pad'), channels: count })

/** Zeros added (positive) or rows and columns cut off (negative) on each side. */
export const Pad2d = z.strictObject({
  kind: z.literal('pad2d'),
  top: z.int(),
  bottom: z.int(),
  left: z.int(),
  right: z.int(),
})

export const Resize = z.strictObject({
  kind: z.literal('resize'),
  size: counts2d,
  mode: z.enum(['nearest', 'bilinear']),
})

/**
 * Pixels set apart by zeros: pixel (y, x) goes to (y stride, x stride) of an image of the given size,
 * which a pooling or a convolution of that stride would bring back: `ceil(size / stride)` is the input's.
 * @see Saxena and Verbeek 2016, "Convolutional Neural Fabrics", section 3.
 */
export const Unpool2d = z.strictObject({
  kind: z.literal('unpool2d'),
  stride: counts2d,
  size: counts2d,
})

/** Zeroes single activations while training and scales the rest by `1 / (1 - rate)`. */
export const Dropout = z.strictObject({ kind: z.literal('dropout'), rate })

/**
 * Zeroes the whole tensor of a sample while training and scales the rest by `1 / (1 - rate)`.
 * @see Larsson et al. 2017, "FractalNet", section 3; Zoph et al. 2018, section 4 (scheduled).
 */
export const DropPath = z.strictObject({ kind: z.literal('drop-path'), rate })

/**
 * One decision of a supernet: the sum of its candidates, weighted by one row of the gate matrix.
 * Each candidate is a graph whose inputs have the shapes of this node's inputs, in order, and whose
 * single output has the same shape as every other candidate's. A candidate whose gate is exactly 0
 * is not computed.
 */
export const Choice = z.strictObject({
  kind: z.literal('choice'),
  /** Row of the gate matrix. Choices of one row share their gates. */
  gate: z.int().min(0),
  get candidates(): z.ZodArray<typeof NetworkGraph> {
    return z.array(NetworkGraph).min(1)
  },
})

/** A learned vector for each token: `[length]` tokens to `[length, features]`. */
export const Embedding = z.strictObject({
  kind: z.literal('embedding'),
  /** Tokens are whole numbers below it. */
  vocabulary: count,
  features: count,
})

/** A learned vector added at each position of a sequence. */
export const PositionalEmbedding = z.strictObject({
  kind: z.literal('positional-embedding'),
  /** Positions that have one; no sequence may be longer. */
  length: count,
})

/** Zero mean and unit variance over the features of each position, then a learned scale and shift. */
export const LayerNorm = z.strictObject({
  kind: z.literal('layer-norm'),
  epsilon: z.number().positive(),
})

/**
 * Scaled dot-product attention of three sequences of one shape: queries, keys, values. Projections
 * are linear nodes of their own.
 * @see Vaswani et al. 2017, "Attention Is All You Need", section 3.2.
 */
export const Attention = z.strictObject({
  kind: z.literal('attention'),
  /** Consecutive slices of the features, attended to apart; divides them. */
  heads: count,
  /** Whether a position sees itself and earlier ones only. */
  causal: z.boolean(),
})

/**
 * One cell applied to each position of a sequence in turn, with the same weights. The cell's inputs
 * are a position and its states, its outputs the states after it, in the same order and shapes; all
 * start at zero. What comes out is the first state after each position.
 */
export const Recurrent = z.strictObject({
  kind: z.literal('recurrent'),
  /** Without choices. */
  get cell(): typeof NetworkGraph {
    return NetworkGraph
  },
})

export const Operation = z.discriminatedUnion('kind', [
  Conv2d,
  Linear,
  BatchNorm,
  Activation,
  Pool2d,
  GlobalPool,
  Flatten,
  Add,
  Multiply,
  Blend,
  Scale,
  Concat,
  Identity,
  Zero,
  ChannelSlice,
  ChannelPad,
  Pad2d,
  Resize,
  Unpool2d,
  Dropout,
  DropPath,
  Embedding,
  PositionalEmbedding,
  LayerNorm,
  Attention,
  Recurrent,
  Choice,
])
export type Operation = z.infer<typeof Operation>
export type OperationKind = Operation['kind']

/** A tensor's shape without its batch axis. */
export const Shape = z.array(count).min(1).max(3)
export type Shape = readonly number[]

export const GraphInput = z.strictObject({
  id: NodeId,
  shape: Shape,
  /** `tokens` for whole numbers, which an embedding takes and nothing else; absent for floats. */
  dtype: z.literal('tokens').optional(),
})
export type GraphInput = z.infer<typeof GraphInput>

export const GraphNode = z.strictObject({
  id: NodeId,
  get op(): typeof Operation {
    return Operation
  },
  /** Ids of graph inputs or of earlier nodes; the order matters for `concat` and `choice`. */
  inputs: z.array(NodeId).min(1),
})
export type GraphNode = z.infer<typeof GraphNode>

export const NetworkGraph = z.strictObject({
  version: z.literal(1),
  inputs: z.array(GraphInput).min(1),
  nodes: z.array(GraphNode),
  outputs: z.array(NodeId).min(1),
})
export type NetworkGraph = z.infer<typeof NetworkGraph>
