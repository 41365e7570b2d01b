/**
 * LCBench's learning curves of perceptrons on 34 tabular tasks, as a neural surrogate learned them: a
 * stand-in for training, not measurements.
 *
 * @see Zimmer, Lindauer and Hutter 2021, "Auto-PyTorch Tabular", section 4 (LCBench); Pfisterer et al.
 *   2022, "YAHPO Gym", section 4 (the surrogate); slds-lmu/yahpo_gym `benchmarks/lcbench.py` (the order
 *   of inputs and outputs).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256 } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { readConfigSpace } from '#src/parameter/configspace-read.ts'
import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import { type OnnxModel, readOnnxModel } from '../onnx/onnx-model.ts'
import { tensor } from '../onnx/tensor.ts'

/** What is searched, in the order of the model's inputs, behind the epoch. */
export const searched = [
  'batch_size',
  'learning_rate',
  'momentum',
  'weight_decay',
  'num_layers',
  'max_units',
  'max_dropout',
] as const

/** What the surrogate says of a training after some epochs. */
export interface LcbenchPoint {
  /** Of training so far. */
  readonly seconds: number
  /** Shares, 0 to 1; balanced accuracies weigh every class alike. */
  readonly valAccuracy: number
  readonly valBalancedAccuracy: number
  readonly testBalancedAccuracy: number
  readonly valCrossEntropy: number
  readonly testCrossEntropy: number
}

export interface Lcbench {
  /** Numbers of the tasks on OpenML. */
  readonly tasks: readonly string[]
  /** Epochs of a whole training. */
  readonly fullEpochs: number
  /** Ranges of what is searched. */
  readonly parameters: readonly Parameter[]
  /** SHA-256 over model, encoding and ranges. */
  readonly contentHash: string
  /**
   * @param configuration - a number for each of `searched`
   * @param epoch - from 1 to `fullEpochs`
   */
  predict(task: string, configuration: Configuration, epoch: number): LcbenchPoint
}

const Encoding = z.object({ OpenML_task_id: z.record(z.string(), z.int()) })

/**
 * Opens a folder with `model.onnx`, `encoding.json` and `config_space.json`, as YAHPO Gym publishes them.
 *
 * @throws benchmark/not-found for a file that is not there; benchmark/invalid for one that is another
 */
export function openLcbench(folder: string): Lcbench {
  const read = (file: string) => readPart(folder, file)
  const parts = {
    model: read('model.onnx'),
    encoding: read('encoding.json'),
    ranges: read('config_space.json'),
  }
  const model = readOnnxModel(parts.model)
  const encoding = parseJson(folder, 'encoding.json', parts.encoding, Encoding).OpenML_task_id
  const document = parseJson(folder, 'config_space.json', parts.ranges, z.unknown())
  const { parameters } = readConfigSpace(document, 'lcbench')
  const epochs = parameters.find(({ name }) => name === 'epoch')
  const tasks = parameters.find(({ name }) => name === 'OpenML_task_id')
  if (epochs?.kind !== 'integer' || tasks?.kind !== 'categorical') {
    return refusePart(folder, 'config_space.json', 'the parameters epoch and OpenML_task_id')
  }
  return {
    tasks: tasks.choices.map(String),
    fullEpochs: epochs.upper,
    parameters: searched.map((name) =>
      withPlainEnds(
        parameters.find((parameter) => parameter.name === name) ??
          refusePart(folder, 'config_space.json', `a parameter ${name}`),
      ),
    ),
    contentHash: sha256(Object.values(parts).map(sha256).join('\n')),
    predict(task, configuration, epoch) {
      const category = encoding[task]
      if (category === undefined) return refusePart(folder, 'encoding.json', `a task ${task}`)
      return predict(model, category, [epoch, ...searched.map((name) => configuration[name])])
    },
  }
}

/** The published ends of logarithmic ranges went through logarithms: 0.00010000000000000009. */
function withPlainEnds(parameter: Parameter): Parameter {
  if (parameter.kind !== 'float') return parameter
  const plain = (value: number) => Number(value.toPrecision(12))
  return { ...parameter, lower: plain(parameter.lower), upper: plain(parameter.upper) }
}

function predict(model: OnnxModel, category: number, inputs: readonly unknown[]): LcbenchPoint {
  const [output] = model.run({
    x_cat: tensor('integer', [1, 1], [category]),
    x_cont: tensor('float', [1, inputs.length], inputs.map(Number)),
  })
  const at = (position: number) => output?.values[position] ?? Number.NaN
  return {
    seconds: Math.max(at(0), 0),
    valAccuracy: share(at(1) / 100),
    valCrossEntropy: at(2),
    valBalancedAccuracy: share(at(3)),
    testCrossEntropy: at(4),
    testBalancedAccuracy: share(at(5)),
  }
}

/** A surrogate may leave the range by a little. */
function share(value: number): number {
  return Math.min(Math.max(value, 0), 1)
}

function readPart(folder: string, file: string): Buffer {
  try {
    return readFileSync(join(folder, file))
  } catch (cause) {
    throw new ArchloomError(
      'benchmark/not-found',
      `There is no ${file} of the lcbench surrogate in ${folder}; evaluator.folder must name the folder with model.onnx, encoding.json and config_space.json`,
      { details: { folder, file }, cause },
    )
  }
}

function parseJson<S extends z.ZodType>(
  folder: string,
  file: string,
  bytes: Buffer,
  schema: S,
): z.infer<S> {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    return refusePart(folder, file, 'the JSON that YAHPO Gym publishes', cause)
  }
}

function refusePart(folder: string, file: string, expected: string, cause?: unknown): never {
  throw new ArchloomError(
    'benchmark/invalid',
    `The file ${join(folder, file)} is not the lcbench surrogate's: expected ${expected}; get it anew`,
    { details: { folder, file, expected }, cause },
  )
}
