/** The operators that surrogates of tabular benchmarks are made of; @see ONNX operators, opset 13. */
import { axisOf, refuseGraph, sizeOf, type Tensor } from './tensor.ts'

/** Attributes of a node, by name. */
export interface Attributes {
  readonly integers: Readonly<Record<string, number>>
  readonly floats: Readonly<Record<string, number>>
  readonly tensors: Readonly<Record<string, Tensor>>
}

export type Operator = (inputs: readonly Tensor[], attributes: Attributes) => Tensor

export const operators: Readonly<Record<string, Operator>> = {
  Constant: (_, { tensors }) => tensors.value ?? refuseGraph('a constant with a value', 'none'),
  Add: binary((first, second) => first + second),
  Sub: binary((first, second) => first - second),
  Mul: binary((first, second) => first * second),
  Div: (inputs) =>
    input(inputs, 0).kind === 'integer'
      ? divideWhole(inputs, { integers: {}, floats: {}, tensors: {} })
      : divide(inputs, { integers: {}, floats: {}, tensors: {} }),
  Log: unary(Math.log),
  Exp: unary(Math.exp),
  Relu: unary((value) => Math.max(value, 0)),
  Sigmoid: unary((value) => 1 / (1 + Math.exp(-value))),
  Cast: cast,
  Shape: (inputs) => {
    const { dims } = input(inputs, 0)
    return { kind: 'integer', dims: [dims.length], values: Float64Array.from(dims) }
  },
  Unsqueeze: unsqueeze,
  Gather: gather,
  Concat: concat,
  Slice: slice,
  Gemm: gemm,
  BatchNormalization: batchNormalization,
}

const divide = binary((first, second) => first / second)
const divideWhole = binary((first, second) => Math.trunc(first / second))

function input(inputs: readonly Tensor[], position: number): Tensor {
  return inputs[position] ?? refuseGraph(`an input ${position}`, `${inputs.length} inputs`)
}

function like({ kind }: Tensor, dims: readonly number[]): Tensor {
  const size = sizeOf(dims)
  return {
    kind,
    dims,
    values: kind === 'float' ? new Float32Array(size) : new Float64Array(size),
  }
}

/** Each number by itself. */
function unary(of: (value: number) => number): Operator {
  return (inputs) => {
    const { kind, dims, values } = input(inputs, 0)
    return { kind, dims, values: values.map(of) }
  }
}

/** Number by number; one of the two may be a single number. */
function binary(of: (first: number, second: number) => number): Operator {
  return (inputs) => {
    const [first, second] = [input(inputs, 0), input(inputs, 1)]
    const larger = first.values.length >= second.values.length ? first : second
    const smaller = larger === first ? second : first
    if (smaller.values.length !== 1 && smaller.values.length !== larger.values.length) {
      refuseGraph(`tensors of one shape`, `${first.dims} and ${second.dims}`)
    }
    const result = like(larger, larger.dims)
    for (let index = 0; index < result.values.length; index++) {
      result.values[index] = of(at(first, index), at(second, index))
    }
    return result
  }
}

function at({ values }: Tensor, index: number): number {
  return values[values.length === 1 ? 0 : index] ?? 0
}

function cast(inputs: readonly Tensor[], { integers }: Attributes): Tensor {
  const { dims, values } = input(inputs, 0)
  // 1 is a float of 32 bits, 7 an integer of 64.
  if (integers.to === 1) return { kind: 'float', dims, values: Float32Array.from(values) }
  if (integers.to === 7) {
    return { kind: 'integer', dims, values: Float64Array.from(values, Math.trunc) }
  }
  return refuseGraph('a cast to float or int64', String(integers.to))
}

function unsqueeze(inputs: readonly Tensor[]): Tensor {
  const { kind, dims, values } = input(inputs, 0)
  const axes = [...input(inputs, 1).values]
  const result = [...dims]
  const all = dims.length + axes.length
  for (const axis of axes.map((one) => (one < 0 ? one + all : one)).sort((a, b) => a - b)) {
    result.splice(axis, 0, 1)
  }
  return { kind, dims: result, values }
}

/** Picks rows along an axis. */
function gather(inputs: readonly Tensor[], { integers }: Attributes): Tensor {
  const [data, indices] = [input(inputs, 0), input(inputs, 1)]
  const axis = axisOf(data, integers.axis ?? 0)
  const count = data.dims[axis] ?? 0
  const inner = sizeOf(data.dims.slice(axis + 1))
  const outer = sizeOf(data.dims.slice(0, axis))
  const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)]
  const result = like(data, dims)
  let to = 0
  for (let block = 0; block < outer; block++) {
    for (const raw of indices.values) {
      const row = raw < 0 ? raw + count : raw
      if (!(row >= 0 && row < count)) refuseGraph(`an index below ${count}`, String(raw))
      const from = (block * count + row) * inner
      result.values.set(data.values.subarray(from, from + inner), to)
      to += inner
    }
  }
  return result
}

function concat(inputs: readonly Tensor[], { integers }: Attributes): Tensor {
  const first = input(inputs, 0)
  const axis = axisOf(first, integers.axis ?? 0)
  const width = inputs.reduce((sum, { dims }) => sum + (dims[axis] ?? 0), 0)
  const result = like(first, first.dims.with(axis, width))
  const outer = sizeOf(first.dims.slice(0, axis))
  let to = 0
  for (let block = 0; block < outer; block++) {
    for (const { dims, values } of inputs) {
      const inner = sizeOf(dims.slice(axis))
      result.values.set(values.subarray(block * inner, (block + 1) * inner), to)
      to += inner
    }
  }
  return result
}

/** A range along one axis, in steps of one. */
function slice(inputs: readonly Tensor[]): Tensor {
  const data = input(inputs, 0)
  if (inputs.length > 4 || input(inputs, 1).values.length !== 1) {
    refuseGraph('a slice of one axis in steps of one', `${inputs.length} inputs`)
  }
  const axis = axisOf(data, inputs[3]?.values[0] ?? 0)
  const count = data.dims[axis] ?? 0
  const bound = (position: number) => {
    const raw = input(inputs, position).values[0] ?? 0
    return Math.min(Math.max(raw < 0 ? raw + count : raw, 0), count)
  }
  const [start, end] = [bound(1), bound(2)]
  const inner = sizeOf(data.dims.slice(axis + 1))
  const outer = sizeOf(data.dims.slice(0, axis))
  const length = Math.max(end - start, 0) * inner
  const result = like(data, data.dims.with(axis, Math.max(end - start, 0)))
  for (let block = 0; block < outer; block++) {
    const from = (block * count + start) * inner
    result.values.set(data.values.subarray(from, from + length), block * length)
  }
  return result
}

/** `alpha A B + beta C`, with B transposed as layers are kept: one row an output. */
function gemm(inputs: readonly Tensor[], { integers, floats }: Attributes): Tensor {
  const [a, b] = [input(inputs, 0), input(inputs, 1)]
  const bias = inputs[2]
  const [rows = 0, inner = 0] = a.dims
  const [outputs = 0, width = 0] = b.dims
  if (integers.transA === 1 || integers.transB !== 1 || inner !== width || b.dims.length !== 2) {
    refuseGraph('A times B transposed', `${a.dims} times ${b.dims}`)
  }
  const { alpha = 1, beta = 1 } = floats
  const result = like(a, [rows, outputs])
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outputs; output++) {
      const sum = dot(
        { values: a.values, from: row * inner },
        { values: b.values, from: output * inner },
        inner,
      )
      result.values[row * outputs + output] = alpha * sum + beta * (bias ? at(bias, output) : 0)
    }
  }
  return result
}

/** Inference: each channel by its running mean and variance. */
function batchNormalization(inputs: readonly Tensor[], { floats }: Attributes): Tensor {
  const data = input(inputs, 0)
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((position) => input(inputs, position))
  if (!scale || !shift || !mean || !variance) return refuseGraph('five inputs', 'fewer')
  const channels = data.dims[1] ?? 1
  const inner = sizeOf(data.dims.slice(2))
  const epsilon = floats.epsilon ?? 1e-5
  const result = like(data, data.dims)
  for (let index = 0; index < data.values.length; index++) {
    const channel = Math.floor(index / inner) % channels
    const normed =
      (at(data, index) - at(mean, channel)) / Math.sqrt(at(variance, channel) + epsilon)
    result.values[index] = normed * at(scale, channel) + at(shift, channel)
  }
  return result
}

interface Stretch {
  readonly values: Tensor['values']
  readonly from: number
}

/** Of two stretches that lie within their arrays: the inner loop of everything. */
function dot(a: Stretch, b: Stretch, count: number): number {
  const [first, second] = [a.values, b.values]
  const [fromA, fromB] = [a.from, b.from]
  let sum = 0
  for (let index = 0; index < count; index++) {
    // Both indices are in range, so there is a number.
    sum += (first[fromA + index] as number) * (second[fromB + index] as number)
  }
  return sum
}
