import { describe, expect, it } from 'vitest'
import { decidedRecipe } from '#src/evaluator/decided-recipe.ts'
import {
  LargeScaleEvolutionSettings,
  largeScaleEvolution,
} from '#src/optimizer/large-scale-evolution.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { Recipe } from '#src/protocol/recipe.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { LearningRateGene, withLearningRate } from '#src/space/learning-rate.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { chiSquare, chiSquareLimit } from '#test/fixtures/statistics.ts'

const plain = chain(ChainSettings.parse({}))
const rated = (gene: unknown = {}) => withLearningRate(plain, LearningRateGene.parse(gene))
const space = rated()
const task = { kind: 'images', inputShape: [1, 8, 8], classCount: 10 } as const
const rateOf = (text: string) => Number(/^lr([^;]+);/.exec(text)?.[1])

/** All rates of a space, by walking from one. */
function ratesOf(gene: unknown): readonly number[] {
  const around = rated(gene)
  const seen = new Set<number>()
  const waiting = [around.parse(`lr${LearningRateGene.parse(gene).start};max2`)]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.learningRate)) continue
    seen.add(next.learningRate)
    for (const other of around.neighbours(next)) {
      if (other.network === next.network) waiting.push(other)
    }
  }
  return [...seen].sort((one, two) => one - two)
}

describe('a learning rate as a gene', () => {
  it('is the start times powers of two and their parts, within its bounds', () => {
    expect(ratesOf({ lower: 0.025, upper: 0.4, perDoubling: 1 })).toEqual([
      0.025, 0.05, 0.1, 0.2, 0.4,
    ])
    expect(ratesOf({ lower: 0.09, upper: 0.15, perDoubling: 4 })).toEqual([0.1, 0.119, 0.141])
    expect(ratesOf({ lower: 0.1, upper: 0.1 })).toEqual([0.1])
    // From 0.1 down to 0.0001 and up to 1, in steps of a quarter of a doubling.
    const steps = Math.floor(4 * Math.log2(1000)) + Math.floor(4 * Math.log2(10))
    expect(ratesOf({})).toHaveLength(steps + 1)
  })

  it('is changed by any factor from half to double, each equally likely', () => {
    const parent = space.parse('lr0.1;conv3-16-relu')
    const random = Random.named(3)
    const counts = new Map<number, number>()
    for (let draw = 0; draw < 4000; draw++) {
      const child = space.change?.('alter-learning-rate', parent, random)
      if (!child) throw new Error('The rate can always be changed')
      expect(child.network).toBe(parent.network)
      counts.set(child.learningRate, (counts.get(child.learningRate) ?? 0) + 1)
    }
    expect([...counts.keys()].sort((one, two) => one - two)).toEqual([
      0.05, 0.0595, 0.0707, 0.0841, 0.119, 0.141, 0.168, 0.2,
    ])
    const expected = Array.from({ length: 8 }, () => 500)
    expect(chiSquare([...counts.values()], expected)).toBeLessThan(chiSquareLimit(7))
    expect(rated({ lower: 0.1, upper: 0.1 }).change?.('alter-learning-rate', parent, random)).toBe(
      null,
    )
  })

  it('stands before the network in the text, and no other text is read', () => {
    const architecture = space.parse('lr0.1;conv3-16-relu|max2')
    expect(architecture.learningRate).toBe(0.1)
    expect(space.format(architecture)).toBe('lr0.1;conv3-16-relu|max2')
    for (const text of ['conv3-16-relu', 'lr0.10;max2', 'lr0.11;max2', 'lr;max2', 'max2;lr0.1']) {
      expect(() => space.parse(text), text).toThrow(
        /wrong at the learning rate: expected lr and one of .*, then ; and the network, found "/,
      )
    }
    expect(() => space.parse('lr0.1;conv4-16-relu')).toThrow(/layer 1 of 1/)
    expect(space.problems({ ...architecture, learningRate: 0.3 })).toEqual([
      expect.stringMatching(/learning rate: expected one of .* found 0.3/),
    ])
  })

  it('goes into the recipe, and changes nothing else of training or network', () => {
    const architecture = space.parse('lr0.2;conv3-16-relu')
    const decided = space.training?.(architecture) ?? {}
    for (const kind of ['sgd', 'adamw'] as const) {
      const recipe = Recipe.parse({ optimizer: { kind }, batchSize: 17 })
      const optimizer = { ...recipe.optimizer, learningRate: 0.2 }
      expect(decidedRecipe(recipe, decided)).toEqual({ ...recipe, optimizer })
    }
    expect(space.compile(architecture, task)).toEqual(plain.compile(architecture.network, task))
  })

  it('is a parameter beside those of the network', () => {
    const { parameters } = space.encodings
    for (let seed = 0; seed < 30; seed++) {
      const architecture = space.sample(Random.named(seed))
      const configuration = parameters?.encode(architecture) ?? {}
      expect(parameters && configurationProblems(parameters.space, configuration)).toEqual([])
      expect(parameters?.decode(configuration)).toEqual({ architecture })
    }
    const wrong = parameters?.decode({ learningRate: 0.3, depth: 1, 'layer1.kind': 'pool' })
    expect(wrong).toEqual({ problems: [expect.stringContaining('found 0.3')] })
  })

  it('must start within its bounds', () => {
    expect(LearningRateGene.safeParse({ start: 2 }).success).toBe(false)
    expect(LearningRateGene.safeParse({ lower: 0.5, upper: 0.2 }).success).toBe(false)
  })
})

describe('large-scale evolution with a learning rate', () => {
  it('begins at its start, and finds the one that trains best', () => {
    const search: SearchSpace = space
    const played = playSearch({
      optimizer: largeScaleEvolution(
        search,
        LargeScaleEvolutionSettings.parse({ populationSize: 10 }),
      ),
      seed: 2,
      trials: 400,
      inheritsWeights: true,
      accuracy: (architecture) => 1 / (1 + Math.abs(Math.log2(rateOf(architecture) / 0.0125))),
    })
    const rates = played.map(({ proposal }) => rateOf(proposal.architecture))
    expect(new Set(rates.slice(0, 10))).toEqual(new Set([0.1]))
    expect(rates.filter((rate) => rate === 0.0125).length).toBeGreaterThan(100)
    // A changed rate costs no weights: the networks are equal.
    const networkOf = (text: string | undefined) => text?.split(';')[1]
    const altered = played.filter(({ proposal: { architecture, parent } }) => {
      const before = played[parent ?? -1]?.proposal.architecture
      return networkOf(before) === networkOf(architecture) && before !== architecture
    })
    expect(altered.length).toBeGreaterThan(20)
    for (const { proposal } of altered) expect(proposal.weightsFrom).toBe(proposal.parent)
  })
})
