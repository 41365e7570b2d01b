import { describe, expect, it } from 'vitest'
import { readOnnxModel } from '#src/benchmark/onnx/onnx-model.ts'
import { operators } from '#src/benchmark/onnx/operators.ts'
import { type Tensor, tensor } from '#src/benchmark/onnx/tensor.ts'
import { onnxBytes, type WrittenModel } from '#test/fixtures/onnx-bytes.ts'

const floats = (dims: readonly number[], ...values: number[]) => tensor('float', dims, values)
const integers = (dims: readonly number[], ...values: number[]) => tensor('integer', dims, values)
const none = { integers: {}, floats: {}, tensors: {} }
const apply = (
  name: string,
  inputs: readonly Tensor[],
  attributes: { integers?: Record<string, number>; floats?: Record<string, number> } = {},
) => {
  const result = operators[name]?.(inputs, { ...none, ...attributes })
  if (!result) throw new Error(`No operator ${name}`)
  return { dims: result.dims, values: [...result.values] }
}

describe('operators, by hand', () => {
  it('of numbers by themselves and in pairs', () => {
    const pair = [floats([3], 1, -2, 4), floats([], 2)] as const
    expect(apply('Add', pair).values).toEqual([3, 0, 6])
    expect(apply('Sub', pair).values).toEqual([-1, -4, 2])
    expect(apply('Sub', [pair[1], pair[0]]).values).toEqual([1, 4, -2])
    expect(apply('Mul', pair).values).toEqual([2, -4, 8])
    expect(apply('Div', pair).values).toEqual([0.5, -1, 2])
    expect(apply('Div', [integers([1], 7), integers([1], 2)]).values).toEqual([3])
    expect(apply('Relu', [pair[0]]).values).toEqual([1, 0, 4])
    expect(apply('Log', [floats([1], Math.E)]).values[0]).toBeCloseTo(1, 6)
    expect(apply('Exp', [floats([1], 1)]).values[0]).toBeCloseTo(Math.E, 6)
    expect(apply('Sigmoid', [floats([2], 0, Math.log(3))]).values).toEqual([0.5, 0.75])
    expect(apply('Cast', [floats([2], 1.9, -1.9)], { integers: { to: 7 } }).values).toEqual([1, -1])
    expect(() => apply('Add', [floats([2], 1, 2), floats([3], 1, 2, 3)])).toThrow(/one shape/)
  })

  it('of shapes', () => {
    const matrix = floats([2, 3], 1, 2, 3, 4, 5, 6)
    expect(apply('Shape', [matrix])).toEqual({ dims: [2], values: [2, 3] })
    expect(apply('Unsqueeze', [matrix, integers([1], 1)]).dims).toEqual([2, 1, 3])
    expect(apply('Unsqueeze', [matrix, integers([1], -1)]).dims).toEqual([2, 3, 1])
    const column = apply('Gather', [matrix, integers([], 1)], { integers: { axis: 1 } })
    expect(column).toEqual({ dims: [2], values: [2, 5] })
    const rows = apply('Gather', [matrix, integers([3], 1, 0, -1)])
    expect(rows).toEqual({ dims: [3, 3], values: [4, 5, 6, 1, 2, 3, 4, 5, 6] })
    expect(() => apply('Gather', [matrix, integers([], 2)])).toThrow(/an index below 2, found 2/)
    const joined = apply('Concat', [matrix, floats([2, 1], 9, 8)], { integers: { axis: 1 } })
    expect(joined).toEqual({ dims: [2, 4], values: [1, 2, 3, 9, 4, 5, 6, 8] })
    const cut = apply('Slice', [matrix, integers([1], 1), integers([1], 9), integers([1], -1)])
    expect(cut).toEqual({ dims: [2, 2], values: [2, 3, 5, 6] })
  })

  it('of layers', () => {
    const layer = [floats([1, 2], 1, 2), floats([3, 2], 1, 0, 0, 1, 1, 1), floats([3], 10, 20, 30)]
    const transposed = { integers: { transB: 1 } }
    expect(apply('Gemm', layer, transposed)).toEqual({ dims: [1, 3], values: [11, 22, 33] })
    const scaled = { ...transposed, floats: { alpha: 2, beta: 0.5 } }
    expect(apply('Gemm', layer, scaled).values).toEqual([7, 14, 21])
    expect(() => apply('Gemm', layer)).toThrow(/A times B transposed/)
    const normed = apply(
      'BatchNormalization',
      [
        floats([1, 2], 3, 5),
        floats([2], 2, 1),
        floats([2], 0, 1),
        floats([2], 1, 5),
        floats([2], 4, 1),
      ],
      { floats: { epsilon: 0 } },
    )
    expect(normed.values).toEqual([2, 1])
  })
})

/** relu(x W + b) halved, with the half a constant. */
const model: WrittenModel = {
  inputs: ['x'],
  outputs: ['y'],
  weights: [
    { name: 'w', type: 1, dims: [2, 2], values: [1, -1, 2, 0] },
    { name: 'b', type: 1, dims: [2], values: [0.5, -1] },
  ],
  nodes: [
    { operator: 'Gemm', inputs: ['x', 'w', 'b'], output: 'h', integers: { transB: 1 } },
    { operator: 'Relu', inputs: ['h'], output: 'r' },
    {
      operator: 'Constant',
      inputs: [],
      output: 'c',
      tensors: { value: { type: 1, dims: [], values: [0.5] } },
    },
    { operator: 'Mul', inputs: ['r', 'c'], output: 'y' },
  ],
}

describe('an ONNX model', () => {
  it('is computed from its bytes', () => {
    const read = readOnnxModel(onnxBytes(model))
    expect(read.inputs).toEqual(['x'])
    expect(read.outputs).toEqual(['y'])
    const [y] = read.run({ x: floats([1, 2], 3, 1) })
    expect([...(y?.values ?? [])]).toEqual([1.25, 2.5])
    const [again] = read.run({ x: floats([1, 2], 3, 1) })
    expect(again).toEqual(y)
  })

  it('computes once what depends on no input', () => {
    const folded = { ...model, inputs: [], nodes: [...model.nodes] }
    const weights = [
      ...(model.weights ?? []),
      { name: 'x', type: 1, dims: [1, 2], values: [3, 1] } as const,
    ]
    const [y] = readOnnxModel(onnxBytes({ ...folded, weights })).run({})
    expect([...(y?.values ?? [])]).toEqual([1.25, 2.5])
  })

  it('refuses operators and tensors that it does not know, by name', () => {
    const [first, ...others] = model.nodes
    const odd = {
      ...model,
      nodes: [{ ...(first as typeof first & object), operator: 'LSTM' }, ...others],
    }
    expect(() => readOnnxModel(onnxBytes(odd as WrittenModel))).toThrow(
      /^The ONNX graph cannot be computed: expected one of Constant, Add, .*, found LSTM$/,
    )
    const short = { name: 'w', type: 1 as const, dims: [2, 2], values: [1, 2, 3] }
    expect(() => readOnnxModel(onnxBytes({ ...model, weights: [short] }))).toThrow(
      'The ONNX tensor w cannot be read: expected 4 raw numbers of float, int32 or int64, found 12 bytes of type 1',
    )
  })

  it('refuses what is no model, and inputs that are missing', () => {
    expect(() => readOnnxModel(Buffer.from('PK'))).toThrow(
      expect.objectContaining({ code: 'benchmark/invalid' }),
    )
    expect(() => readOnnxModel(Buffer.alloc(0))).toThrow(/expected a graph, found none/)
    const bytes = onnxBytes(model)
    expect(() => readOnnxModel(bytes.subarray(0, bytes.length - 9))).toThrow(
      expect.objectContaining({ code: 'benchmark/invalid' }),
    )
    expect(() => readOnnxModel(bytes).run({})).toThrow(/expected an input x/)
  })
})
