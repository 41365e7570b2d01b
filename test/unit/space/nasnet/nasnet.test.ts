import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { graphHash } from '#src/graph/hash.ts'
import { Random } from '#src/random/random.ts'
import { type CellPair, outputStates, stateOf } from '#src/space/cell/cell.ts'
import { nasnetNamed } from '#src/space/nasnet/named.ts'
import { NasnetSettings, nasnet } from '#src/space/nasnet/nasnet.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'
import { chiSquareLimit, chiSquareUniform } from '#test/fixtures/statistics.ts'

const make = (settings: unknown = {}): SearchSpace<CellPair> =>
  nasnet(NasnetSettings.parse(settings))
const space = make()
const nasnetA = space.parse(nasnetNamed['NASNet-A'] ?? '')
const cifar: Task = { kind: 'images', inputShape: [3, 32, 32], classCount: 10 }
const imagenet = (edge: number): Task => ({
  kind: 'images',
  inputShape: [3, edge, edge],
  classCount: 1000,
})
const small = { channels: 4, cellsPerStage: 1 }

function parameters(name: string, settings: unknown, task = cifar): number {
  const made = make(settings)
  return countGraph(made.compile(made.parse(nasnetNamed[name] ?? name), task)).parameterCount
}

describe('the size of the space', () => {
  it('is the product of the choices, squared for two cells', () => {
    const cell = 518_400n * 13n ** 10n * 2n ** 5n
    expect(Number(cell)).toBeCloseTo(2.28690694958e18, -8)
    expect(space.count()).toEqual({ value: cell ** 2n, kind: 'exact' })
    expect(Number(space.count().value) / 5.22994339606e36).toBeCloseTo(1, 11)
  })

  it('follows the settings', () => {
    const { value } = make({ operations: 'released', combinations: ['add'], blocks: 2 }).count()
    expect(value).toBe((2n ** 2n * 3n ** 2n * 6n ** 4n) ** 2n)
  })

  it.each([
    [{ operations: [] }, 'space/empty', 'operations is an empty list'],
    [{ combinations: [] }, 'space/empty', 'combinations is an empty list'],
    [{ operations: ['sep3', 'sep3'] }, 'space/invalid-settings', 'lists sep3 twice'],
    [{ stem: 'imagenet', channels: 6 }, 'space/invalid-settings', 'channels must be at least 8'],
    [{ cellsPerStage: [0] }, 'space/invalid-settings', 'network has no cells'],
    [{ cellsPerStage: [1, 1], auxiliary: true }, 'space/invalid-settings', '2 stages have 1'],
  ])('refuses %j', (settings, code, text) => {
    expect(() => make(settings)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })
})

describe('published parameter counts', () => {
  it.each([
    ['3.3M at 6 @ 768', 3_328_234, {}],
    ['with the auxiliary head', 3_328_234 + 1_631_498, { auxiliary: true }],
    ['at 6 @ 2304', 28_066_474, { channels: 96 }],
    ['at 7 @ 2304', 32_443_882, { channels: 96, cellsPerStage: 7 }],
    ['with the stem as it is', 3_328_234 + 15 * 32 ** 2 + 92 * 32, { projectStem: false }],
  ])('of NASNet-A on CIFAR-10, %s', (_, count, settings) => {
    expect(parameters('NASNet-A', settings)).toBe(count)
  })

  // Ports of the released checkpoints to PyTorch and MXNet count these (`imgclsmob`).
  it.each([
    ['NASNet-A', '4 @ 1056', 5_289_978, { channels: 44, cellsPerStage: 4, stemMultiplier: 1 }, 224],
    ['NASNet-A', '6 @ 4032', 88_753_150, { channels: 168, skipReductionInput: true }, 331],
    ['PNASNet-5', 'large', 86_057_668, { channels: 216, cellsPerStage: [4, 3, 3] }, 331],
  ])('of %s on ImageNet, %s', (name, _, count, settings, edge) => {
    expect(parameters(name, { ...settings, stem: 'imagenet' }, imagenet(edge))).toBe(count)
  })

  // Nothing elsewhere that could be checked; the documentation compares these with the papers.
  it.each([
    [
      5_064_487,
      { channels: 54, cellsPerStage: [3, 2, 2], stemMultiplier: 1, stem: 'imagenet' },
      imagenet(224),
    ],
    [4_271_002, { channels: 48, cellsPerStage: 3 }, cifar],
  ])('of PNASNet-5 as documented: %i', (count, settings, task) => {
    expect(parameters('PNASNet-5', settings, task)).toBe(count)
  })

  // The cells as the code of DARTS has them: without the states handed on in addition.
  const plain = (nasnetNamed['NASNet-A'] ?? '').replaceAll(/ also\([0-9]\)/g, '')
  it.each([
    [3_830_950, { channels: 36 }],
    [4_288_944, { channels: 36, auxiliary: true }],
    [3_061_738, { channels: 32 }],
    [333_946, { channels: 16, cellsPerStage: 2 }],
  ])('of NASNet cells in the skeleton of DARTS: %i', (count, settings) => {
    expect(parameters(plain, { ...settings, skeleton: 'darts' })).toBe(count)
  })

  it('do not depend on the size of the images without an auxiliary head', () => {
    expect(parameters('NASNet-A', {}, { ...cifar, inputShape: [3, 28, 20] })).toBe(3_328_234)
  })
})

describe('what a cell hands on', () => {
  it('is the blocks that no block reads, and never nothing', () => {
    for (let seed = 0; seed < 300; seed++) {
      const { normal, reduction } = space.sample(Random.named(seed, 'handed on'))
      for (const cell of [normal, reduction]) {
        const read = cell.blocks.flatMap(({ left, right }) => [left.input, right.input])
        const expected = cell.blocks
          .map((_, block) => stateOf(block))
          .filter((state) => !read.includes(state))
        expect(outputStates(cell, 'unused')).toEqual(expected)
        expect(expected).toContain(6)
      }
    }
  })

  it('is the last block alone when every other one is read', () => {
    const chain = 'sep3(0)+sep3(1) sep3(2)+sep3(1) sep3(3)+sep3(1) sep3(4)+sep3(1) sep3(5)+sep3(1)'
    const { normal } = space.parse(`normal: ${chain}; reduction: ${chain}`)
    expect(outputStates(normal, 'unused')).toEqual([6])
  })

  it("is six states of NASNet-A's normal cell and four of its reduction cell", () => {
    expect(outputStates(nasnetA.normal, 'unused')).toEqual([1, 2, 3, 4, 5, 6])
    expect(outputStates(nasnetA.reduction, 'unused')).toEqual([3, 4, 5, 6])
  })

  it('keeps what is handed on in addition through a mutation', () => {
    const child = space.mutate(nasnetA, Random.named(1, 'kept'))
    expect([child.normal.also, child.reduction.also]).toEqual([[1], [3]])
    const around = [...space.neighbours(child)].map(space.format)
    expect(around).toContain(space.format(nasnetA))
  })
})

describe('the identity of a pair', () => {
  const one = 'sep3(0)+max3(1) skip(0)&conv1(2) avg3(1)+sep5(0) sep7(1)+sep7(4) max7(3)+max5(2)'
  const canonical = (cell: string, of = space) =>
    of.canonical(of.parse(`normal: ${cell}; reduction: ${one}`))

  it.each([
    ['sides in another order', one.replace('sep3(0)+max3(1)', 'max3(1)+sep3(0)')],
    ['concatenated sides in another order', one.replace('skip(0)&conv1(2)', 'conv1(2)&skip(0)')],
    [
      'blocks in another order',
      'avg3(1)+sep5(0) sep3(0)+max3(1) sep7(1)+sep7(2) skip(0)&conv1(3) max7(5)+max5(3)',
    ],
    ['a mention of what is handed on anyway', `${one} also(6)`],
  ])('is the same for %s', (_, other) => {
    expect(canonical(other)).toBe(canonical(one))
  })

  it.each([
    ['an operation', one.replace('max5', 'max7')],
    ['an input', one.replace('avg3(1)', 'avg3(0)')],
    ['a combination', one.replace('&', '+')],
    ['an additional output', `${one} also(1)`],
  ])('differs with %s', (_, other) => {
    expect(canonical(other)).not.toBe(canonical(one))
  })

  it('differs between one block read twice and two equal blocks', () => {
    const two = make({ blocks: 3 })
    const shared = 'sep3(0)+sep3(1) sep3(0)+sep3(1) sep5(2)+sep5(2)'
    const apart = 'sep3(0)+sep3(1) sep3(0)+sep3(1) sep5(2)+sep5(3)'
    const text = (cell: string) => two.canonical(two.parse(`normal: ${cell}; reduction: ${apart}`))
    expect(text(shared)).not.toBe(text(apart))
  })

  it('differs where the last blocks do not combine alike, to whose channels the output is brought', () => {
    const two = make({ blocks: 2 })
    const text = (cell: string) => two.canonical(two.parse(`normal: ${cell}; reduction: ${cell}`))
    expect(text('sep3(0)+sep3(1) sep3(0)&sep3(1)')).not.toBe(
      text('sep3(0)&sep3(1) sep3(0)+sep3(1)'),
    )
  })

  it('is a text of the space, its own canonical form, and a network of the same size', () => {
    const tiny = make({ ...small, blocks: 4 })
    for (let seed = 0; seed < 40; seed++) {
      const pair = tiny.sample(Random.named(seed, 'canonical'))
      const text = tiny.canonical(pair)
      const form = tiny.parse(text)
      expect(tiny.canonical(form)).toBe(text)
      const counts = (of: CellPair) =>
        countGraph(tiny.compile(of, { ...cifar, inputShape: [3, 8, 8] }))
      expect(counts(form)).toEqual(counts(pair))
    }
  })

  it('leaves the network function alone when added sides are swapped', () => {
    const tiny = make({ ...small, combinations: ['add'] })
    const pair = tiny.sample(Random.named(4, 'swap'))
    const swapped: CellPair = {
      ...pair,
      normal: {
        ...pair.normal,
        blocks: pair.normal.blocks.map((block) => ({
          ...block,
          left: block.right,
          right: block.left,
        })),
      },
    }
    expect(tiny.format(swapped)).not.toBe(tiny.format(pair))
    const hash = (of: CellPair) => graphHash(tiny.compile(of, cifar))
    expect(hash(swapped)).toBe(hash(pair))
  })
})

describe('the text form', () => {
  const rest = 'sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1) sep3(0)+sep3(1)'
  const reduction = `reduction: ${rest} sep3(0)+sep3(1)`
  it.each([
    ['normal: sep3(0)+sep3(1)', 'the pair of cells', '"normal: sep3(0)+sep3(1)"'],
    [`normal: ${rest}; ${reduction}`, 'the normal cell', '4'],
    [`normal: ${rest} sep3(0)+sep3(6); ${reduction}`, 'the normal cell, block 4, right side', '6'],
    [
      `normal: dil3(0)+sep3(6) ${rest}; ${reduction}`,
      'the normal cell, block 0, left side',
      'dil3',
    ],
    [
      `normal: sep9(0)+sep3(1) ${rest}; ${reduction}`,
      'the normal cell, block 0, left side',
      '"sep9(0)"',
    ],
    [
      `normal: sep3(0)+sep3(01) ${rest}; ${reduction}`,
      'the normal cell, block 0, right side',
      '"sep3(01)"',
    ],
    [`normal: sep3(0) ${rest}; ${reduction}`, 'the normal cell, block 0', '"sep3(0)"'],
    [`normal:  ${rest} sep3(0)+sep3(1); ${reduction}`, 'the normal cell, block 0', '""'],
    [`${reduction}; ${reduction}`, 'the normal cell', `"${reduction}"`],
    [
      `normal: sep3(0)+sep3(1) ${rest} also(7); ${reduction}`,
      "the normal cell's states handed on",
      'also(7)',
    ],
    [
      `normal: sep3(0)+sep3(1) ${rest} also(1,0); ${reduction}`,
      "the normal cell's states handed on",
      'also(1,0)',
    ],
  ])('refuses %j at %s', (text, place, found) => {
    expect(() => space.parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, found }),
      }),
    )
  })

  it('says what a side can be', () => {
    expect(() => space.parse(`normal: sep3(0)+sep3(2) ${rest}; ${reduction}`)).toThrow(
      'The nasnet architecture is wrong at the normal cell, block 0, right side: expected a state from 0 to 1, found 2',
    )
  })

  it('finds values that are no cells', () => {
    const [problem] = space.problems({ normal: null, reduction: nasnetA.reduction } as never)
    expect(problem).toContain('the normal cell: expected blocks')
    const adding = make({ combinations: ['add'] })
    const pair = space.parse(`normal: sep3(0)&sep3(1) ${rest}; ${reduction}`)
    expect(adding.problems(pair)).toEqual([
      'The nasnet architecture is wrong at the normal cell, block 0: expected sides joined by add, found concat',
    ])
  })
})

describe('changes', () => {
  it('have 310 neighbours: 30 inputs, 120 operations and 5 combinations a cell', () => {
    expect([...space.neighbours(nasnetA)]).toHaveLength(310)
  })

  it('touch each of the 50 decisions equally often', () => {
    const random = Random.named(31, 'decisions')
    const counts = new Map<string, number>()
    const before = space.format(nasnetA).split(/[ +&;]+/)
    for (let draw = 0; draw < 5000; draw++) {
      const after = space.format(space.mutate(nasnetA, random))
      const changed = after.split(/[ +&;]+/).flatMap((part, index) => {
        const old = before[index] ?? ''
        if (part === old) return []
        return [`${index} ${part.split('(')[0] === old.split('(')[0] ? 'input' : 'operation'}`]
      })
      const [key = `combine ${after.indexOf('&')}`] = changed
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(50)
    expect(chiSquareUniform([...counts.values()])).toBeLessThan(chiSquareLimit(49))
  })

  it('sample inputs, operations and combinations uniformly', () => {
    const random = Random.named(32, 'samples')
    const inputs = new Map<number, number>()
    const operations = new Map<string, number>()
    for (let draw = 0; draw < 3000; draw++) {
      const { reduction } = space.sample(random)
      const last = reduction.blocks.at(-1)
      inputs.set(last?.left.input ?? -1, (inputs.get(last?.left.input ?? -1) ?? 0) + 1)
      const key = `${last?.right.operation} ${last?.combine}`
      operations.set(key, (operations.get(key) ?? 0) + 1)
    }
    expect(chiSquareUniform([...inputs.values()])).toBeLessThan(chiSquareLimit(5))
    expect(operations.size).toBe(26)
    expect(chiSquareUniform([...operations.values()])).toBeLessThan(chiSquareLimit(25))
  })
})

describe('the encodings', () => {
  it('have 2 x 5 x B variables, a fifth fewer without a choice of combination', () => {
    expect(space.encodings.parameters?.space.parameters).toHaveLength(50)
    const adding = make({ combinations: ['add'] })
    expect(adding.encodings.parameters?.space.parameters).toHaveLength(40)
    const inputs = space.encodings.parameters?.space.parameters.filter(({ name }) =>
      name.endsWith('Input'),
    )
    expect(inputs?.slice(0, 4).map((one) => one.kind === 'categorical' && one.choices)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1, 2],
      [0, 1, 2],
    ])
  })

  it('refuse what they have no variable for', () => {
    expect(() => space.encodings.parameters?.encode(nasnetA)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place: 'the normal cell', found: 'also(1)' }),
      }),
    )
  })

  it('count in the adjacency every side once', () => {
    const vector = space.encodings.adjacency?.encode(nasnetA) ?? []
    // Two cells of 20 states by 13 operations, 5 combinations and 7 states handed on.
    expect(vector).toHaveLength(2 * (20 * 13 + 5 + 7))
    expect(vector.reduce((sum, value) => sum + value, 0)).toBe(20 + 0 + 6 + 4)
  })
})
