/**
 * The joint space in the language of parameters. The ranges are Auto-PyTorch's where nothing else
 * is said; `docs/spaces/joint.md` lists what is left out.
 *
 * @see Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular", section 3; its code,
 *   `setup/network_backbone`, `setup/optimizer`, `setup/lr_scheduler`.
 */
import {
  allOf,
  anyOf,
  categorical,
  constant,
  equals,
  float,
  forbid,
  greaterThan,
  integer,
  oneOf,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import type {
  ForbiddenClause,
  Parameter,
  ParameterSpace,
  ParameterValue,
  Test,
} from '#src/parameter/parameter.ts'
import { shapedCount } from './plan.ts'
import { type BackboneName, type JointSettings, optimizerNames, scheduleNames } from './settings.ts'
import { type ShapeName, shapedWidths, shapeNames } from './shape.ts'

/** A parameter and when it exists; one that never does is left out. */
type Entry = readonly [parameter: Parameter, exists: Existence]
type Existence = Test | boolean

/** @throws space/invalid-settings naming the setting that leaves nothing to search */
export function jointParameters(settings: JointSettings): ParameterSpace {
  const entries = [
    ...networkEntries(settings),
    ...plainLayerEntries(settings),
    ...trainingEntries(settings),
  ].filter(([, exists]) => exists !== false)
  return parameterSpace({
    name: 'joint',
    parameters: entries.map(([parameter]) => parameter),
    conditions: entries.flatMap(([{ name }, exists]) =>
      typeof exists === 'boolean' ? [] : [when(name, exists)],
    ),
    forbidden: repeatedShapes(settings),
  })
}

function networkEntries(settings: JointSettings): readonly Entry[] {
  const { maxGroups, maxBlocksPerGroup, minUnits, maxUnits } = settings
  const is = (...names: readonly BackboneName[]) => isBackbone(settings, names)
  const deeper = (groups: number) => hasMoreGroups(settings, groups)
  const mlp = is('shaped-mlp')
  const resnet = is('shaped-resnet')
  // One width is the output alone, and two are the same in every shape.
  const hasShape = either(both(mlp, deeper(2)), both(resnet, deeper(1)))
  const hasDropout = either(is('plain-mlp', 'shaped-resnet'), both(mlp, deeper(1)))
  const units = (name: string) => range(name, [minUnits, maxUnits], { log: true, wanted: 200 })
  return [
    [choice('backbone', settings.backbones), true],
    [choice('activation', settings.activations), true],
    [choice('batchNorm', settings.batchNorm), true],
    [range('groups', [1, maxGroups], { wanted: 5 }), true],
    [choice('shape', offeredShapes(settings), 'funnel'), hasShape],
    [units('maxUnits'), either(both(mlp, deeper(1)), resnet)],
    [units('outputUnits'), is('shaped-mlp', 'shaped-resnet')],
    [range('blocksPerGroup', [1, maxBlocksPerGroup], { wanted: 2 }), resnet],
    [choice('dropout', settings.dropout), hasDropout],
    // The source leaves dropout out at 0.05 and below, and allows 1, which lets nothing through.
    [
      float('maxDropout', 0.05, 0.8, { defaultValue: 0.5 }),
      both(is('shaped-mlp', 'shaped-resnet'), dropsOut(settings)),
    ],
  ]
}

function plainLayerEntries(settings: JointSettings): readonly Entry[] {
  const { maxGroups, minUnits, maxUnits } = settings
  return Array.from({ length: maxGroups }, (_, index) => index + 1).flatMap((layer): Entry[] => {
    const exists = both(isBackbone(settings, ['plain-mlp']), hasMoreGroups(settings, layer - 1))
    return [
      [range(`units${layer}`, [minUnits, maxUnits], { log: true, wanted: 200 }), exists],
      [float(`dropout${layer}`, 0, 0.8, { defaultValue: 0.5 }), both(exists, dropsOut(settings))],
    ]
  })
}

function trainingEntries(settings: JointSettings): readonly Entry[] {
  const searches = (name: JointSettings['training'][number]) => settings.training.includes(name)
  return [
    [integer('batchSize', 32, 320, { log: true, defaultValue: 64 }), searches('batch-size')],
    ...(searches('optimizer') ? optimizerEntries(settings) : []),
    ...(searches('schedule') ? scheduleEntries(settings) : []),
    // Not in the source.
    [ordinal('labelSmoothing', [0, 0.05, 0.1, 0.2]), searches('label-smoothing')],
  ]
}

function optimizerEntries({ optimizers }: JointSettings): readonly Entry[] {
  const sgd = isChosen('optimizer', optimizers, ['sgd'])
  const adamw = isChosen('optimizer', optimizers, ['adamw'])
  const rate = { log: true, defaultValue: 1e-2 }
  return [
    [choice('optimizer', inOrder(optimizerNames, optimizers), 'adamw'), true],
    [float('sgd.learningRate', 1e-5, 0.1, rate), sgd],
    [float('sgd.momentum', 0, 0.99, { defaultValue: 0 }), sgd],
    [float('sgd.weightDecay', 0, 0.1, { defaultValue: 0 }), sgd],
    [float('adamw.learningRate', 1e-5, 0.1, rate), adamw],
    [float('adamw.beta1', 0.85, 0.999, { defaultValue: 0.9 }), adamw],
    [float('adamw.beta2', 0.9, 0.9999, { defaultValue: 0.9 }), adamw],
    [float('adamw.weightDecay', 0, 0.1, { defaultValue: 0 }), adamw],
  ]
}

function scheduleEntries({ schedules }: JointSettings): readonly Entry[] {
  const is = (name: string) => isChosen('schedule', schedules, [name])
  return [
    [choice('schedule', inOrder(scheduleNames, schedules), 'cosine'), true],
    // Evenly over the horizon; the source counts the epochs between drops, from 1 to 10.
    [integer('step.drops', 1, 5, { defaultValue: 2 }), is('step')],
    [float('step.factor', 0.001, 0.9, { defaultValue: 0.1 }), is('step')],
    // Not in the source, whose cyclic schedule the recipe does not have.
    [float('oneCycle.riseShare', 0.05, 0.5, { defaultValue: 0.3 }), is('one-cycle')],
  ]
}

/**
 * Where two shapes give the same widths whatever the sizes, the later one is forbidden, so that a
 * network has one configuration: four layers of a long funnel are those of a brick.
 */
function repeatedShapes(settings: JointSettings): readonly ForbiddenClause[] {
  const { backbones, maxGroups } = settings
  const shapes = offeredShapes(settings)
  return backbones
    .filter((backbone) => backbone !== 'plain-mlp')
    .flatMap((backbone) =>
      Array.from({ length: maxGroups }, (_, index) => index + 1).flatMap((groups) => {
        const count = shapedCount(backbone, groups)
        const repeated = count < 3 ? [] : shapes.filter((shape) => repeats(shape, shapes, count))
        if (repeated.length === 0) return []
        return [
          forbid(equals('backbone', backbone), equals('groups', groups), oneOf('shape', repeated)),
        ]
      }),
    )
}

/** Whether an earlier shape has the same widths, tried on sizes that have nothing in common. */
function repeats(shape: ShapeName, shapes: readonly ShapeName[], count: number): boolean {
  const widths = (name: ShapeName) =>
    shapedWidths(name, { input: 101, output: 1009, max: 100_003 }, count).join()
  return shapes.slice(0, shapes.indexOf(shape)).some((earlier) => widths(earlier) === widths(shape))
}

function offeredShapes({ shapes }: JointSettings): readonly ShapeName[] {
  return inOrder(shapeNames, shapes)
}

function isBackbone({ backbones }: JointSettings, names: readonly BackboneName[]): Existence {
  return isChosen('backbone', backbones, names)
}

function hasMoreGroups({ maxGroups }: JointSettings, groups: number): Existence {
  if (groups < 1) return true
  return groups < maxGroups && greaterThan('groups', groups)
}

function dropsOut({ dropout }: JointSettings): Existence {
  return dropout.includes(true) && equals('dropout', true)
}

/** Whether a choice falls on one of these values; known without asking where all or none are on offer. */
function isChosen(
  name: string,
  offered: readonly ParameterValue[],
  values: readonly ParameterValue[],
): Existence {
  const possible = offered.filter((value) => values.includes(value))
  if (possible.length === 0 || possible.length === offered.length) return possible.length > 0
  return oneOf(name, possible)
}

function both(first: Existence, second: Existence): Existence {
  if (typeof first === 'boolean') return first && second
  return typeof second === 'boolean' ? second && first : allOf(first, second)
}

function either(first: Existence, second: Existence): Existence {
  if (typeof first === 'boolean') return first || second
  return typeof second === 'boolean' ? second || first : anyOf(first, second)
}

function inOrder<T>(all: readonly T[], offered: readonly T[]): readonly T[] {
  return all.filter((item) => offered.includes(item))
}

function choice(
  name: string,
  offered: readonly ParameterValue[],
  wanted?: ParameterValue,
): Parameter {
  const [first = '', ...others] = offered
  if (others.length === 0) return constant(name, first)
  const defaultValue = offered.find((value) => value === wanted) ?? first
  return categorical(name, offered, { defaultValue })
}

/** @param wanted - the default, or the end of the range that is nearest to it */
function range(
  name: string,
  [lower, upper]: readonly [number, number],
  { wanted, log = false }: { readonly wanted: number; readonly log?: boolean },
): Parameter {
  if (lower === upper) return constant(name, lower)
  return integer(name, lower, upper, {
    log,
    defaultValue: Math.min(Math.max(wanted, lower), upper),
  })
}
