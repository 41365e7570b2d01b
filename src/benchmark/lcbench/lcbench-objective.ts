import { z } from 'zod'
import { contentHash } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { domainWords, isInDomain, listedValues } from '#src/parameter/domain.ts'
import type { Parameter, ParameterSpace } from '#src/parameter/parameter.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { type Objective, refuseBudget } from '../objective.ts'
import { parameterView } from '../parameter-objective.ts'
import { type Lcbench, openLcbench } from './lcbench.ts'

/** Changed when the reading of the model changes, so that results are not pooled. */
const version = 1

export const LcbenchChoice = z.strictObject({
  /** Folder of the surrogate: `model.onnx`, `encoding.json`, `config_space.json`. */
  folder: z.string().min(1),
  /** Number of the task on OpenML, such as 167168. */
  task: z.union([z.string().min(1), z.int().min(1)]),
})
export type LcbenchChoice = z.infer<typeof LcbenchChoice>

/**
 * A search on one task of the surrogate: validation accuracy after up to 52 epochs, on the simulated
 * clock of its training seconds.
 *
 * @remarks
 * The surrogate has no plain test accuracy: what is reported is the balanced one, after all epochs. Nobody
 * knows its best values. The space has the seven parameters of the surrogate, within their ranges.
 *
 * @throws benchmark/not-found, benchmark/invalid for a folder that is none; config/incompatible for
 *   another space; config/unknown-name for a task that is none
 */
export function lcbenchObjective(choice: LcbenchChoice, space: SearchSpace): Objective {
  const view = parameterView(space, 'The lcbench surrogate')
  const lcbench = openLcbench(choice.folder)
  const task = String(choice.task)
  if (!lcbench.tasks.includes(task)) refuseTask(lcbench, task)
  const misfit = misfitOf(lcbench, view.parameters)
  if (misfit !== null) refuseSpace(space, misfit)
  const { fullEpochs } = lcbench
  const budgets = Array.from({ length: fullEpochs }, (_, index) => index + 1)
  const fingerprint = { benchmark: 'lcbench', contentHash: lcbench.contentHash, task, version }
  const hash = contentHash(fingerprint)
  return {
    name: 'lcbench',
    description: `lcbench surrogate, task ${task}: told validation accuracy after ${fullEpochs} epochs; reported balanced test accuracy`,
    fingerprint,
    contentHash: hash,
    isTestOnly: false,
    mark: null,
    hasSeconds: true,
    hasTest: true,
    fullFidelity: { epochs: fullEpochs },
    budgets,
    measure(architecture, { epochs }) {
      if (!budgets.includes(epochs)) refuseBudget('lcbench', budgets, epochs)
      const point = lcbench.predict(task, view.configurationOf(architecture), epochs)
      return {
        metrics: { valAccuracy: point.valAccuracy, valLoss: point.valCrossEntropy },
        cost: { seconds: point.seconds, epochs },
        curve: [],
        fingerprint: hash,
      }
    },
    testAccuracy: (architecture) =>
      lcbench.predict(task, view.configurationOf(architecture), fullEpochs).testBalancedAccuracy,
    bestValAccuracy: () => null,
    bestTestAccuracy: () => null,
    [Symbol.dispose]() {},
  }
}

/** Why a space is not one of the surrogate's, or null. */
function misfitOf({ parameters }: Lcbench, space: ParameterSpace): string | null {
  const offered = new Map(space.parameters.map((parameter) => [parameter.name, parameter]))
  const extra = space.parameters.find(({ name }) => !parameters.some((one) => one.name === name))
  if (extra) return `has ${extra.name}, which the surrogate does not know`
  const conditional = space.conditions[0]
  if (conditional) return `has a condition on ${conditional.child}, and the surrogate needs all`
  for (const known of parameters) {
    const parameter = offered.get(known.name)
    if (!parameter) return `lacks ${known.name}: ${domainWords(known)}`
    const outside = extremes(parameter).find((value) => !isInDomain(known, value))
    if (outside !== undefined) {
      return `has ${known.name} of ${outside}, and the surrogate knows ${domainWords(known)}`
    }
  }
  return null
}

/** Values that lie within a range when all do. */
function extremes(parameter: Parameter) {
  if (parameter.kind === 'constant') return [parameter.value]
  const listed = listedValues(parameter)
  if (listed) return listed
  return parameter.kind === 'integer' || parameter.kind === 'float'
    ? [parameter.lower, parameter.upper]
    : []
}

function refuseSpace({ name }: SearchSpace, misfit: string): never {
  throw new ArchloomError(
    'config/incompatible',
    `The lcbench surrogate cannot answer for the space ${name}: it ${misfit} (docs/benchmarks/lcbench.md has the parameters to write down)`,
    { details: { space: name } },
  )
}

function refuseTask({ tasks }: Lcbench, task: string): never {
  throw new ArchloomError(
    'config/unknown-name',
    `The lcbench surrogate has no task ${task}; it has ${tasks.join(', ')}`,
    { details: { task, tasks } },
  )
}
