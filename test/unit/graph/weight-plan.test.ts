import { describe, expect, it } from 'vitest'
import { graphBuilder } from '#src/graph/builder.ts'
import type { NetworkGraph, Operation } from '#src/graph/graph.ts'
import { batchNorm, conv2d, linear, recurrent } from '#src/graph/operations.ts'
import { weightPlan } from '#src/graph/weight-plan.ts'
import { Random } from '#src/random/random.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'
import { multiBranch } from '#src/space/multi-branch/multi-branch.ts'
import { MultiBranchSettings } from '#src/space/multi-branch/settings.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { randomGraph } from '#test/fixtures/random-graph.ts'

const chains: SearchSpace = chain(
  ChainSettings.parse({ conv: { kernels: [1, 3, 5], strides: [1, 2], channels: [8, 16] } }),
)
const task = { kind: 'images', inputShape: [1, 8, 8], classCount: 10 } as const

function network(text: string, space = chains): NetworkGraph {
  return space.compile(space.parse(text), task)
}

/** Pairs as texts such as `layer1.conv>layer2.conv`; one name where both ids are it. */
function planned(from: string, to: string): readonly string[] {
  return weightPlan(network(from), network(to)).map((pair) =>
    pair.source === pair.target ? pair.source : `${pair.source}>${pair.target}`,
  )
}

/** Vectors through these operations, one after the other. */
function stack(operations: readonly (readonly [string, Operation])[]): NetworkGraph {
  const builder = graphBuilder()
  let wire = builder.input('x', [4])
  for (const [id, operation] of operations) wire = builder.add(id, operation, [wire])
  return builder.finish([wire])
}

describe('the weights that one network can take from another', () => {
  it('are all of an equal network, and all but the strides of one that only strides otherwise', () => {
    const all = ['layer1.conv', 'layer1.norm', 'layer2.conv', 'layer2.norm', 'head.linear']
    expect(planned('conv3-8-relu|conv3-16-relu', 'conv3-8-relu|conv3-16-relu')).toEqual(all)
    expect(planned('conv3-8-relu|conv3-16-relu', 'conv3s2-8-relu|conv3-16-relu')).toEqual(all)
  })

  it('are those of every layer but an inserted one, and what reads another number of channels', () => {
    expect(
      planned('conv3-8-relu|conv3-16-relu', 'conv3-8-relu|conv5-8-relu|conv3-16-relu'),
    ).toEqual([
      'layer1.conv',
      'layer1.norm',
      'layer2.conv>layer3.conv',
      'layer2.norm>layer3.norm',
      'head.linear',
    ])
    expect(planned('conv3-8-relu', 'conv3-8-relu|conv3-16-relu')).toEqual([
      'layer1.conv',
      'layer1.norm',
    ])
  })

  it('are those that a removed layer leaves, of equal layers those with equal ids', () => {
    expect(
      planned('conv3-8-relu|max2|conv3-8-relu|conv3-16-relu', 'conv3-8-relu|max2|conv3-16-relu'),
    ).toEqual([
      'layer1.conv',
      'layer1.norm',
      'layer4.conv>layer3.conv',
      'layer4.norm>layer3.norm',
      'head.linear',
    ])
    expect(planned('conv3-8-relu|conv3-8-relu|conv3-8-relu', 'conv3-8-relu|conv3-8-relu')).toEqual([
      'layer1.conv',
      'layer1.norm',
      'layer2.conv',
      'layer2.norm',
      'head.linear',
    ])
  })

  it('are not those of a filter or a width that has changed', () => {
    expect(planned('conv3-8-relu|conv3-8-relu', 'conv3-8-relu|conv5-8-relu')).toEqual([
      'layer1.conv',
      'layer1.norm',
      'layer2.norm',
      'head.linear',
    ])
    expect(planned('conv3-8-relu|conv3-8-relu', 'conv3-16-relu|conv3-8-relu')).toEqual([
      'layer2.norm',
      'head.linear',
    ])
  })

  it('tell a bias, a norm without scale and groups apart', () => {
    const base = stack([['one', linear(4)]])
    expect(weightPlan(base, stack([['one', linear(4, false)]]))).toEqual([])
    const normed = (affine: boolean) => stack([['norm', batchNorm({ affine })]])
    expect(weightPlan(normed(true), normed(false))).toEqual([])
    expect(weightPlan(normed(false), normed(false))).toEqual([{ source: 'norm', target: 'norm' }])
    const image = (channels: number, groups: number) => {
      const builder = graphBuilder()
      const input = builder.input('x', [channels, 4, 4])
      return builder.finish([builder.add('conv', conv2d({ channels: 16, groups }), [input])])
    }
    expect(weightPlan(image(1, 1), image(16, 16))).toEqual([])
    expect(weightPlan(image(16, 16), image(16, 16))).toHaveLength(1)
  })

  it('take a cell over whole or not at all', () => {
    const sequence = (name: string, features: number) => {
      const inner = graphBuilder()
      const position = inner.input('x', [4])
      const state = inner.input('h', [4])
      const wide = inner.add('wide', linear(features), [state])
      const next = inner.add(name, linear(4), [wide])
      const both = inner.add('sum', { kind: 'add' }, [next, position])
      const builder = graphBuilder()
      const input = builder.input('x', [6, 4])
      return builder.finish([builder.add('cell', recurrent(inner.finish([both])), [input])])
    }
    expect(weightPlan(sequence('next', 8), sequence('next', 8))).toHaveLength(1)
    expect(weightPlan(sequence('next', 8), sequence('next', 9))).toEqual([])
    expect(weightPlan(sequence('next', 8), sequence('other', 8))).toEqual([])
  })
})

describe('a plan', () => {
  it('is a longest common sequence, as trying all of them finds', () => {
    const random = Random.named('weight-plan')
    const draw = () =>
      stack(
        Array.from({ length: 1 + random.int(6) }, (_, index) => [
          `node${index}`,
          linear(4, random.bernoulli(0.5)),
        ]),
      )
    for (let round = 0; round < 200; round++) {
      const [from, to] = [draw(), draw()]
      const kinds = (graph: NetworkGraph) => graph.nodes.map(({ op }) => JSON.stringify(op))
      const plan = weightPlan(from, to)
      expect(plan).toHaveLength(longestCommon(kinds(from), kinds(to)))
      const place = (id: string) => Number(id.slice('node'.length))
      for (const [index, pair] of plan.entries()) {
        expect(kinds(from)[place(pair.source)]).toBe(kinds(to)[place(pair.target)])
        const before = plan[index - 1]
        if (before) expect(place(pair.source)).toBeGreaterThan(place(before.source))
        if (before) expect(place(pair.target)).toBeGreaterThan(place(before.target))
      }
    }
  })

  it('names every node with tensors when the graphs are equal', () => {
    for (let index = 0; index < 100; index++) {
      const { graph } = randomGraph(Random.named(3, 'weight-plan', index))
      const plan = weightPlan(graph, graph)
      expect(plan.every(({ source, target }) => source === target)).toBe(true)
      const learning = graph.nodes.filter(({ op }) =>
        ['conv2d', 'linear', 'batch-norm', 'embedding', 'layer-norm'].includes(op.kind),
      )
      for (const { id } of learning) expect(plan.map(({ target }) => target)).toContain(id)
    }
  })

  it('keeps most weights over the changes of large-scale evolution, on chains and branches', () => {
    const branches: SearchSpace = multiBranch(MultiBranchSettings.parse({ stemChannels: 16 }))
    for (const space of [chains, branches]) {
      const random = Random.named('weight-plan', space.name)
      const shares: number[] = []
      for (let round = 0; round < 150; round++) {
        const parent = space.sample(random)
        const child = space.change?.(random.pick(space.changeKinds ?? []), parent, random) ?? null
        if (child === null) continue
        const from = space.compile(parent, task)
        const all = weightPlan(from, from).length
        shares.push(weightPlan(from, space.compile(child, task)).length / all)
      }
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
      expect(mean).toBeGreaterThan(0.6)
    }
  })
})

/** Exponential, and so simple that it is surely right. */
function longestCommon(one: readonly string[], two: readonly string[]): number {
  const [head, ...rest] = one
  if (head === undefined) return 0
  const without = longestCommon(rest, two)
  const place = two.indexOf(head)
  return place < 0 ? without : Math.max(without, 1 + longestCommon(rest, two.slice(place + 1)))
}
