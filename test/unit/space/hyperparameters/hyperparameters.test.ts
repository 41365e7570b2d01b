import { describe, expect, it } from 'vitest'
import { trainEntry } from '#src/evaluator/train.ts'
import { writeConfigSpace } from '#src/parameter/configspace-write.ts'
import { defaultConfiguration } from '#src/parameter/sample.ts'
import { Random } from '#src/random/random.ts'
import { hyperparametersEntry } from '#src/space/hyperparameters/hyperparameters.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { evaluatorContext } from '#test/fixtures/evaluator-context.ts'

const make = (settings: unknown = {}) =>
  hyperparametersEntry.create(hyperparametersEntry.settings.parse(settings))
const parametersOf = (space: SearchSpace) => {
  const { parameters } = space.encodings
  if (!parameters) throw new Error('No parameters')
  return parameters.space
}

const own = {
  parameters: [
    { kind: 'float', name: 'x', lower: -5, upper: 10 },
    { kind: 'float', name: 'rate', lower: 0.001, upper: 0.1, log: true },
    { kind: 'integer', name: 'n', lower: 1, upper: 9, defaultValue: 2 },
    { kind: 'categorical', name: 'kind', choices: ['a', 'b'], weights: [1, 3] },
    { kind: 'ordinal', name: 'size', sequence: [8, 16] },
    { kind: 'constant', name: 'seed', value: 7 },
  ],
  conditions: [{ child: 'size', test: { kind: 'equals', parameter: 'kind', value: 'b' } }],
}

describe('the space of hyperparameters', () => {
  it('fills in what the parameter language leaves to defaults', () => {
    const space = parametersOf(make(own))
    expect(defaultConfiguration(space)).toEqual({
      x: 2.5,
      rate: 0.01,
      n: 2,
      kind: 'b',
      size: 8,
      seed: 7,
    })
    expect(space.parameters[1]).toMatchObject({ log: true })
    expect(space.parameters[0]).toMatchObject({ log: false })
  })

  it('is the same from a document of ConfigSpace', () => {
    const space = make(own)
    const document = writeConfigSpace(parametersOf(space))
    const read = make({ configSpace: JSON.parse(JSON.stringify(document)) })
    expect(parametersOf(read)).toEqual({ ...parametersOf(space), name: document.name })
    const texts = (of: SearchSpace) =>
      Array.from({ length: 20 }, (_, seed) => of.format(of.sample(Random.named(seed, 'sample'))))
    expect(texts(read)).toEqual(texts(space))
  })

  it('has active parameters alone in its text form', () => {
    const space = make(own)
    expect(() => space.parse('kind=a n=2 rate=0.01 seed=7 size=8 x=1')).toThrow(/size/)
    const text = 'kind=a n=2 rate=0.01 seed=7 x=1'
    expect(space.format(space.parse(text))).toBe(text)
  })

  it('draws parameters below those that they depend on', () => {
    const space = make(own)
    const drawing = space.draw(space.parse('kind=b n=2 rate=0.01 seed=7 size=8 x=1'))
    expect(drawing.nodes.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['x 1', 'kind b', 'size 8']),
    )
    expect(drawing.edges).toContainEqual({ from: 'parameter kind', to: 'parameter size' })
    expect(drawing.edges).toContainEqual({ from: 'the configuration', to: 'parameter kind' })
  })

  it('has an example where nothing is given, so that it can be looked at', () => {
    expect(parametersOf(make()).parameters.map(({ name }) => name)).toContain('learningRate')
  })

  it.each([
    [
      { ...own, configSpace: { hyperparameters: [] } },
      'The hyperparameters are given twice: configSpace stands beside parameters, conditions or forbidden; leave one out',
    ],
    [
      { conditions: own.conditions },
      /^The parameter space hyperparameters is wrong at parameters: /,
    ],
    [
      { parameters: [own.parameters[0], own.parameters[0]] },
      /^The parameter space hyperparameters is wrong at .*x/,
    ],
    [
      { parameters: [{ kind: 'float', name: 'x', lower: 1, upper: 0 }] },
      /^The parameter space hyperparameters is wrong at .*x/,
    ],
    [
      { ...own, conditions: [{ child: 'y', test: own.conditions[0]?.test }] },
      /^The parameter space hyperparameters is wrong at .*condition/,
    ],
    [
      { parameters: [{ kind: 'constant', name: 'x', value: 1 }] },
      'The space hyperparameters holds a single architecture, so there is nothing to search; offer another choice',
    ],
    [{ configSpace: { hyperparameters: [{ type: 'normal_float', name: 'x' }] } }, /normal_float/],
  ])('refuses %j', (settings, message) => {
    expect(() => make(settings)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-settings',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      }),
    )
  })

  it('cannot be trained, which is said before a worker starts', async () => {
    const settings = trainEntry.settings.parse({ dataset: { name: 'fashion-mnist' } })
    const started = trainEntry.start(settings, evaluatorContext(make(own)))
    await expect(started).rejects.toThrow(
      'The evaluator train needs networks, and the space hyperparameters has none; take another space, or an evaluator that measures parameters',
    )
  })
})
