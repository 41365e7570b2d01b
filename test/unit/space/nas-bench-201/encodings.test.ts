import { describe, expect, it } from 'vitest'
import { decodeUnitVector } from '#src/parameter/unit-vector.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'

const space = nasBench201({ cellsPerStage: 1, channels: 4 })
const { parameters, adjacency, path } = space.encodings
/** Number 1 of the benchmark. */
const cell = space.parse(
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|',
)

function ones(vector: readonly number[] = []): readonly number[] {
  return vector.flatMap((bit, index) => (bit === 1 ? [index] : []))
}

describe('NAS-Bench-201 as hyperparameters', () => {
  it('is a choice of an operation for each of six edges', () => {
    expect(parameters?.space.parameters).toHaveLength(6)
    expect(parameters?.encode(cell)).toEqual({
      edge0_1: 'nor_conv_3x3',
      edge0_2: 'nor_conv_3x3',
      edge1_2: 'avg_pool_3x3',
      edge0_3: 'skip_connect',
      edge1_3: 'nor_conv_3x3',
      edge2_3: 'skip_connect',
    })
  })

  it('takes six shares to the operations whose bins they are in', () => {
    expect(parameters).toBeDefined()
    if (!parameters) return
    const configuration = decodeUnitVector(parameters.space, [0.7, 0.6, 1, 0.39, 0.61, 0.2])
    expect(parameters.decode(configuration)).toEqual({ architecture: cell })
  })
})

describe('the adjacency code of NAS-Bench-201', () => {
  it('has one operation in each row of five', () => {
    expect(adjacency?.size).toBe(30)
    expect(ones(adjacency?.encode(cell))).toEqual([3, 8, 14, 16, 23, 26])
  })
})

describe('the path code of NAS-Bench-201', () => {
  it('has the bits that naszilla gives', () => {
    expect(path?.size).toBe(155)
    expect(path?.encode(cell)).toHaveLength(155)
    expect(ones(path?.encode(cell))).toEqual([4, 17, 27, 132])
  })

  it('puts both ways over two edges into the same bits, so that codes can collide', () => {
    const first = space.parse(
      '|skip_connect~0|+|avg_pool_3x3~0|none~1|+|none~0|none~1|nor_conv_1x1~2|',
    )
    const second = space.parse(
      '|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|none~2|',
    )
    // none: 3; skip then none: 5 + 4 + 15; pool then conv 1x1: 5 + 0 + 5.
    expect(ones(path?.encode(first))).toEqual([3, 10, 24, 74])
    expect(ones(path?.encode(second))).toEqual([3, 10, 24, 120])
  })

  it('has at most four bits and at least three, wherever a cell is', () => {
    for (let index = 0; index < 15_625; index += 61) {
      const digits = index.toString(5).padStart(6, '0')
      const configuration = decodeUnitVector(
        parameters?.space ?? expect.fail(),
        [...digits].map((digit) => (Number(digit) + 0.5) / 5),
      )
      const decoded = parameters?.decode(configuration)
      if (!decoded || !('architecture' in decoded)) throw new Error('no cell')
      const bits = ones(path?.encode(decoded.architecture))
      expect(bits.length).toBeGreaterThanOrEqual(3)
      expect(bits.length).toBeLessThanOrEqual(4)
      expect(bits.at(0)).toBeLessThan(5)
      expect(bits.at(-1)).toBeGreaterThanOrEqual(30)
    }
  })
})
