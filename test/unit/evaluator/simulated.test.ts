import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SimulatedPlan, scheduleTrials } from '#src/benchmark/simulated-schedule.ts'
import { resolveDocument } from '#src/config/resolve.ts'
import type { ExperimentInput } from '#src/config/schema.ts'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import type { JournalEntry } from '#src/experiment/experiment.ts'
import { type RunOptions, resumeRun, runExperiment } from '#src/runner/run.ts'
import { readJournal } from '#src/store/journal.ts'
import { simulationOf } from '#src/trial/simulation.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { type ToyObjective, toyObjective, toyObjectiveEntry } from '#test/fixtures/toy-objective.ts'

const logger = pino({ level: 'silent' })
let temporary: TemporaryFolder

beforeEach(async () => {
  temporary = await temporaryFolder()
})
afterEach(() => temporary[Symbol.asyncDispose]())

const base: ExperimentInput = {
  version: 1,
  name: 'toy',
  seed: 3,
  space: { name: 'nas-bench-201' },
  optimizer: { name: 'regularized-evolution', populationSize: 8, sampleSize: 3 },
  evaluator: { name: 'toy-objective' },
  fidelity: { epochs: 4 },
  budget: { trials: 40 },
}

function run(
  changes: Partial<ExperimentInput>,
  toy: ToyObjective = {},
  name = 'run',
  options: Partial<RunOptions> = {},
) {
  const extensions = { evaluators: [toyObjectiveEntry(toy)] }
  const document = resolveDocument({ ...base, ...changes }, extensions, 'toy.ts')
  const source = { path: 'toy.ts', sha256: sha256('toy'), overrides: [] }
  const experiment = { document, hash: contentHash(document), extensions, source }
  return runExperiment(experiment, { folder: join(temporary.path, name), logger, ...options })
}

function entries(name = 'run'): JournalEntry[] {
  using journal = readJournal(join(temporary.path, name))
  return [...journal.entries()]
}

const finished = (name = 'run') =>
  entries(name).flatMap(({ event }) =>
    event.type === 'trial-finished' ? [{ trial: event.trial, result: event.result }] : [],
  )

const arrivalOrder = () => finished().map(({ trial }) => trial)

/** Trials in the order in which simulated workers end them. */
function simulatedOrder(plan: SimulatedPlan): number[] {
  const byTrial = finished().toSorted((first, second) => first.trial - second.trial)
  const costs = byTrial.map(({ result: { cost } }) => ({ costSeconds: cost.seconds }))
  const spans = scheduleTrials(costs, plan)
  return byTrial
    .map(({ trial }) => ({ trial, end: spans[trial]?.endSeconds ?? 0 }))
    .toSorted((first, second) => first.end - second.end || first.trial - second.trial)
    .map(({ trial }) => trial)
}

describe('a run on an objective', () => {
  it('records what the objective tells, and tests the winner once', async () => {
    const result = await run({})
    const objective = toyObjective()
    const architecture = result.best?.architecture ?? ''
    expect(result.best?.testAccuracy).toBe(objective.testAccuracy(architecture))
    const best = Math.max(...finished().map(({ result: { metrics } }) => metrics.valAccuracy))
    expect(result.best?.valAccuracy).toBe(best)
    expect(entries().filter(({ event }) => event.type === 'test-measured')).toHaveLength(1)
  })

  it('states in its fingerprint what was simulated, and that is on each result', async () => {
    await run({ evaluator: { name: 'toy-objective', workers: 3 } }, { mark: 'test-only table' })
    const [seen] = entries().flatMap(({ event }) =>
      event.type === 'environment-seen' ? [event] : [],
    )
    expect(simulationOf(seen?.fingerprint)).toEqual({
      description: 'toy: told a hash',
      workers: 3,
      hasSeconds: true,
      mark: 'test-only table',
    })
    expect(seen?.fingerprint).toMatchObject(toyObjective().fingerprint as object)
    for (const { result } of finished()) expect(result.fingerprint).toBe(seen?.hash)
  })

  it('finds the same in order, whatever the number of workers', async () => {
    const visibility = { order: 'ordered' as const, window: 4 }
    await run({ visibility }, {}, 'one')
    await run({ visibility, evaluator: { name: 'toy-objective', workers: 4 } }, {}, 'four')
    const told = (name: string) =>
      finished(name)
        .toSorted((first, second) => first.trial - second.trial)
        .map(({ result: { metrics } }) => metrics)
    expect(told('four')).toEqual(told('one'))
  })

  it.each([
    [1, 1],
    [3, 3],
    [5, 2],
    [2, 5],
  ])(
    'lets results arrive as simulated workers bring them: window %i, %i workers',
    async (window, workers) => {
      const visibility = { order: 'arrival' as const, window }
      await run({ visibility, evaluator: { name: 'toy-objective', workers } })
      expect(arrivalOrder()).toEqual(simulatedOrder({ workers, visibility }))
    },
  )

  it('waits for a proposal that a thread is still computing', async () => {
    const visibility = { order: 'arrival' as const, window: 3 }
    await run({
      visibility,
      evaluator: { name: 'toy-objective', workers: 3 },
      optimizer: { name: 'bananas', initialTrials: 6, roundSize: 4, epochs: 3 },
      budget: { trials: 18 },
    })
    expect(arrivalOrder()).toEqual(simulatedOrder({ workers: 3, visibility }))
  })

  it('is the same run twice, and stops where the simulated seconds are spent', async () => {
    const changes = {
      budget: { costSeconds: 60 },
      visibility: { order: 'arrival' as const, window: 3 },
      evaluator: { name: 'toy-objective', workers: 3 },
    }
    await run(changes, {}, 'first')
    await run(changes, {}, 'second')
    expect(trajectory(entries('second'))).toEqual(trajectory(entries('first')))
    const spent = finished('first').reduce((sum, { result }) => sum + result.cost.seconds, 0)
    expect(spent).toBeGreaterThanOrEqual(60)
    expect(spent).toBeLessThan(60 + 3 * 6)
  })

  it('stops when it is interrupted, and goes on as if nothing had been', async () => {
    const visibility = { order: 'ordered' as const, window: 3 }
    const changes = { visibility, evaluator: { name: 'toy-objective', workers: 2 } }
    await run(changes, {}, 'whole')
    const controller = new AbortController()
    let commits = 0
    const cut = run(changes, {}, 'cut', {
      signal: controller.signal,
      onUpdate: () => {
        commits += 1
        if (commits === 12) controller.abort()
      },
    })
    await expect(cut).rejects.toThrow(expect.objectContaining({ code: 'run/interrupted' }))
    const extensions = { evaluators: [toyObjectiveEntry()] }
    await resumeRun({ folder: join(temporary.path, 'cut'), logger, extensions })
    expect(trajectory(entries('cut'))).toEqual(trajectory(entries('whole')))
  })

  it('refuses a fidelity that is not measured, before the first trial', async () => {
    await expect(run({ fidelity: { epochs: 3 } })).rejects.toThrow(
      'An evaluation on toy has 1 or 4 epochs here, found 3; set fidelity.epochs to one of these, since nothing between is measured',
    )
  })

  it('refuses a budget of seconds that nobody knows', async () => {
    const untimed = { hasSeconds: false }
    await expect(run({ budget: { costSeconds: 10, trials: 5 } }, untimed)).rejects.toThrow(
      'The benchmark toy does not know how long trainings take, so budget.costSeconds would never be spent; limit budget.trials or budget.epochs instead',
    )
    await run({ budget: { trials: 5 } }, untimed, 'trials')
    expect(finished('trials').every(({ result }) => result.cost.seconds === 0)).toBe(true)
  })

  it('has no test where the objective reports none, and closes it at the end', async () => {
    let closed = 0
    const result = await run(
      {},
      {
        hasTest: false,
        onDispose: () => {
          closed += 1
        },
      },
    )
    expect(result.best?.testAccuracy).toBeNull()
    expect(closed).toBe(1)
  })
})
