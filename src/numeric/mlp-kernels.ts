/**
 * WebAssembly code for dense layers in single precision, on batches of 32 side by side: a unit's
 * values for the whole batch are eight vectors of four, so that every weight is loaded once for all
 * of them and no sum waits for another.
 */
import {
  branchIf,
  type Code,
  end,
  f32Add,
  f32Load,
  f32Store,
  firstFloat,
  floatsAdd,
  floatsDivide,
  floatsGreater,
  floatsMax,
  floatsMultiply,
  floatsRoot,
  floatsSub,
  i32Add,
  i32Const,
  i32NotEqual,
  localGet,
  localSet,
  loop,
  splat,
  vectorAnd,
  vectorLoad,
  vectorLoadSplat,
  vectorShuffle,
  vectorStore,
  type WasmFunction,
  wasmModule,
} from '#src/encoding/wasm.ts'

/** Rows of a batch. */
export const laneCount = 32
/** Bytes of one unit's values for a batch. */
export const unitBytes = 4 * laneCount
/** Where the numbers of `adamNumbers` stand, single precision, in this order. */
export const adamNumbersAt = 0
/** The caller's own from here on. */
export const freeAt = 64

/** What `adam` reads from memory, with t the number of the step. */
export const adamNumbers = [
  'firstDecay',
  'firstShare', // 1 - firstDecay
  'secondDecay',
  'secondShare', // 1 - secondDecay
  'rate', // learning rate / (1 - firstDecay^t)
  'rootShare', // 1 / sqrt(1 - secondDecay^t)
  'epsilon',
] as const

/**
 * Places are byte numbers. The values of a layer are `unitBytes` a unit; a layer's input has a unit of
 * ones before its first, which the first number of each row of weights, the bias, is for.
 */
export interface MlpKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  /**
   * Values of a layer: `y = W x`.
   *
   * @param weights - first row; rows follow each other up to `weightsEnd`
   * @param rowBytes - 4 (1 + inputs)
   */
  forward(weights: number, weightsEnd: number, rowBytes: number, x: number, y: number): void
  /** The same with `max(0, .)` of the values. */
  forwardRelu(weights: number, weightsEnd: number, rowBytes: number, x: number, y: number): void
  /**
   * Gradient of a layer's inputs behind a relu: `dx = Wᵀ dy` where `x > 0`, else 0.
   *
   * @param weights - the first input's weight in the first row
   * @param x - the first input, behind the unit of ones; `dx` likewise
   */
  backwardRelu(
    weights: number,
    rowBytes: number,
    x: number,
    xEnd: number,
    dy: number,
    dyEnd: number,
    dx: number,
  ): void
  /** The same of a layer's inputs as they are: `dx = Wᵀ dy`. */
  backward: MlpKernels['backwardRelu']
  /** Gradient of the weights, summed over the batch: `dW = dy xᵀ`; x with the unit of ones. */
  gradient(dy: number, dyEnd: number, x: number, xEnd: number, gradient: number): void
  /** Adds the same to what stands there. */
  addGradient: MlpKernels['gradient']
  /**
   * A step of Adam (PyTorch's form).
   *
   * @param weights - from here to `weightsEnd`, a multiple of 16 bytes; gradient, first and second
   *   moments follow, `bytes` apart
   */
  adam(weights: number, weightsEnd: number, gradient: number, first: number, second: number): void
}

/** Takes about a millisecond. */
export function createMlpKernels(): MlpKernels {
  const code = wasmModule([
    forwardFunction('forward', false),
    forwardFunction('forwardRelu', true),
    backwardFunction('backward', false),
    backwardFunction('backwardRelu', true),
    gradientFunction('gradient', false),
    gradientFunction('addGradient', true),
    adamFunction(),
  ])
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
  // The module exports exactly these.
  return exports as unknown as MlpKernels
}

/** What is on the stack below a vector, where that is positive; else 0. */
const maskPositive: Code = [...splat(0), ...floatsGreater, ...vectorAnd]
const vectors = Array.from({ length: laneCount / 4 }, (_, index) => index)

function forwardFunction(name: string, isRelu: boolean): WasmFunction {
  const [weights, weightsEnd, rowBytes, x, y, rowEnd, unit, sums] = [
    0, 1, 2, 3, 4, 5, 6, 7,
  ] as const
  const scale = sums + vectors.length
  return {
    name,
    parameterCount: 5,
    hasResult: false,
    i32Locals: 2,
    vectorLocals: vectors.length + 1,
    body: [
      ...loop,
      ...clear(sums),
      ...[...localGet(x), ...localSet(unit)],
      ...[...localGet(weights), ...localGet(rowBytes), ...i32Add, ...localSet(rowEnd)],
      ...loop,
      ...addScaled({ sums, scale, weight: weights, unit }),
      ...[...moveOn(unit, unitBytes), ...moveOn(weights, 4)],
      ...again(weights, rowEnd),
      ...vectors.flatMap((index) => [
        ...[...localGet(y), ...localGet(sums + index)],
        ...(isRelu ? [...splat(0), ...floatsMax] : []),
        ...vectorStore(16 * index),
      ]),
      ...moveOn(y, unitBytes),
      ...again(weights, weightsEnd),
    ],
  }
}

function backwardFunction(name: string, isRelu: boolean): WasmFunction {
  const [weights, rowBytes, x, xEnd, dy, dyEnd, dx] = [0, 1, 2, 3, 4, 5, 6] as const
  const [weight, unit, sums] = [7, 8, 9] as const
  const scale = sums + vectors.length
  return {
    name,
    parameterCount: 7,
    hasResult: false,
    i32Locals: 2,
    vectorLocals: vectors.length + 1,
    body: [
      ...loop,
      ...clear(sums),
      ...[...localGet(weights), ...localSet(weight), ...localGet(dy), ...localSet(unit)],
      ...loop,
      ...addScaled({ sums, scale, weight, unit }),
      ...[...moveOn(unit, unitBytes)],
      ...[...localGet(weight), ...localGet(rowBytes), ...i32Add, ...localSet(weight)],
      ...again(unit, dyEnd),
      ...vectors.flatMap((index) => [
        ...[...localGet(dx), ...localGet(sums + index)],
        ...(isRelu ? [...localGet(x), ...vectorLoad(16 * index), ...maskPositive] : []),
        ...vectorStore(16 * index),
      ]),
      ...[...moveOn(weights, 4), ...moveOn(x, unitBytes), ...moveOn(dx, unitBytes)],
      ...again(x, xEnd),
    ],
  }
}

function gradientFunction(name: string, isAdded: boolean): WasmFunction {
  const [dy, dyEnd, x, xEnd, gradient, unit, slopes] = [0, 1, 2, 3, 4, 5, 6] as const
  const sum = slopes + vectors.length
  const product = (index: number): Code => [
    ...[...localGet(slopes + index), ...localGet(unit), ...vectorLoad(16 * index)],
    ...floatsMultiply,
  ]
  // Pairs of products first: fewer sums that wait for each other.
  const pairs = vectors.filter((index) => index % 2 === 0)
  const total = pairs.flatMap((index, place) => [
    ...[...product(index), ...product(index + 1), ...floatsAdd],
    ...(place > 0 ? floatsAdd : []),
  ])
  return {
    name,
    parameterCount: 5,
    hasResult: false,
    i32Locals: 1,
    vectorLocals: vectors.length + 1,
    body: [
      ...loop,
      ...vectors.flatMap((index) => [
        ...[...localGet(dy), ...vectorLoad(16 * index), ...localSet(slopes + index)],
      ]),
      ...[...localGet(x), ...localSet(unit)],
      ...loop,
      ...[...localGet(gradient), ...total],
      ...[...foldHalves(sum, 8), ...foldHalves(sum, 4), ...firstFloat],
      ...(isAdded ? [...localGet(gradient), ...f32Load(0), ...f32Add] : []),
      ...f32Store(0),
      ...[...moveOn(gradient, 4), ...moveOn(unit, unitBytes)],
      ...again(unit, xEnd),
      ...moveOn(dy, unitBytes),
      ...again(dy, dyEnd),
    ],
  }
}

function adamFunction(): WasmFunction {
  const [weights, weightsEnd, gradient, first, second] = [0, 1, 2, 3, 4] as const
  const [slope, mean, square, numbers] = [5, 6, 7, 8] as const
  const number = (name: (typeof adamNumbers)[number]) =>
    localGet(numbers + adamNumbers.indexOf(name))
  return {
    name: 'adam',
    parameterCount: 5,
    hasResult: false,
    i32Locals: 0,
    vectorLocals: 3 + adamNumbers.length,
    body: [
      ...adamNumbers.flatMap((_, index) => [
        ...[
          ...i32Const(adamNumbersAt),
          ...vectorLoadSplat(4 * index),
          ...localSet(numbers + index),
        ],
      ]),
      ...loop,
      ...[...localGet(gradient), ...vectorLoad(0), ...localSet(slope)],
      ...[...localGet(first), ...vectorLoad(0), ...number('firstDecay'), ...floatsMultiply],
      ...[...localGet(slope), ...number('firstShare'), ...floatsMultiply, ...floatsAdd],
      ...localSet(mean),
      ...[...localGet(second), ...vectorLoad(0), ...number('secondDecay'), ...floatsMultiply],
      ...[...localGet(slope), ...localGet(slope), ...floatsMultiply],
      ...[...number('secondShare'), ...floatsMultiply, ...floatsAdd, ...localSet(square)],
      ...[...localGet(first), ...localGet(mean), ...vectorStore(0)],
      ...[...localGet(second), ...localGet(square), ...vectorStore(0)],
      ...[...localGet(weights), ...localGet(weights), ...vectorLoad(0)],
      ...[...localGet(mean), ...number('rate'), ...floatsMultiply],
      ...[...localGet(square), ...floatsRoot, ...number('rootShare'), ...floatsMultiply],
      ...[...number('epsilon'), ...floatsAdd, ...floatsDivide, ...floatsSub, ...vectorStore(0)],
      ...[gradient, first, second, weights].flatMap((place) => moveOn(place, 16)),
      ...again(weights, weightsEnd),
    ],
  }
}

interface ScaledSum {
  /** The first of eight vectors. */
  readonly sums: number
  readonly scale: number
  readonly weight: number
  readonly unit: number
}

/** Adds a unit's values, times a weight, to the sums. */
function addScaled({ sums, scale, weight, unit }: ScaledSum): Code {
  return [
    ...[...localGet(weight), ...vectorLoadSplat(0), ...localSet(scale)],
    ...vectors.flatMap((index) => [
      ...[...localGet(sums + index), ...localGet(unit), ...vectorLoad(16 * index)],
      ...[...localGet(scale), ...floatsMultiply, ...floatsAdd, ...localSet(sums + index)],
    ]),
  ]
}

/** Adds what stands this many bytes behind to each float of the vector on the stack. */
function foldHalves(scratch: number, bytes: number): Code {
  const moved = Array.from({ length: 16 }, (_, byte) => (byte + bytes) % 16)
  return [
    ...localSet(scratch),
    ...[...localGet(scratch), ...localGet(scratch), ...localGet(scratch)],
    ...[...vectorShuffle(moved), ...floatsAdd],
  ]
}

function clear(first: number): Code {
  return vectors.flatMap((index) => [...splat(0), ...localSet(first + index)])
}

function moveOn(place: number, bytes: number): Code {
  return [...localGet(place), ...i32Const(bytes), ...i32Add, ...localSet(place)]
}

/** The end of a loop that goes on until a place is reached. */
function again(place: number, last: number): Code {
  return [...localGet(place), ...localGet(last), ...i32NotEqual, ...branchIf, ...end]
}

/** What is used of the global; TypeScript has its type among those of browsers only. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}
