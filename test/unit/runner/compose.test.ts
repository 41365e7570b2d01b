import { describe, expect, test } from 'vitest'
import type { ExperimentDocument } from '#src/config/schema.ts'
import type { OptimizerEntry } from '#src/optimizer/optimizer.ts'
import { randomSearchEntry } from '#src/optimizer/random-search.ts'
import { composeExperiment } from '#src/runner/compose.ts'
import { cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'

const { document } = cellExperiment({ fidelity: { epochs: 5 }, seed: '123' })

function compose(changes: Partial<ExperimentDocument>) {
  return composeExperiment({ ...document, ...changes }, cellExtensions(), 'cells.ts')
}

describe('composing', () => {
  test('makes the parts that the document names, with their settings', () => {
    const { space, optimizer, evaluator, evaluatorSettings, plan } = compose({})
    expect([space.name, optimizer.name, evaluator.name]).toEqual([
      'nas-bench-201',
      'regularized-evolution',
      'cell-function',
    ])
    expect(evaluatorSettings).toEqual({ slots: 1, failures: false, points: 0 })
    expect(plan).toEqual({
      seed: '123',
      budget: { trials: 20 },
      visibility: { order: 'ordered', window: 1 },
      fidelity: { epochs: 5 },
      maxAttempts: 3,
      hasTest: true,
    })
  })

  test('refuses an optimizer that cannot search the space, with its reason', () => {
    const picky: OptimizerEntry = {
      ...randomSearchEntry,
      name: 'picky',
      misfit: () => 'needs a space of words, which this is not',
    }
    const extensions = { ...cellExtensions(), optimizers: [picky] }
    const picked = { ...document, optimizer: { name: 'picky' } }
    expect(() => composeExperiment(picked, extensions, 'cells.ts')).toThrow(
      expect.objectContaining({
        code: 'config/incompatible',
        message:
          'In cells.ts, optimizer.name: picky cannot search nas-bench-201: it needs a space of words, which this is not',
      }),
    )
  })

  test.each<[Partial<ExperimentDocument>, string, string]>([
    [
      { optimizer: { name: 'regularised-evolution' } },
      'config/unknown-name',
      'In cells.ts, optimizer.name: unknown name "regularised-evolution"; did you mean "regularized-evolution"?',
    ],
    [{ space: { name: 'zebra' } }, 'config/unknown-name', 'space.name: unknown name "zebra"'],
    [{ evaluator: { name: 'zebra' } }, 'config/unknown-name', 'evaluator.name: unknown name'],
    [
      { evaluator: { name: 'cell-function', slots: 0 } },
      'config/invalid',
      'In cells.ts, evaluator.slots: expected a number at least 1, found 0',
    ],
    [
      { optimizer: { name: 'regularized-evolution', popSize: 3 } },
      'config/unknown-key',
      'In cells.ts, optimizer: unknown key "popSize"',
    ],
    [
      { budget: { epochs: 4 } },
      'config/invalid',
      'In cells.ts, budget.epochs: expected at least the 5 epochs of one trial (fidelity.epochs), found 4',
    ],
  ])('%j is refused with %s', (changes, code, message) => {
    expect(() => compose(changes)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
