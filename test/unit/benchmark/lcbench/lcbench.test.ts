import { readFileSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Lcbench, openLcbench, searched } from '#src/benchmark/lcbench/lcbench.ts'
import { LcbenchChoice, lcbenchObjective } from '#src/benchmark/lcbench/lcbench-objective.ts'
import { hyperparametersEntry } from '#src/space/hyperparameters/hyperparameters.ts'
import { nasBench101Entry } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { sharedData } from '#test/fixtures/worker-environment.ts'

const folder = sharedData('lcbench-surrogate') ?? ''
const missing = folder === '' ? 'the lcbench surrogate is not beside this checkout' : null

/** What ONNX Runtime 1.30 makes of drawn configurations; the epoch comes first. */
const computed = [
  {
    task: '126025',
    inputs: [50, 359, 0.02123524, 0.30043441, 0.03002363, 4, 721, 0.0052653],
    output: [315.610687, 77.329529, 0.343432, 0.804911, 0.499844, 0.793908],
  },
  {
    task: '167161',
    inputs: [13, 97, 0.07125488, 0.32338932, 0.08060586, 3, 418, 0.7170859],
    output: [30.652, 65.460449, 0.587658, 0.661776, 0.650376, 0.656587],
  },
  {
    task: '167201',
    inputs: [7, 506, 0.06569614, 0.85029233, 0.07771381, 4, 191, 0.64122909],
    output: [68.089355, 40.716236, 1.067085, 0.318162, 1.105517, 0.321688],
  },
  {
    task: '168910',
    inputs: [17, 32, 0.04325862, 0.27607948, 0.04543453, 2, 512, 0.70731539],
    output: [142.519211, 64.890228, 1.035296, 0.660369, 1.641841, 0.660487],
  },
  {
    task: '189906',
    inputs: [20, 161, 0.01084468, 0.60743213, 0.09524277, 4, 345, 0.33572605],
    output: [94.898048, 44.108376, 1.615448, 0.40976, 1.900427, 0.409947],
  },
]

/** As docs/benchmarks/lcbench.md has them. */
const parameters = [
  { kind: 'integer', name: 'batch_size', lower: 16, upper: 512, log: true },
  { kind: 'float', name: 'learning_rate', lower: 0.0001, upper: 0.1, log: true },
  { kind: 'float', name: 'momentum', lower: 0.1, upper: 0.99 },
  { kind: 'float', name: 'weight_decay', lower: 0.00001, upper: 0.1 },
  { kind: 'integer', name: 'num_layers', lower: 1, upper: 5 },
  { kind: 'integer', name: 'max_units', lower: 64, upper: 1024, log: true },
  { kind: 'float', name: 'max_dropout', lower: 0, upper: 1 },
]
const spaceOf = (settings: unknown) =>
  hyperparametersEntry.create(hyperparametersEntry.settings.parse(settings))
const space = spaceOf({ parameters })
const changed = (name: string, change: object) =>
  spaceOf({
    parameters: parameters.map((one) => (one.name === name ? { ...one, ...change } : one)),
  })
const make = (choice: object, of = space) =>
  lcbenchObjective(LcbenchChoice.parse({ folder, task: 167168, ...choice }), of)
const text =
  'batch_size=32 learning_rate=0.01 max_dropout=0.5 max_units=256 momentum=0.5 num_layers=3 weight_decay=0.01'

function outputs(lcbench: Lcbench, task: string, inputs: readonly number[]): readonly number[] {
  const [epoch = 0, ...rest] = inputs
  const configuration = Object.fromEntries(searched.map((name, index) => [name, rest[index] ?? 0]))
  const point = lcbench.predict(task, configuration, epoch)
  return [
    point.seconds,
    100 * point.valAccuracy,
    point.valCrossEntropy,
    point.valBalancedAccuracy,
    point.testCrossEntropy,
    point.testBalancedAccuracy,
  ]
}

/** Seconds are the tail of a sigmoid times 46,791, so that float32 shows; the rest is closer. */
function expectOutputs(found: readonly number[], expected: readonly number[]): void {
  for (const [index, value] of expected.entries()) {
    const tolerance = index === 0 ? 0.005 + 1e-4 * value : 2e-5 * Math.max(1, value)
    expect(Math.abs((found[index] ?? 0) - value), `output ${index}`).toBeLessThan(tolerance)
  }
}

describe.skipIf(missing !== null)('the lcbench surrogate', () => {
  it('gives the worked example that came with it', () => {
    const { example } = JSON.parse(readFileSync(join(folder, 'interface.json'), 'utf8'))
    const lcbench = openLcbench(folder)
    const rest = searched.map((name) => example[name])
    for (const [index, epoch] of example.epochs.entries()) {
      const found = outputs(lcbench, example.OpenML_task_id, [epoch, ...rest])
      expectOutputs(found, example.output[index])
    }
  })

  it.each(computed)('agrees with ONNX Runtime on task $task', ({ task, inputs, output }) => {
    expectOutputs(outputs(openLcbench(folder), task, inputs), output)
  })

  it('knows its 34 tasks and its ranges', () => {
    const lcbench = openLcbench(folder)
    expect(lcbench.tasks).toHaveLength(34)
    expect(lcbench.fullEpochs).toBe(52)
    expect(lcbench.parameters.map(({ name }) => name)).toEqual([...searched])
  })

  it('says which file is missing or another', async () => {
    expect(() => openLcbench('nowhere')).toThrow(
      'There is no model.onnx of the lcbench surrogate in nowhere; evaluator.folder must name the folder with model.onnx, encoding.json and config_space.json',
    )
    await using copy = await temporaryFolder()
    await cp(folder, copy.path, { recursive: true })
    const broken = (file: string, content: string | Buffer) => {
      const before = readFileSync(join(copy.path, file))
      writeFileSync(join(copy.path, file), content)
      try {
        openLcbench(copy.path)
        return 'opened'
      } catch (error) {
        return (error as { code: string }).code
      } finally {
        writeFileSync(join(copy.path, file), before)
      }
    }
    const model = readFileSync(join(folder, 'model.onnx'))
    expect(broken('model.onnx', model.subarray(0, 100_000))).toBe('benchmark/invalid')
    expect(broken('encoding.json', '{"OpenML_task_id": {"3945": "a"}}')).toBe('benchmark/invalid')
    expect(broken('config_space.json', '{')).toBe('benchmark/invalid')
    expect(broken('config_space.json', '{"hyperparameters": []}')).not.toBe('opened')
    expect(broken('model.onnx', model)).toBe('opened')
  })
})

describe.skipIf(missing !== null)('an objective on the lcbench surrogate', () => {
  it('tells validation accuracy of each epoch, on a clock that goes forward', () => {
    const objective = make({})
    expect(objective.fullFidelity).toEqual({ epochs: 52 })
    // As the data's own notes have it: 22.9, 48.3, 63.4, 71.4, 75.3, 78.1, 80.4 %, rising.
    const points = [1, 2, 4, 8, 16, 32, 52].map((epochs) =>
      objective.measure(text, { epochs }, '0'),
    )
    const accuracies = points.map(({ metrics }) => metrics.valAccuracy)
    const seconds = points.map(({ cost }) => cost.seconds)
    expect(accuracies).toEqual(accuracies.toSorted((first, second) => first - second))
    expect(seconds).toEqual(seconds.toSorted((first, second) => first - second))
    expect(accuracies.at(-1)).toBeGreaterThan(0.5)
    expect(() => objective.measure(text, { epochs: 53 }, '0')).toThrow(
      /has 1 to 52 epochs here, found 53/,
    )
  })

  it('reports the balanced test accuracy after all epochs, and knows no optimum', () => {
    const objective = make({})
    expect(objective.testAccuracy(text)).toBeGreaterThan(0.3)
    expect(objective.testAccuracy(text)).toBeLessThan(1)
    expect(objective.description).toContain('reported balanced test accuracy')
    expect(objective.bestValAccuracy()).toBeNull()
    expect(objective.bestTestAccuracy()).toBeNull()
  })

  it('takes parts of the ranges and constants, and nothing else', () => {
    const narrow = changed('batch_size', { lower: 32, upper: 64 })
    expect(make({}, narrow).name).toBe('lcbench')
    const fixed = spaceOf({
      parameters: [
        ...parameters.filter(({ name }) => name !== 'momentum'),
        { kind: 'ordinal', name: 'momentum', sequence: [0.5, 0.9] },
      ],
    })
    expect(() => make({}, fixed)).not.toThrow()
    expect(() => make({}, changed('momentum', { lower: 0 }))).toThrow(
      /^The lcbench surrogate cannot answer for the space hyperparameters: it has momentum of 0, and the surrogate knows /,
    )
    expect(() => make({}, spaceOf({ parameters: parameters.slice(1) }))).toThrow(
      /it lacks batch_size/,
    )
    const extra = { kind: 'float', name: 'extra', lower: 0, upper: 1 }
    expect(() => make({}, spaceOf({ parameters: [...parameters, extra] }))).toThrow(
      /it has extra, which the surrogate does not know/,
    )
    const conditional = {
      parameters,
      conditions: [
        { child: 'max_dropout', test: { kind: 'greater-than', parameter: 'num_layers', value: 1 } },
      ],
    }
    expect(() => make({}, spaceOf(conditional))).toThrow(/it has a condition on max_dropout/)
    const cells = nasBench101Entry.create(nasBench101Entry.settings.parse({}))
    expect(() => make({}, cells)).toThrow(expect.objectContaining({ code: 'config/incompatible' }))
  })

  it('refuses a task that is none', () => {
    expect(() => make({ task: 1 })).toThrow(
      /^The lcbench surrogate has no task 1; it has 3945, 7593, /,
    )
  })

  it('has a fingerprint of the model and the task', () => {
    expect(make({}).contentHash).toBe(make({ task: '167168' }).contentHash)
    expect(make({}).contentHash).not.toBe(make({ task: 3945 }).contentHash)
  })
})
