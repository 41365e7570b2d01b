import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ExperimentInput } from '#src/config/schema.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { startMethod } from '#src/experiment/method.ts'
import { initialState } from '#src/experiment/state.ts'
import type { OptimizerEntry } from '#src/optimizer/optimizer.ts'
import { randomSearchEntry } from '#src/optimizer/random-search.ts'
import { composeExperiment } from '#src/runner/compose.ts'
import { drive } from '#src/runner/drive.ts'
import type { RunResult } from '#src/runner/result.ts'
import { type RunOptions, resumeRun, runExperiment } from '#src/runner/run.ts'
import { trainedWeights } from '#src/runner/trained-weights.ts'
import { createJournal, readJournal } from '#src/store/journal.ts'
import { simulatedClock, systemClock } from '#src/time/clock.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { FailureKind } from '#src/trial/outcome.ts'
import { type CellHooks, cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'
import { evaluatorContext } from '#test/fixtures/evaluator-context.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const logger = pino({ level: 'silent' })
let temporary: TemporaryFolder
let folder: string

beforeEach(async () => {
  temporary = await temporaryFolder()
  folder = join(temporary.path, 'run')
})
afterEach(() => temporary[Symbol.asyncDispose]())

function run(
  changes: Partial<ExperimentInput>,
  hooks: CellHooks = {},
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  return runExperiment(cellExperiment(changes, hooks), { folder, logger, ...options })
}

function resume(hooks: CellHooks = {}, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return resumeRun({ folder, logger, extensions: cellExtensions(hooks), ...options })
}

function events(): ExperimentEvent[] {
  using journal = readJournal(folder)
  return [...journal.entries()].map(({ event }) => event)
}

function fail(kind: FailureKind): never {
  throw new AttemptFailure({ kind, message: `The toy failed: ${kind}` })
}

const small: Partial<ExperimentInput> = { budget: { trials: 4 } }

describe('failed attempts', () => {
  test.each([
    ['out_of_memory', ['infeasible']],
    ['invalid_task', ['infeasible']],
    ['diverged', ['diverged']],
    ['timeout', ['timed-out']],
    ['crashed', ['retry', 'retry', 'failed']],
    ['internal', ['retry', 'retry', 'failed']],
    // Nobody cancelled it: were it repeated for ever, the run would be stuck.
    ['cancelled', ['retry', 'retry', 'failed']],
  ] as const)('%s gives %j', async (kind, verdicts) => {
    const hooks: CellHooks = { before: ({ trial }) => void (trial === 1 && fail(kind)) }
    const result = await run(small, hooks)
    const found = events().flatMap((event) =>
      event.type === 'attempt-failed' ? [[event.trial, event.attempt, event.verdict]] : [],
    )
    expect(found).toEqual(verdicts.map((verdict, attempt) => [1, attempt, verdict]))
    expect(result.trials.byOutcome).toEqual({ completed: 3, [verdicts.at(-1) ?? '']: 1 })
  })

  test('lost attempts do not count as crashes', async () => {
    // Trial 1 is started in six processes that are interrupted, then crashes twice, then works.
    for (let round = 0; round < 6; round += 1) {
      const stopping = new AbortController()
      const hooks: CellHooks = {
        before: ({ trial }) => {
          if (trial !== 1) return
          stopping.abort()
          fail('crashed')
        },
      }
      const options = { signal: stopping.signal }
      const begun = round === 0 ? run(small, hooks, options) : resume(hooks, options)
      await expect(begun).rejects.toMatchObject({ code: 'run/interrupted' })
    }
    let crashes = 0
    const result = await resume({
      before: ({ trial }) => {
        if (trial === 1 && crashes < 2) {
          crashes += 1
          fail('crashed')
        }
      },
    })
    expect(result.trials.byOutcome).toEqual({ completed: 4 })
    const attempts = events().flatMap((event) =>
      event.type === 'attempt-started' && event.trial === 1 ? [event.attempt] : [],
    )
    expect(attempts).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('all trials failing gives a finished run without a best', async () => {
    const result = await run(small, { before: () => fail('diverged') })
    expect(result).toMatchObject({ status: 'finished', best: null })
    expect(result.trials.byOutcome).toEqual({ diverged: 4 })
  })

  test('broken data ends the run at once; mended, it goes on the same way', async () => {
    const hooks: CellHooks = { before: ({ trial }) => void (trial === 2 && fail('data')) }
    await expect(run(small, hooks)).rejects.toMatchObject({
      code: 'config/data-corrupt',
      message: `The toy failed: data; mend it, then continue with archloom resume ${folder}`,
      exitCode: 2,
    })
    expect(events().at(-1)).toMatchObject({ type: 'attempt-failed', verdict: 'abort-run' })
    expect((await resume()).trials.byOutcome).toEqual({ completed: 4 })
  })
})

describe('the test split', () => {
  test('is measured again after a crash', async () => {
    const attempts: number[] = []
    const result = await run(small, {
      beforeTest: ({ attempt }) => {
        attempts.push(attempt)
        if (attempt < 2) fail('crashed')
      },
    })
    expect(attempts).toEqual([0, 1, 2])
    expect(result.best?.testAccuracy).not.toBeNull()
  })

  test('stays unknown when it always fails, and the run still finishes', async () => {
    const result = await run(small, { beforeTest: () => fail('crashed') })
    expect(result).toMatchObject({ status: 'finished', best: { testAccuracy: null } })
    const verdicts = events().flatMap((event) =>
      event.type === 'test-failed' ? [event.verdict] : [],
    )
    expect(verdicts).toEqual(['retry', 'retry', 'failed'])
  })

  test('broken data ends the run; mended, only the test is left', async () => {
    await expect(run(small, { beforeTest: () => fail('data') })).rejects.toMatchObject({
      code: 'config/data-corrupt',
    })
    const evaluated: number[] = []
    const result = await resume({ before: ({ trial }) => evaluated.push(trial) })
    expect(evaluated).toEqual([])
    expect(result.best?.testAccuracy).toBeGreaterThan(0)
  })

  test('an error that is no failure breaks the run before the end', async () => {
    const hooks: CellHooks = {
      beforeTest: () => {
        throw new Error('The toy is broken')
      },
    }
    await expect(run(small, hooks)).rejects.toThrow('The toy is broken')
    expect(
      events()
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['trial-selected', 'run-interrupted'])
    expect((await resume()).status).toBe('finished')
  })
})

describe('a broken part', () => {
  const wide: Partial<ExperimentInput> = {
    ...small,
    evaluator: { name: 'cell-function', slots: 4 },
    visibility: { window: 4 },
  }

  test('an evaluator that throws ends the run, but what came with it is kept', async () => {
    const hooks: CellHooks = {
      before: ({ trial }) => {
        if (trial === 1) throw new Error('The toy is broken')
      },
    }
    await expect(run(wide, hooks)).rejects.toThrow('The toy is broken')
    const finished = events().flatMap((event) =>
      event.type === 'trial-finished' ? [event.trial] : [],
    )
    expect(finished.sort()).toEqual([0, 2, 3])
    expect(events().at(-1)?.type).toBe('run-interrupted')
    const evaluated: number[] = []
    await resume({ before: ({ trial }) => evaluated.push(trial) })
    expect(evaluated).toEqual([1])
  })

  test('results that come while the run stops are kept, whenever they come', async () => {
    for (let later = 0; later < 6; later += 1) {
      folder = join(temporary.path, `run-${later}`)
      const measured: number[] = []
      const hooks: CellHooks = {
        delay: async ({ trial }) => {
          if (trial === 1) throw new Error('The toy is broken')
          // Half a turn apart: once as a microtask, once after a turn of the event loop.
          for (let turn = 0; turn < later; turn += 1) {
            await (trial === 2 ? new Promise((done) => setImmediate(done)) : Promise.resolve())
          }
        },
        change: (result, { trial }) => {
          measured.push(trial)
          return result
        },
      }
      await expect(run(wide, hooks)).rejects.toThrow('The toy is broken')
      const finished = events().flatMap((event) =>
        event.type === 'trial-finished' ? [event.trial] : [],
      )
      expect(finished.sort()).toEqual(measured.sort())
    }
  })

  test('an invalid result takes no good one of the same moment with it', async () => {
    const hooks: CellHooks = {
      change: (result, { trial }) =>
        trial === 1 ? { ...result, metrics: { valAccuracy: 2 } } : result,
    }
    await expect(run(wide, hooks)).rejects.toMatchObject({ code: 'config/invalid' })
    const evaluated: number[] = []
    await resume({ before: ({ trial }) => evaluated.push(trial) })
    expect(evaluated).toEqual([1])
  })

  test.each([
    ['an accuracy above 1', { metrics: { valAccuracy: 1.5 } }, 'metrics.valAccuracy'],
    ['no number', { metrics: { valAccuracy: Number.NaN } }, 'metrics.valAccuracy'],
    ['a negative cost', { cost: { seconds: -1, epochs: 1 } }, 'cost.seconds'],
  ])('a result with %s is refused by name', async (_, wrong, path) => {
    const hooks: CellHooks = {
      change: (result, { trial }) => (trial === 2 ? { ...result, ...wrong } : result),
    }
    await expect(run(small, hooks)).rejects.toMatchObject({
      code: 'config/invalid',
      message: expect.stringContaining(
        `Evaluator cell-function evaluated trial 2 with an invalid result: ${path}: `,
      ),
    })
    expect((await resume()).status).toBe('finished')
  })

  test('a result from an environment that nobody declared is refused', async () => {
    const hooks: CellHooks = { change: (result) => ({ ...result, fingerprint: 'unheard-of' }) }
    await expect(run(small, hooks)).rejects.toMatchObject({
      code: 'internal/invariant',
      message: expect.stringContaining('environment unheard-of, which it did not declare'),
    })
  })

  test('an optimizer that throws loses no result', async () => {
    let broken = true
    const moody: OptimizerEntry<typeof randomSearchEntry.settings> = {
      ...randomSearchEntry,
      name: 'moody',
      create: (space, settings) => {
        const search = randomSearchEntry.create(space, settings)
        return {
          ...search,
          ask: (state, context) => {
            if (broken && context.trial === 2) throw new Error('The optimizer is broken')
            return search.ask(state, context)
          },
        }
      },
    }
    const extensions = { ...cellExtensions(), optimizers: [moody] }
    const { document, ...rest } = cellExperiment(small)
    const experiment = {
      ...rest,
      document: { ...document, optimizer: { name: 'moody' } },
      extensions,
    }
    await expect(runExperiment(experiment, { folder, logger })).rejects.toThrow(
      'The optimizer is broken',
    )
    expect(events().filter(({ type }) => type === 'trial-finished')).toHaveLength(2)
    broken = false
    const result = await resumeRun({ folder, logger, extensions })
    expect(result.trials.byOutcome).toEqual({ completed: 4 })
  })

  test('an evaluation that does not stop when told is left behind after a while', async () => {
    const clock = simulatedClock(1_000)
    const stopping = new AbortController()
    const hooks: CellHooks = {
      delay: ({ trial }) => {
        if (trial !== 2) return Promise.resolve()
        stopping.abort()
        return new Promise(() => {})
      },
    }
    const begun = run(small, hooks, { clock, signal: stopping.signal })
    const ended = begun.then(
      () => 'finished',
      (error) => error.code,
    )
    while (!stopping.signal.aborted) await clock.advance(0)
    await clock.advance(9_000)
    expect(await Promise.race([ended, clock.advance(0).then(() => 'still waiting')])).toBe(
      'still waiting',
    )
    await clock.advance(2_000)
    expect(await ended).toBe('run/interrupted')
    expect(clock.pendingCount).toBe(0)
    expect((await resume()).trials.byOutcome).toEqual({ completed: 4 })
  })

  test('a full disk stops the run; with space again it goes on the same way', async () => {
    const changes: Partial<ExperimentInput> = { ...wide, budget: { trials: 40 } }
    const experiment = cellExperiment(changes)
    const { document, extensions, hash, source } = experiment
    const {
      optimizer,
      plan,
      space,
      evaluator: entry,
      evaluatorSettings,
    } = composeExperiment(document, extensions, 'cells.ts')
    const signal = new AbortController().signal
    const context = evaluatorContext(space, folder, { logger, signal, fidelity: plan.fidelity })
    const clock = systemClock()
    const header = {
      archloomVersion: '0.1.0',
      document: JSON.parse(JSON.stringify(document)),
      documentHash: hash,
      source,
      createdMs: 0,
    }
    {
      using journal = createJournal(folder, header, clock, { maxPageCount: 8 })
      await using evaluator = await entry.start(evaluatorSettings, context)
      const beginning = {
        state: initialState(),
        method: startMethod(optimizer, plan),
        weights: trainedWeights(),
        events: [{ type: 'run-started', plan } as const],
        unrecorded: null,
      }
      const options = { folder, journal, evaluator, plan, clock, logger, signal }
      const driven = drive(beginning, { ...options, askThread: null })
      await expect(driven).rejects.toMatchObject({ code: 'store/full' })
    }
    const kept = events().filter(({ type }) => type === 'trial-finished').length
    expect(kept).toBeGreaterThan(3)
    const evaluated: number[] = []
    await resume({ before: ({ trial }) => evaluated.push(trial) })
    expect(evaluated).toHaveLength(40 - kept)
    using journal = readJournal(folder)
    const found = trajectory(journal.entries())
    const other = join(temporary.path, 'other')
    await runExperiment(experiment, { folder: other, logger })
    using whole = readJournal(other)
    expect(found).toBe(trajectory(whole.entries()))
  })
})

describe('environments', () => {
  test('a run goes on under another one only by name, and says so for good', async () => {
    const stopping = new AbortController()
    const here: CellHooks = { before: ({ trial }) => void (trial === 2 && stopping.abort()) }
    await expect(run(small, here, { signal: stopping.signal })).rejects.toThrow()
    const count = events().length
    await expect(resume({ machine: 'other' })).rejects.toMatchObject({
      code: 'confounded/fingerprints',
      exitCode: 4,
    })
    expect(events()).toHaveLength(count)

    const again = new AbortController()
    const there: CellHooks = {
      machine: 'other',
      before: ({ trial }) => void (trial === 3 && again.abort()),
    }
    const allowed = { allowMixed: true, signal: again.signal }
    await expect(resume(there, allowed)).rejects.toMatchObject({ code: 'run/interrupted' })
    expect(events()[count]).toEqual({ type: 'run-resumed', allowMixed: true })
    // Once given, the leave holds for the run.
    const result = await resume({ machine: 'other' })
    expect(result).toMatchObject({ status: 'finished', confounded: true })
    expect(result.fingerprints).toHaveLength(2)
    expect(events().filter(({ type }) => type === 'environment-seen')).toHaveLength(2)
  })

  test('another environment is no matter while there is no result', async () => {
    await expect(run(small, {}, { signal: AbortSignal.abort() })).rejects.toThrow()
    const result = await resume({ machine: 'other' })
    expect(result).toMatchObject({ status: 'finished', confounded: false })
  })
})

describe('the wall-clock budget', () => {
  const timed: Partial<ExperimentInput> = { budget: { seconds: 10 } }

  test('starts nothing more once it is spent, and lets what runs end', async () => {
    const clock = simulatedClock(50_000)
    const begun = run(timed, { delay: () => clock.sleep(4_000) }, { clock })
    await advanceUntil(clock, begun)
    const result = await begun
    expect(result.trials.byOutcome).toEqual({ completed: 3 })
    expect(result.budget.spent.seconds).toBe(12)
    expect(events().at(-1)).toEqual({ type: 'run-finished', reason: 'seconds' })
    expect(clock.pendingCount).toBe(0)
  })

  test('does not count the time between an interruption and a resumption', async () => {
    const clock = simulatedClock(50_000)
    const stopping = new AbortController()
    const going = Promise.withResolvers<void>()
    const hooks: CellHooks = {
      delay: ({ signal }) => {
        going.resolve()
        return clock.sleep(4_000, signal)
      },
    }
    const begun = run(timed, hooks, { clock, signal: stopping.signal })
    begun.catch(() => {})
    await going.promise
    for (let second = 0; second < 9; second += 1) await clock.advance(1_000)
    stopping.abort()
    await expect(begun).rejects.toMatchObject({ code: 'run/interrupted' })
    await clock.advance(3_600_000)
    // One second is left: the trial that was lost ends after it, and none follows.
    const resumed = resume({ delay: () => clock.sleep(4_000) }, { clock })
    await advanceUntil(clock, resumed)
    const result = await resumed
    expect(result.trials.byOutcome).toEqual({ completed: 3 })
    expect(result.budget.spent.seconds).toBe(13)
  })
})

async function advanceUntil(
  clock: ReturnType<typeof simulatedClock>,
  work: Promise<unknown>,
): Promise<void> {
  let done = false
  const finish = () => {
    done = true
  }
  work.then(finish, finish)
  while (!done) await clock.advance(clock.pendingCount > 0 ? 500 : 0)
}
