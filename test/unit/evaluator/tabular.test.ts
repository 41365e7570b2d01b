import { join } from 'node:path'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import type { Objective, ObjectiveInput } from '#src/benchmark/objective.ts'
import { resolveDocument } from '#src/config/resolve.ts'
import type { ExperimentInput } from '#src/config/schema.ts'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import { tabularEntry } from '#src/evaluator/tabular.ts'
import { replayRun, runExperiment } from '#src/runner/run.ts'
import { nasBench201Entry } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { importedSheetPath, sheetMissing } from '#test/fixtures/imported-benchmark.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const missing = sheetMissing('nas-bench-201')
const space = nasBench201Entry.create(nasBench201Entry.settings.parse({}))
const logger = pino({ level: 'silent' })
const cells = {
  // Numbers 0 and 1 of the benchmark, and its best on CIFAR-10 by the mean over repeats.
  first:
    '|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|',
  second:
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|',
  best: '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|',
}

async function open(choice: ObjectiveInput): Promise<Objective> {
  const benchmark = await importedSheetPath('nas-bench-201')
  const settings = tabularEntry.settings.parse({ benchmark, ...choice })
  const objective = await tabularEntry.objective?.(settings, space)
  if (!objective) throw new Error('The entry offers no objective')
  return objective
}

describe('the tabular evaluator', () => {
  it('refuses a benchmark that is not there', async () => {
    const settings = tabularEntry.settings.parse({ benchmark: 'nas-bench-999' })
    await expect(tabularEntry.objective?.(settings, space)).rejects.toThrow(
      expect.objectContaining({ code: 'benchmark/not-found' }),
    )
  })

  it('knows by its settings whether there is a test', () => {
    const hasTest = (report: unknown) =>
      tabularEntry.hasTest(tabularEntry.settings.parse({ benchmark: 'any', report }))
    expect(hasTest(null)).toBe(false)
    expect(hasTest({})).toBe(true)
  })
})

describe.skipIf(missing !== null)('the tabular evaluator on NAS-Bench-201', () => {
  it('tells validation after 12 epochs on half of the images, and reports 200 epochs on all', async () => {
    using objective = await open({ report: { dataset: 'cifar10' } })
    expect(objective.fullFidelity).toEqual({ epochs: 12 })
    expect(objective.mark).toBeNull()
    expect(objective.hasSeconds).toBe(true)
    expect(objective.testAccuracy(cells.first)).toBeCloseTo(0.85863333, 5)
    expect(objective.testAccuracy(cells.second)).toBeCloseTo(0.9366, 5)
    expect(objective.testAccuracy(cells.best)).toBeCloseTo(0.94373333, 5)
    expect(objective.bestTestAccuracy()).toBeCloseTo(0.94373333, 5)
    const result = objective.measure(cells.first, { epochs: 12 }, '1')
    expect(result.counts).toEqual({ parameterCount: 129_306, multiplyAdds: 15_647_370 })
    expect(result.cost.epochs).toBe(12)
    expect(result.cost.seconds).toBeGreaterThan(30)
    expect(result.cost.seconds).toBeLessThan(200)
    expect(result.metrics.valAccuracy).toBeLessThanOrEqual(objective.bestValAccuracy() ?? 0)
  })

  it.each([
    ['cifar100', 0.73513333],
    ['ImageNet16-120', 0.47311111],
  ])('knows the best test accuracy on %s', async (dataset, best) => {
    using objective = await open({ dataset })
    expect(objective.fullFidelity).toEqual({ epochs: 200 })
    expect(objective.bestTestAccuracy()).toBeCloseTo(best, 5)
  })

  it('refuses CIFAR-10 trained on all images as a signal of validation, and marks it as one of test', async () => {
    await expect(open({ dataset: 'cifar10' })).rejects.toThrow(
      'nas-bench-201 has no validation accuracy on cifar10; it has it on cifar10-valid, cifar100 or ImageNet16-120; set signal: test to search on test accuracy, which every report then says',
    )
    using objective = await open({ dataset: 'cifar10', signal: 'test' })
    expect(objective.mark).toBe('test-only table')
    await expect(open({ dataset: 'cifar100', signal: 'test' })).rejects.toThrow(
      /so a search must not be told test accuracy/,
    )
  })

  it('runs until the simulated seconds are spent, and replays', async () => {
    await using folder = await temporaryFolder()
    const result = await run(join(folder.path, 'run'), {
      evaluator: {
        name: 'tabular',
        benchmark: await importedSheetPath('nas-bench-201'),
        report: { dataset: 'cifar10' },
        workers: 4,
      },
      visibility: { order: 'arrival', window: 4 },
      budget: { costSeconds: 3000 },
    })
    expect(result.trials.ended).toBeGreaterThan(15)
    expect(result.best?.testAccuracy).toBeGreaterThan(0.88)
    const replayed = replayRun(join(folder.path, 'run'))
    expect(replayed.proposalCount).toBe(result.trials.proposed)
    expect(replayed.result).toEqual(result)
  })

  it('refuses another space, and a fidelity that the table lacks, before the first trial', async () => {
    await using folder = await temporaryFolder()
    const evaluator = {
      name: 'tabular',
      benchmark: await importedSheetPath('nas-bench-201'),
      report: { dataset: 'cifar10' },
    }
    await expect(
      run(join(folder.path, 'space'), { evaluator, space: { name: 'nas-bench-macro' } }),
    ).rejects.toThrow(/does not answer for the space nas-bench-macro/)
    await expect(
      run(join(folder.path, 'fidelity'), { evaluator, fidelity: { epochs: 50 } }),
    ).rejects.toThrow(
      'An evaluation on nas-bench-201 has 12 epochs here, found 50; set fidelity.epochs to one of these, since nothing between is measured',
    )
  })
})

function run(folder: string, changes: Partial<ExperimentInput>) {
  const input: ExperimentInput = {
    version: 1,
    name: 'table',
    seed: 1,
    space: { name: 'nas-bench-201' },
    optimizer: { name: 'regularized-evolution', populationSize: 10, sampleSize: 3 },
    evaluator: { name: 'tabular' },
    fidelity: { epochs: 12 },
    budget: { trials: 10 },
    ...changes,
  }
  const document = resolveDocument(input, {}, 'table.yaml')
  const source = { path: 'table.yaml', sha256: sha256('table'), overrides: [] }
  const experiment = { document, hash: contentHash(document), extensions: {}, source }
  return runExperiment(experiment, { folder, logger })
}
