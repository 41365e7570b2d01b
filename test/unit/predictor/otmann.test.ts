import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cholesky } from '#src/numeric/cholesky.ts'
import { symmetricEigen } from '#src/numeric/symmetric-eigen.ts'
import {
  labelMismatch,
  type OtmannKind,
  type OtmannLayer,
  otmannComparison,
  otmannNetwork,
  structuralPenalty,
  structureWeights,
} from '#src/predictor/otmann.ts'
import {
  drawSetting,
  moveSetting,
  noiseVarianceOf,
  otmannKernels,
  pairSize,
  projectPositive,
  selfKernel,
} from '#src/predictor/otmann-kernel.ts'
import { Random } from '#src/random/random.ts'

const layer = (
  kind: OtmannKind,
  inputs: readonly number[] = [],
  { kernel = 0, channels = 0, label = kind as string } = {},
): OtmannLayer => ({ kind, label, kernel, channels, inputs })

const input = layer('input', [], { channels: 1 })
/** ip, the layers, softmax, op: a chain. */
const chain = (...layers: readonly (readonly [number, number])[]) => [
  input,
  ...layers.map(([kernel, channels], index) => layer('conv', [index], { kernel, channels })),
  layer('decision', [layers.length]),
  layer('output', [layers.length + 1]),
]
const a = otmannNetwork(chain([3, 16]))
const b = otmannNetwork(chain([3, 16], [5, 32]))
const c = otmannNetwork(chain([5, 16]))
const compare = otmannComparison()

describe('masses', () => {
  it('are those of the sheet', () => {
    expect([...a.masses]).toEqual([100, 16, 100, 100])
    expect([...b.masses]).toEqual([100, 16, 512, 100, 100])
  })

  it('count pools by what they read, linear layers by a tenth, several inputs together', () => {
    const network = otmannNetwork([
      input,
      layer('conv', [0], { kernel: 3, channels: 20 }),
      layer('conv', [0], { kernel: 1, channels: 30 }),
      layer('max-pool', [1, 2], { kernel: 3, channels: 7 }),
      layer('conv', [3], { kernel: 3, channels: 100 }),
      layer('linear', [4], { channels: 50 }),
      layer('decision', [5]),
      layer('decision', [4], { label: 'second' }),
      layer('output', [6, 7]),
    ])
    // 20 + 30 + 50 + 5000 + 500 between the ends; a tenth of that at each, shared by two decisions.
    expect([...network.masses]).toEqual([560, 20, 30, 50, 5000, 500, 280, 280, 560])
  })
})

describe('the cost of a match', () => {
  const conv = (kernel: number) => layer('conv', [], { kernel })
  const separable = (kernel: number) => layer('separable', [], { kernel })

  it('is 0 for what does the same, and infinite for what cannot be matched', () => {
    expect(labelMismatch(conv(3), conv(3))).toBe(0)
    expect(labelMismatch(layer('linear'), layer('linear'))).toBe(0)
    expect(labelMismatch(conv(3), layer('max-pool'))).toBe(Number.POSITIVE_INFINITY)
    expect(labelMismatch(layer('input'), layer('output'))).toBe(Number.POSITIVE_INFINITY)
    const [softmax, linear] = [layer('decision'), layer('decision', [], { label: 'linear' })]
    expect(labelMismatch(softmax, linear)).toBe(Number.POSITIVE_INFINITY)
  })

  it('grows with the difference of windows, as in the sheet', () => {
    expect(labelMismatch(conv(3), conv(5))).toBeCloseTo(0.2, 12)
    expect(labelMismatch(conv(3), conv(7))).toBeCloseTo(0.282843, 6)
    expect(labelMismatch(separable(3), separable(5))).toBeCloseTo(0.2, 12)
    expect(labelMismatch(conv(3), separable(3))).toBeCloseTo(0.1, 12)
    expect(labelMismatch(separable(5), conv(3))).toBeCloseTo(0.28, 12)
    expect(labelMismatch(layer('max-pool'), layer('avg-pool'))).toBe(0.5)
  })

  it('has the structural penalties of the sheet', () => {
    const found = [0, 1, 2, 3].map((row) =>
      [0, 1, 2, 3, 4].map((column) => structuralPenalty(a, b, row, column)),
    )
    expect(found).toEqual([
      [0.25, 0.375, 0.625, 1, 1.25],
      [0.625, 0.25, 0.25, 0.625, 0.875],
      [1, 0.625, 0.375, 0.25, 0.5],
      [1.25, 0.875, 0.625, 0.25, 0.25],
    ])
  })
})

/** Networks in which each layer reads some of those before it, and is read. */
const network: fc.Arbitrary<readonly OtmannLayer[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<OtmannKind>('conv', 'separable', 'max-pool', 'avg-pool', 'linear'),
      kernel: fc.constantFrom(1, 3, 5),
      channels: fc.integer({ min: 1, max: 64 }),
      reads: fc.integer({ min: 1, max: 255 }),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((drawn) => {
    const layers = drawn.map(({ kind, kernel, channels, reads }, index) => {
      const inputs = Array.from({ length: index + 1 }, (_, at) => at).filter(
        (at) => (reads >> at) & 1,
      )
      return layer(kind, inputs.length > 0 ? inputs : [index], { kernel, channels })
    })
    const all = [input, ...layers]
    const unread = [...all.keys()].filter((at) => !all.some(({ inputs }) => inputs.includes(at)))
    return [...all, layer('decision', unread), layer('output', [all.length])]
  })

/** Other numbers for the layers between the ends, each still after its inputs. */
function renumbered(layers: readonly OtmannLayer[]): readonly OtmannLayer[] {
  const order: number[] = []
  const rest = new Set(layers.keys())
  while (rest.size > 0) {
    const next = [...rest].findLast((at) =>
      (layers[at]?.inputs ?? []).every((read) => !rest.has(read)),
    ) as number
    order.push(next)
    rest.delete(next)
  }
  return order.map((at) => {
    const { inputs, ...others } = layers[at] as OtmannLayer
    return { ...others, inputs: inputs.map((read) => order.indexOf(read)) }
  })
}

describe('the distance', () => {
  it('is that of the sheet', () => {
    expect([...compare(a, a)]).toEqual([0, 0, 0, 0])
    for (const distance of compare(a, c)) {
      expect(distance).toBeCloseTo(3.2, 9)
      expect(distance / (a.totalMass + c.totalMass)).toBeCloseTo(0.00506329, 8)
    }
    const expected = [
      [519.9, 0.454458],
      [531.75, 0.464816],
      [560.19, 0.489677],
      [630.5, 0.551136],
    ] as const
    for (const [index, distance] of compare(a, b).entries()) {
      const [whole = 0, normalised = 0] = expected[index] ?? []
      expect(distance).toBeCloseTo(whole, 9)
      expect(distance).toBeCloseTo(512 + 79 * (structureWeights[index] ?? 0), 9)
      expect(distance / (a.totalMass + b.totalMass)).toBeCloseTo(normalised, 6)
    }
  })

  it('is symmetric, 0 for other numbers of the same layers, and at most all masses', () => {
    fc.assert(
      fc.property(network, network, (first, second) => {
        const [one, other] = [otmannNetwork(first), otmannNetwork(second)]
        const same = otmannNetwork(renumbered(first))
        const total = one.totalMass + other.totalMass
        const forth = compare(one, other)
        const back = compare(other, one)
        const renamed = compare(same, other)
        for (const [index, distance] of forth.entries()) {
          expect(distance).toBeGreaterThanOrEqual(0)
          expect(distance).toBeLessThanOrEqual(total)
          expect(back[index]).toBeCloseTo(distance, 6)
          expect(renamed[index]).toBeCloseTo(distance, 6)
          // A heavier penalty never brings networks nearer.
          expect(distance).toBeGreaterThanOrEqual((forth[index - 1] ?? 0) - 1e-9)
        }
        for (const distance of compare(one, same)) expect(distance).toBe(0)
      }),
    )
  })
})

describe('the kernel', () => {
  const random = Random.named('otmann kernel')
  const settings = Array.from({ length: 20 }, () => drawSetting(random))

  it('is the sum of two exponentials of distances', () => {
    for (const setting of settings) {
      const pair = [40, 50, 60, 70, 0.1, 0.2, 0.3, 0.4]
      const [, first = 0, second = 0, ...factors] = setting.map(Math.exp)
      const part = (from: number) =>
        [0, 1, 2, 3].reduce(
          (sum, at) => sum + (factors[from + at] ?? 0) * (pair[from + at] ?? 0),
          0,
        )
      const expected = first * Math.exp(-part(0)) + second * Math.exp(-part(4))
      const kernels = otmannKernels(setting, [...Array(pairSize).fill(0), ...pair], 2)
      expect(kernels[0]).toBeCloseTo(selfKernel(setting), 9)
      expect(kernels[1]).toBeCloseTo(expected, 9)
    }
  })

  it('has hyperparameters within the published ranges, also after moves', () => {
    for (const setting of settings.flatMap((one) => [one, moveSetting(one, random)])) {
      const [noise = 0, ...others] = setting.map(Math.exp)
      expect(noiseVarianceOf(setting)).toBe(noise)
      expect(noise).toBeGreaterThanOrEqual(0.005 - 1e-12)
      expect(noise).toBeLessThanOrEqual(0.2 + 1e-12)
      for (const [index, value] of others.entries()) {
        const [lower, upper] = index < 2 ? [0.01, 100] : index < 6 ? [1e-9, 1e-3] : [0.1, 100]
        expect(value).toBeGreaterThanOrEqual(lower * (1 - 1e-9))
        expect(value).toBeLessThanOrEqual(upper * (1 + 1e-9))
      }
    }
  })

  it('is made positive semidefinite by cutting negative eigenvalues off', () => {
    const size = 6
    const matrix = new Float64Array(size * size)
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        matrix[i * size + j] = i === j ? 1 : 2 * random.uniform() - 1
        matrix[j * size + i] = matrix[i * size + j] as number
      }
    }
    const before = [...symmetricEigen(matrix, size).values].sort((x, y) => x - y)
    expect(before[0]).toBeLessThan(-0.1)
    const projected = projectPositive(matrix, size)
    const after = [...symmetricEigen(projected, size).values].sort((x, y) => x - y)
    for (const [index, value] of after.entries()) {
      expect(value).toBeCloseTo(Math.max(0, before[index] ?? 0), 9)
    }
    for (let i = 0; i < size; i++) projected[i * size + i] = (projected[i * size + i] ?? 0) + 1e-9
    expect(cholesky(projected, size).jitter).toBe(0)
  })
})
