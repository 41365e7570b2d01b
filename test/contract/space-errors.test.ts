/** What every space says to wrong text: the place, what was expected, what was found. */
import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'

const spaces = spaceCatalog.map((entry) => entry.create(entry.settings.parse({})))
const sampleOf = (space: SearchSpace) => space.format(space.sample(Random.named(1, 'wrong')))

/** Damage that leaves no space's text whole. */
const damages: Readonly<Record<string, (text: string) => string>> = {
  'nothing at all': () => '',
  'a space before it': (text) => ` ${text}`,
  'a space behind it': (text) => `${text} `,
  'the same text twice': (text) => text + text,
  'a stray sign in front': (text) => `?${text}`,
  'a stray sign at the end': (text) => `${text}!`,
  'its second half alone': (text) => text.slice(Math.ceil(text.length / 2)),
  'a line break within': (text) => `${text.slice(0, 3)}\n${text.slice(3)}`,
}

/** Mistakes that people make, with the place that the space must name. */
const mistakes: Readonly<Record<string, readonly (readonly [text: string, place: string])[]>> = {
  chain: [
    ['conv3-16-relu|conv4-16-relu', 'layer 2 of 2'],
    ['conv3-16-relu|max', 'layer 2 of 2'],
    ['conv3-17-relu', 'layer 1 of 1'],
    [Array.from({ length: 7 }, () => 'max2').join('|'), 'the depth'],
  ],
  'multi-branch': [
    ['conv3-16@0|max3@2', 'layer 2 of 2'],
    ['conv3-16@0|max3@1,1', 'layer 2 of 2'],
  ],
  'nas-bench-101': [
    ['conv3x3(0)|conv5x5(1)|conv3x3()|conv3x3()|conv3x3()|output(0)', 'vertex 2'],
    ['conv3x3(0)|conv1x1(2)|conv3x3()|conv3x3()|conv3x3()|output(0)', 'vertex 2'],
    ['conv3x3(0)|conv1x1(1)|conv3x3()|conv3x3()|conv3x3()|output(3)', 'the edges'],
    ['conv3x3(0)|output(1)', 'the cell'],
  ],
  'nas-bench-1shot1': [
    ['conv3x3(0)|conv1x1(0,1)|conv1x1(0)|conv3x3(1,3)|output(3,4)', 'vertex 3'],
    ['conv3x3(0)|conv1x1(0,1)|conv1x1(0,2)|conv3x3(1,3)|output(4)', 'the output'],
  ],
  'nas-bench-201': [
    ['|none~0|+|none~0|skip~1|+|none~0|none~1|none~2|', 'node 2, edge from node 1'],
    ['|none~0|+|none~0|none~0|+|none~0|none~1|none~2|', 'node 2, edge from node 1'],
    ['|none~0|+|none~0|none~1|+|none~0|none~1|', 'node 3'],
  ],
  fabric: [
    ['1>1|1>1', 'the length'],
    ['1>3|3>3|3>3|3>3|3>3|3>3|3>3', 'layers 1 to 2'],
    ['1>1|1>1|1>1|1>2|1>1|1>1|1>1', 'layers 5 to 6'],
  ],
  recurrent: [
    ['tanh@0|relu@1', 'the length'],
    ['tanh@0|relu@2|relu@1|relu@1|relu@1|relu@1|relu@1|relu@1', 'node 2'],
    ['tanh@0|gelu@1|relu@1|relu@1|relu@1|relu@1|relu@1|relu@1', 'node 2'],
    ['tanh@0|relu@1|relu@1|relu@1|relu@1|relu@1|relu@1|relu', 'node 8'],
  ],
  transformer: [
    ['activation=mish depth=1 dropout=0 heads1=2 mlpRatio1=2 norm=before width=32', 'activation'],
    ['activation=gelu depth=1 dropout=0 heads1=3 mlpRatio1=2 norm=before width=32', 'heads1'],
    [
      'activation=gelu depth=1 dropout=0 heads1=2 heads2=2 mlpRatio1=2 norm=before width=32',
      'heads2',
    ],
    ['activation=gelu depth=1 dropout=0 heads1=2 norm=before width=32', 'mlpRatio1'],
    ['depth=1 activation=gelu', 'pair 1'],
  ],
  multigraph: [
    ['conv3|conv3,skip', 'the cell'],
    ['conv3|conv3,skip|skip,skip', 'node 3'],
    ['conv3|conv3,skip|skip,conv5,skip', 'node 3, from node 1'],
    ['conv3|conv3,skip|skip,conv1+conv3,skip', 'node 3, from node 1'],
    ['conv3|conv3,skip|-,-,-', 'node 3, the output'],
  ],
  'nas-bench-macro': [
    ['2221221', 'the length'],
    ['22312220', 'stage 2, block 1'],
  ],
  hyperparameters: [
    ['batchSize=64 beta2=0.9 layers=3 learningRate=0.01 momentum=0.9 optimizer=sgd', 'beta2'],
    ['batchSize=64 layers=6 learningRate=0.01 momentum=0.9 optimizer=sgd', 'layers'],
    ['layers=3 batchSize=64', 'pair 1'],
  ],
  joint: [
    ['activation=relu backbone=shaped-mlp batchNorm=yes', 'batchNorm'],
    ['activation=relu backbone=transformer', 'backbone'],
    ['backbone=shaped-mlp activation=relu', 'pair 1'],
    ['activation=relu activation=tanh', 'activation'],
  ],
}

function refusalOf(space: SearchSpace, text: string): ArchloomError {
  try {
    space.parse(text)
  } catch (error) {
    if (error instanceof ArchloomError) return error
    throw error
  }
  throw new Error(`${space.name} takes ${JSON.stringify(text)}`)
}

function expectPlace(error: ArchloomError): string {
  expect(error.code).toBe('space/invalid-architecture')
  const { place, expected, found } = error.details
  for (const part of [place, expected, found]) {
    expect(part).toEqual(expect.any(String))
    expect(String(part).length).toBeGreaterThan(0)
    expect(error.message).toContain(String(part))
  }
  expect(error.message).toBe(error.message.trim())
  expect(error.message).toMatch(/^The [a-z0-9-]+ .*: expected .*, found /s)
  return String(place)
}

describe.each(spaces)('$name', (space) => {
  it.each(Object.entries(damages))('names the place of %s', (_, damage) => {
    expectPlace(refusalOf(space, damage(sampleOf(space))))
  })

  it('names the place where the text is of another space', () => {
    for (const other of spaces) {
      const text = sampleOf(other)
      const isShared = mayRead(space, text)
      if (other.name !== space.name && !isShared) expectPlace(refusalOf(space, text))
    }
  })

  it.each(mistakes[space.name] ?? [])('finds in %s the fault at %s', (text, place) => {
    expect(expectPlace(refusalOf(space, text))).toContain(place)
  })
})

describe('the table of mistakes', () => {
  it('names spaces that there are', () => {
    const names = spaces.map(({ name }) => name)
    for (const name of Object.keys(mistakes)) expect(names).toContain(name)
  })
})

/** Two spaces may share a text form, as cells of one family do. */
function mayRead(space: SearchSpace, text: string): boolean {
  try {
    space.parse(text)
    return true
  } catch {
    return false
  }
}
