import { describe, expect, it } from 'vitest'
import type { Configuration } from '#src/parameter/parameter.ts'
import { defaultConfiguration, sampleConfiguration } from '#src/parameter/sample.ts'
import { Random } from '#src/random/random.ts'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { encodingsContract } from '#test/contract/encodings.contract.ts'

const spaceOf = (encoding: string, vertices = 7) =>
  nasBench101(NasBench101Settings.parse({ encoding, vertices }))

for (const encoding of ['edge-list', 'edge-scores']) {
  const name = `nas-bench-101 with ${encoding}`
  encodingsContract({ name, make: () => spaceOf(encoding), isEnumerable: false })
}

function parametersOf(encoding: string) {
  const space = spaceOf(encoding)
  const { parameters } = space.encodings
  if (parameters === undefined) throw new Error('no parameters')
  return { space, parameters }
}

const operations = Object.fromEntries(
  [1, 2, 3, 4, 5].map((vertex) => [`operation_${vertex}`, 'conv3x3']),
)

describe('encoding B of NAS-Bench-101', () => {
  const { space, parameters } = parametersOf('edge-list')
  const slots = (positions: readonly number[]): Configuration => ({
    ...Object.fromEntries(positions.map((position, slot) => [`edge_${slot}`, position])),
    ...operations,
  })

  it('has nine slots of 21 places and five operations', () => {
    expect(parameters.space.parameters).toHaveLength(14)
    expect(parameters.space.parameters[0]).toMatchObject({
      kind: 'categorical',
      choices: [...Array(21).keys()],
    })
  })

  it('numbers places by row, and takes the same one twice for one edge', () => {
    // By row: 0→1 is 0, …, 0→6 is 5, 1→2 is 6, 5→6 is 20.
    const decoded = parameters.decode(slots([0, 6, 6, 6, 0, 0, 5, 10, 10]))
    if (!('architecture' in decoded)) throw new Error('no cell')
    expect(space.format(decoded.architecture)).toBe(
      'conv3x3(0)|conv3x3(1)|conv3x3()|conv3x3()|conv3x3()|output(0,1)',
    )
  })

  it('says why slots are no cell', () => {
    const decoded = parameters.decode(slots([0, 6, 6, 6, 0, 0, 6, 6, 6]))
    expect(decoded).toEqual({
      problems: [expect.stringContaining('expected a path from vertex 0')],
    })
  })
})

describe('encoding C of NAS-Bench-101', () => {
  const { space, parameters } = parametersOf('edge-scores')
  const scored = (edges: number, scores: Readonly<Record<string, number>>): Configuration => {
    const defaults = defaultConfiguration(parameters.space)
    return { ...defaults, ...operations, score_0_6: 0, edges, ...scores }
  }

  it('has a number of edges from 0 to 9, 21 scores and five operations', () => {
    expect(parameters.space.parameters).toHaveLength(27)
    expect(parameters.space.parameters[0]).toMatchObject({ kind: 'integer', lower: 0, upper: 9 })
  })

  it('puts edges where the scores are highest, of equals in the first places', () => {
    const scores = { score_0_1: 0.9, score_1_6: 0.8, score_0_6: 0.7 }
    const decoded = parameters.decode(scored(3, scores))
    if (!('architecture' in decoded)) throw new Error('no cell')
    const rest = 'conv3x3()|conv3x3()|conv3x3()|conv3x3()'
    expect(space.format(decoded.architecture)).toBe(`conv3x3(0)|${rest}|output(0,1)`)
    const fewer = parameters.decode(scored(2, scores))
    if (!('architecture' in fewer)) throw new Error('no cell')
    expect(space.format(fewer.architecture)).toBe(`conv3x3(0)|${rest}|output(1)`)
    expect(parameters.decode(scored(0, scores))).toHaveProperty('problems')
    const ties = parameters.decode(scored(6, {}))
    if (!('architecture' in ties)) throw new Error('no cell')
    expect(space.format(ties.architecture).startsWith('conv3x3(0)|conv3x3(0)|conv3x3(0)')).toBe(
      true,
    )
  })
})

describe('both', () => {
  it.each(['edge-list', 'edge-scores'])('%s starts from a default that is a cell', (encoding) => {
    const { parameters } = parametersOf(encoding)
    expect(parameters.decode(defaultConfiguration(parameters.space))).toHaveProperty('architecture')
  })

  it.each(['edge-list', 'edge-scores'])('%s never has too many edges', (encoding) => {
    const { parameters } = parametersOf(encoding)
    for (let seed = 0; seed < 300; seed++) {
      const decoded = parameters.decode(
        sampleConfiguration(parameters.space, Random.named(seed, encoding)),
      )
      if ('problems' in decoded) expect(decoded.problems[0]).not.toContain('at most')
    }
  })
})
