import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'

const space = nasBench101(NasBench101Settings.parse({}))
const { parameters, adjacency, path } = space.encodings
/** The example of the official notebook. */
const inception = space.parse(
  'conv1x1(0)|conv3x3(0)|conv3x3(0)|conv3x3(3)|maxpool3x3(0)|output(1,2,4,5)',
)
const unused = '|conv3x3()|conv3x3()|conv3x3()'

function ones(vector: readonly number[] = []): readonly number[] {
  return vector.flatMap((bit, index) => (bit === 1 ? [index] : []))
}

describe('the path code of NAS-Bench-101', () => {
  it('has the bits that the published index gives', () => {
    expect(path?.size).toBe(364)
    expect(path?.encode(inception)).toHaveLength(364)
    expect(ones(path?.encode(inception))).toEqual([1, 2, 3, 4])
  })

  it.each([
    ['conv3x3()|conv3x3()', 'output(0)', [0]],
    ['conv3x3(0)|conv3x3(1)', 'output(2)', [4]],
    ['conv3x3(0)|maxpool3x3(1)', 'output(2)', [10]],
    ['conv1x1(0)|maxpool3x3(1)', 'output(2)', [11]],
    ['conv1x1(0)|maxpool3x3(0,1)', 'output(0,1,2)', [0, 2, 3, 11]],
  ])('of %s into %s is %j', (vertices, output, bits) => {
    expect(ones(path?.encode(space.parse(`${vertices}${unused}|${output}`)))).toEqual(bits)
  })

  it('reaches its last bit with five max pools in a row', () => {
    const text = 'maxpool3x3(0)|maxpool3x3(1)|maxpool3x3(2)|maxpool3x3(3)|maxpool3x3(4)|output(5)'
    expect(ones(path?.encode(space.parse(text)))).toEqual([363])
  })

  it('does not see the order of vertices, nor dead ends', () => {
    const other = space.parse(
      'maxpool3x3(0)|conv3x3(0)|conv3x3(0)|conv3x3(2)|conv1x1(0)|output(1,3,4,5)',
    )
    expect(path?.encode(other)).toEqual(path?.encode(inception))
    const open = space.parse(`conv1x1(0)|maxpool3x3(0,1)${unused}|output(1)`)
    expect(ones(path?.encode(open))).toEqual([2])
  })

  it('counts the paths by another way on random cells', () => {
    for (let seed = 0; seed < 200; seed++) {
      const cell = space.sample(Random.named(seed, 'paths'))
      const parts = space.format(cell).split('|')
      const sources = (vertex: number) =>
        (/\((.*)\)/.exec(parts[vertex - 1] ?? '')?.[1] ?? '').split(',').filter(Boolean).map(Number)
      const label = (vertex: number) =>
        ['conv3x3', 'conv1x1', 'maxpool3x3'].indexOf((parts[vertex - 1] ?? '').split('(')[0] ?? '')
      const found = new Set<number>()
      const walk = (vertex: number, behind: readonly number[]): void => {
        if (vertex === 0) {
          found.add(behind.reduce((sum, operation, step) => sum + 3 ** step * (operation + 1), 0))
        }
        for (const source of sources(vertex))
          walk(source, source === 0 ? behind : [label(source), ...behind])
      }
      walk(6, [])
      expect(new Set(ones(path?.encode(cell)))).toEqual(found)
    }
  })
})

describe('the adjacency code of NAS-Bench-101', () => {
  it('has 21 edge places by row, then an operation in each three', () => {
    expect(adjacency?.size).toBe(36)
    // 0→1, 0→2, 0→3, 0→5; 1→6; 2→6; 3→4; 4→6; 5→6.
    expect(ones(adjacency?.encode(inception))).toEqual([
      0, 1, 2, 4, 10, 14, 15, 19, 20, 22, 24, 27, 30, 35,
    ])
  })
})

describe('NAS-Bench-101 as hyperparameters', () => {
  it('is 21 binaries and five choices of three', () => {
    expect(parameters?.space.parameters).toHaveLength(26)
    expect(parameters?.space.parameters.map(({ name }) => name).slice(0, 7)).toEqual([
      'edge_0_1',
      'edge_0_2',
      'edge_0_3',
      'edge_0_4',
      'edge_0_5',
      'edge_0_6',
      'edge_1_2',
    ])
    expect(parameters?.encode(inception)).toMatchObject({
      edge_0_1: 1,
      edge_0_4: 0,
      edge_4_6: 1,
      operation_1: 'conv1x1',
      operation_5: 'maxpool3x3',
    })
  })

  it('says why a configuration is no cell', () => {
    const configuration = parameters?.encode(inception) ?? {}
    const cut = { ...configuration, edge_1_6: 0, edge_2_6: 0, edge_4_6: 0, edge_5_6: 0 }
    expect(parameters?.decode(cut)).toEqual({
      problems: [
        'The cell is wrong at the edges: expected a path from vertex 0, the input, to the output, found none',
      ],
    })
    const full = { ...configuration, edge_0_6: 1 }
    expect(parameters?.decode(full)).toEqual({
      problems: [
        'The cell is wrong at the edges: expected at most 9 edges on paths from input to output, found 10',
      ],
    })
    expect(parameters?.decode({ ...configuration, edge_0_1: 2 })).toEqual({
      problems: [expect.stringContaining('edge_0_1')],
    })
  })
})
