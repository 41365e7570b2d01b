import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decidedRecipe } from '#src/evaluator/decided-recipe.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { Recipe } from '#src/protocol/recipe.ts'
import { Random } from '#src/random/random.ts'
import { joint, jointEntry } from '#src/space/joint/joint.ts'
import { shapedCount } from '#src/space/joint/plan.ts'
import { backboneNames } from '#src/space/joint/settings.ts'
import { type ShapeName, shapedWidths, shapeNames } from '#src/space/joint/shape.ts'

type Input = Partial<ReturnType<typeof jointEntry.settings.parse>>

const make = (settings: Input = {}) => joint(jointEntry.settings.parse(settings))
const space = make()
const parameters = space.encodings.parameters?.space
const samples = (of: typeof space, count = 400) =>
  Array.from({ length: count }, (_, index) => of.sample(Random.named(5, 'joint', index)))

describe('the joint space', () => {
  it('has parameters of every kind, conditions and forbidden clauses', () => {
    const kinds = new Set(
      make({ activations: ['relu'] }).encodings.parameters?.space.parameters.map(
        ({ kind }) => kind,
      ),
    )
    expect([...kinds].sort()).toEqual(['categorical', 'constant', 'float', 'integer', 'ordinal'])
    const logs = parameters?.parameters.filter((one) => 'log' in one && one.log)
    expect(logs?.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['integer', 'float']))
    expect(parameters?.conditions.length).toBeGreaterThan(40)
    expect(parameters?.forbidden).toHaveLength(6)
  })

  it('opens the parameters of the chosen backbone, optimizer and schedule alone', () => {
    for (const one of samples(space)) {
      const names = Object.keys(one)
      const has = (name: string) => names.includes(name)
      const groups = Number(one.groups)
      const isPlain = one.backbone === 'plain-mlp'
      const isMlp = one.backbone === 'shaped-mlp'
      expect(names.filter((name) => name.startsWith('units'))).toHaveLength(isPlain ? groups : 0)
      expect(names.filter((name) => /^dropout\d/.test(name))).toHaveLength(
        isPlain && one.dropout === true ? groups : 0,
      )
      expect(has('blocksPerGroup')).toBe(one.backbone === 'shaped-resnet')
      expect(has('outputUnits')).toBe(!isPlain)
      expect(has('shape')).toBe(!isPlain && groups > (isMlp ? 2 : 1))
      expect(has('maxUnits')).toBe(!isPlain && (!isMlp || groups > 1))
      expect(has('dropout')).toBe(!isMlp || groups > 1)
      expect(has('maxDropout')).toBe(!isPlain && one.dropout === true)
      expect(has('sgd.momentum')).toBe(one.optimizer === 'sgd')
      expect(has('adamw.beta2')).toBe(one.optimizer === 'adamw')
      expect(has('step.drops')).toBe(one.schedule === 'step')
      expect(has('oneCycle.riseShare')).toBe(one.schedule === 'one-cycle')
    }
  })

  it('reaches every backbone, shape, optimizer and schedule', () => {
    const seen = (name: string) => new Set(samples(space).map((one) => one[name]))
    expect(seen('backbone')).toEqual(new Set(backboneNames))
    expect(seen('shape')).toEqual(new Set([...shapeNames, undefined]))
    expect(seen('optimizer')).toEqual(new Set(['sgd', 'adamw']))
    expect(seen('schedule')).toEqual(new Set(['constant', 'cosine', 'step', 'one-cycle']))
  })

  it('forbids exactly the shapes that give an earlier one’s widths at a depth', () => {
    const isForbidden = (backbone: string, groups: number, shape: string) =>
      parameters?.forbidden.some(({ parts }) =>
        parts.every((part) => {
          const value = { backbone, groups, shape }[part.parameter]
          if (part.kind === 'equals') return part.value === value
          return part.kind === 'in' && value !== undefined && part.values.includes(value)
        }),
      )
    const sizes = fc.record({
      input: fc.integer({ min: 1, max: 300 }),
      output: fc.integer({ min: 1, max: 300 }),
      max: fc.integer({ min: 1, max: 300 }),
    })
    const isSame = (shape: ShapeName, earlier: ShapeName, count: number) => {
      const { failed } = fc.check(
        fc.property(sizes, (size) => {
          expect(shapedWidths(shape, size, count)).toEqual(shapedWidths(earlier, size, count))
        }),
        { numRuns: 40, seed: 1, endOnFailure: true },
      )
      return !failed
    }
    for (const backbone of ['shaped-mlp', 'shaped-resnet'] as const) {
      for (let groups = 1; groups <= 15; groups++) {
        const count = shapedCount(backbone, groups)
        if (count < 3) continue
        for (const [index, shape] of shapeNames.entries()) {
          const repeats = shapeNames
            .slice(0, index)
            .some((earlier) => isSame(shape, earlier, count))
          expect(isForbidden(backbone, groups, shape), `${backbone} ${groups} ${shape}`).toBe(
            repeats,
          )
        }
      }
    }
  })

  it('refuses forbidden and inactive values by place', () => {
    const [first] = samples(make({ backbones: ['shaped-mlp'], training: [] }), 1)
    expect(
      space.problems({ ...first, groups: 4, shape: 'hexagon', maxUnits: 20, dropout: false }),
    ).toContainEqual(expect.stringMatching(/wrong at forbidden clause 1: expected .* found /))
    const lone = 'activation=relu backbone=shaped-mlp batchNorm=true groups=1 outputUnits=16'
    const alone = make({ training: [] })
    expect(alone.format(alone.parse(lone))).toBe(lone)
    expect(() => alone.parse(`${lone} shape=brick`)).toThrow(
      'The configuration is wrong at shape: expected no value, because its conditions do not hold, found "brick"',
    )
    expect(() => alone.parse(lone.replace('=16', '=9'))).toThrow(
      'The configuration is wrong at outputUnits: expected an integer from 10 to 1024, found 9',
    )
  })

  it('takes floats that differ beyond ten digits for one', () => {
    const text = (rate: string) =>
      `activation=relu backbone=shaped-mlp batchNorm=true groups=1 optimizer=sgd outputUnits=16 sgd.learningRate=${rate} sgd.momentum=0 sgd.weightDecay=0`
    const sgd = make({ training: ['optimizer'] })
    const [one, other, third] = ['0.00123456789012', '0.00123456789013', '0.0012345679'].map(
      (rate) => sgd.parse(text(rate)),
    )
    if (!one || !other || !third) throw new Error('no architectures')
    expect(sgd.format(one)).not.toBe(sgd.format(other))
    expect(sgd.canonical(one)).toBe(sgd.canonical(other))
    expect(sgd.canonical(one)).not.toBe(sgd.canonical(third))
  })

  it('hands its parameters to methods that know nothing of networks, and takes back what they make', () => {
    const encoding = space.encodings.parameters
    if (encoding === undefined) throw new Error('no encoding')
    for (const one of samples(space, 20)) {
      expect(encoding.decode(encoding.encode(one))).toEqual({ architecture: one })
    }
    expect(encoding.decode({ backbone: 'transformer' })).toEqual({
      problems: configurationProblems(encoding.space, { backbone: 'transformer' }),
    })
  })

  it('changes a number to one of the grid, and draws it from all', () => {
    const coarse = make({ gridSize: 2, training: ['optimizer'], optimizers: ['adamw'] })
    const [one] = samples(coarse, 1)
    if (!one) throw new Error('no architecture')
    const rates = new Set(
      [...coarse.neighbours(one)].map((neighbour) => neighbour['adamw.learningRate']),
    )
    expect(rates).toEqual(new Set([1e-5, 0.1, one['adamw.learningRate']]))
    expect(new Set(samples(coarse, 50).map((each) => each['adamw.learningRate'])).size).toBe(50)
  })

  it('counts exactly without floats, and from below with them', () => {
    // Nothing to choose but the shape of three layers: four of the seven repeat another.
    const base = {
      backbones: ['shaped-mlp' as const],
      activations: ['relu' as const],
      batchNorm: [true],
      dropout: [false],
      minUnits: 7,
      maxUnits: 7,
      maxGroups: 3,
      training: [],
    }
    expect(make(base).count()).toEqual({ value: 1n + 1n + 3n, kind: 'exact' })
    const smoothed = make({ ...base, training: ['label-smoothing'] })
    expect(smoothed.count()).toEqual({ value: 20n, kind: 'exact' })
    const rise = make({
      ...base,
      training: ['schedule'],
      schedules: ['one-cycle'],
      gridSize: 9,
    })
    expect(rise.count()).toEqual({ value: 45n, kind: 'lower-bound' })
  })

  it.each<[Input, string, string]>([
    [{ backbones: [] }, 'space/empty', 'backbones is an empty list'],
    [{ shapes: [] }, 'space/empty', 'shapes is an empty list'],
    [{ activations: ['relu', 'relu'] }, 'space/invalid-settings', 'activations lists "relu" twice'],
    [{ training: ['optimizer', 'optimizer'] }, 'space/invalid-settings', 'training lists'],
    [{ minUnits: 20, maxUnits: 10 }, 'space/empty', 'maxUnits 10 is below minUnits 20'],
    [
      {
        backbones: ['plain-mlp'],
        activations: ['relu'],
        batchNorm: [true],
        dropout: [false],
        maxGroups: 1,
        minUnits: 5,
        maxUnits: 5,
        training: [],
      },
      'space/invalid-settings',
      'a single architecture',
    ],
  ])('refuses the settings %j', (settings, code, text) => {
    expect(() => make(settings)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })
})

describe('the training that a configuration decides', () => {
  const recipe = Recipe.parse({})

  it('makes a valid recipe of every sample, whatever the evaluator’s is', () => {
    for (const one of samples(space)) {
      const decided = decidedRecipe(recipe, space.training?.(one) ?? {})
      expect(decided.batchSize).toBe(one.batchSize)
      expect(decided.labelSmoothing).toBe(one.labelSmoothing)
      expect(decided.optimizer).toMatchObject({
        kind: one.optimizer,
        learningRate: one[`${String(one.optimizer)}.learningRate`],
        weightDecay: one[`${String(one.optimizer)}.weightDecay`],
      })
      expect(decided.schedule.kind).toBe(one.schedule)
    }
  })

  it('spaces the drops of a step schedule evenly, and knows no Nesterov', () => {
    const text =
      'activation=relu backbone=shaped-mlp batchNorm=true groups=1 optimizer=sgd outputUnits=16 schedule=step sgd.learningRate=0.01 sgd.momentum=0 sgd.weightDecay=0.001 step.drops=3 step.factor=0.5'
    const some = make({ training: ['optimizer', 'schedule'] })
    expect(some.training?.(some.parse(text))).toEqual({
      optimizer: {
        kind: 'sgd',
        learningRate: 0.01,
        momentum: 0,
        weightDecay: 0.001,
        nesterov: false,
      },
      schedule: { kind: 'step', milestones: [0.25, 0.5, 0.75], factor: 0.5 },
    })
  })

  it('is empty where no training is searched', () => {
    const networks = make({ training: [] })
    for (const one of samples(networks, 20)) expect(networks.training?.(one)).toEqual({})
  })
})
