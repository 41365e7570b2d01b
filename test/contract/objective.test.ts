import { describe, expect, it } from 'vitest'
import type { Objective } from '#src/benchmark/objective.ts'
import { evaluatorCatalog } from '#src/evaluator/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'
import {
  createSpace,
  importedSheetPath,
  type SheetName,
  sheetMissing,
} from '#test/fixtures/imported-benchmark.ts'
import { sharedData } from '#test/fixtures/worker-environment.ts'
import { objectiveContract } from './objective.contract.ts'

interface Case {
  readonly name: string
  readonly evaluator: string
  readonly space: SearchSpace
  /** Settings, once the data are here. */
  readonly settings: () => Promise<Record<string, unknown>>
  readonly missing: string | null
}

const float = (name: string, lower: number, upper: number, log = false) => ({
  kind: 'float',
  name,
  lower,
  upper,
  log,
})
const hyperparameters = (...parameters: object[]) =>
  createSpace('hyperparameters', JSON.parse(JSON.stringify({ parameters })))

function sheet(name: SheetName, choice: object, space = createSpace(name)): Case {
  return {
    name: `tabular ${name} ${JSON.stringify(choice)}`,
    evaluator: 'tabular',
    space,
    settings: async () => ({ benchmark: await importedSheetPath(name), ...choice }),
    missing: sheetMissing(name),
  }
}

function synthetic(settings: Record<string, unknown>, space: SearchSpace): Case {
  const name = `synthetic ${JSON.stringify(settings)}`
  return { name, evaluator: 'synthetic', space, settings: async () => settings, missing: null }
}

const plane = hyperparameters(float('x1', -5, 10), float('x2', 0, 15))
const surrogate = sharedData('lcbench-surrogate')

const cases: readonly Case[] = [
  sheet('nas-bench-201', { report: { dataset: 'cifar10' } }),
  sheet('nas-bench-201', { dataset: 'cifar100', epochs: 200, report: null }),
  sheet('nas-bench-201', { dataset: 'cifar100', signal: 'yardstick' }),
  sheet('nas-bench-macro', { signal: 'test' }),
  synthetic({ function: 'branin', epochs: 9, noise: 0.05 }, plane),
  synthetic(
    { function: 'hartmann3' },
    hyperparameters(float('x1', 0, 1), float('x2', 0, 1), float('x3', 0, 1)),
  ),
  synthetic(
    { function: 'counting-ones', epochs: 27 },
    hyperparameters({ kind: 'categorical', name: 'a', choices: [0, 1] }, float('b', 0, 1)),
  ),
  {
    name: 'lcbench 3945',
    evaluator: 'lcbench',
    space: hyperparameters(
      { kind: 'integer', name: 'batch_size', lower: 16, upper: 512, log: true },
      float('learning_rate', 0.0001, 0.1, true),
      float('momentum', 0.1, 0.99),
      float('weight_decay', 0.00001, 0.1),
      { kind: 'integer', name: 'num_layers', lower: 1, upper: 5 },
      { kind: 'integer', name: 'max_units', lower: 64, upper: 1024, log: true },
      float('max_dropout', 0, 1),
    ),
    settings: async () => ({ folder: surrogate, task: 3945 }),
    missing: surrogate === null ? 'the lcbench surrogate is not beside this checkout' : null,
  },
]

for (const { name, evaluator, space, settings, missing } of cases) {
  objectiveContract({
    name,
    space,
    missing,
    open: async (): Promise<Objective> => {
      const entry = evaluatorCatalog.find((one) => one.name === evaluator)
      const objective = await entry?.objective?.(entry.settings.parse(await settings()), space)
      if (!objective) throw new Error(`${evaluator} offers no objective`)
      return objective
    },
  })
}

describe('the evaluators that offer an objective', () => {
  it('have a case each', () => {
    const offering = evaluatorCatalog.filter(({ objective }) => objective !== undefined)
    expect([...new Set(cases.map(({ evaluator }) => evaluator))].toSorted()).toEqual(
      offering.map(({ name }) => name).toSorted(),
    )
  })
})
