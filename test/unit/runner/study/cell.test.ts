/** A simulated search is the search that a run makes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveDocument } from '#src/config/resolve.ts'
import { contentHash } from '#src/encoding/hash.ts'
import type { Plan } from '#src/experiment/experiment.ts'
import {
  RegularizedEvolutionSettings,
  regularizedEvolution,
} from '#src/optimizer/regularized-evolution.ts'
import { runExperiment } from '#src/runner/run.ts'
import { simulateCell } from '#src/runner/study/cell.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { readJournal } from '#src/store/journal.ts'
import type { Trajectory } from '#src/study/study.ts'
import { simulatedClock } from '#src/time/clock.ts'
import { outcomes } from '#src/trial/outcome.ts'
import { type HashedOptions, hashedObjective } from '#test/fixtures/hashed-objective.ts'
import { sensitiveOptimizer } from '#test/fixtures/simulated-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { silent, toyExtensions } from '#test/fixtures/toy-study.ts'

const plan: Plan = {
  seed: '3',
  budget: { trials: 30 },
  visibility: { order: 'ordered', window: 1 },
  fidelity: { epochs: 4 },
  maxAttempts: 3,
  hasTest: false,
}
const space = nasBench201({ cellsPerStage: 5, channels: 16 })
const settings = RegularizedEvolutionSettings.parse({ populationSize: 5, sampleSize: 2 })

function simulate(changes: Partial<Plan> = {}, toy: HashedOptions = {}) {
  return simulateCell({
    optimizer: regularizedEvolution(space, settings),
    objective: hashedObjective(toy),
    plan: { ...plan, ...changes },
    clock: simulatedClock(),
  })
}

/** What the journal of a real run says of its trials. */
async function runForReal(folder: string, changes: Partial<Plan>, toy: HashedOptions) {
  const { seed, budget, visibility } = { ...plan, ...changes }
  const document = resolveDocument(
    {
      version: 1,
      name: 'real',
      seed,
      budget,
      visibility,
      space: { name: 'nas-bench-201' },
      optimizer: { name: 'regularized-evolution', ...settings },
      evaluator: { name: 'toy', workers: visibility.window, ...toy },
      fidelity: plan.fidelity,
    },
    toyExtensions,
    'real.yaml',
  )
  const source = { path: 'real.yaml', sha256: '', overrides: [] }
  const experiment = { document, hash: contentHash(document), extensions: toyExtensions, source }
  const result = await runExperiment(experiment, { folder, logger: silent })
  using journal = readJournal(folder)
  return { result, events: [...journal.entries()].map(({ event }) => event) }
}

type Events = Awaited<ReturnType<typeof runForReal>>['events']

function trialsOfRun(events: Events) {
  const trials: Record<string, unknown>[] = []
  for (const event of events) {
    if (event.type === 'trial-proposed') {
      const { architecture, origin, parent = -1 } = event.proposal
      trials.push({ architecture, origin, parent, seen: event.told })
    } else if (event.type === 'trial-finished') {
      Object.assign(trials[event.trial] ?? {}, {
        outcome: 'completed',
        val: event.result.metrics.valAccuracy,
        cost: event.result.cost.seconds,
      })
    } else if (event.type === 'attempt-failed' && event.verdict !== 'retry') {
      const cost = event.failure.cost?.seconds ?? 0
      Object.assign(trials[event.trial] ?? {}, { outcome: event.verdict, val: null, cost })
    }
  }
  return trials
}

function trialsOfCell(trajectory: Trajectory) {
  return trajectory.architectures.map((architecture, trial) => ({
    architecture,
    origin: trajectory.origins[trial],
    parent: trajectory.parents[trial],
    seen: trajectory.seenCounts[trial],
    outcome: outcomes[trajectory.outcomes[trial] ?? -1],
    val: Number.isNaN(trajectory.valAccuracies[trial]) ? null : trajectory.valAccuracies[trial],
    cost: trajectory.costSeconds[trial],
  }))
}

describe('a simulated search', () => {
  it.each([
    ['one worker', { visibility: { order: 'ordered', window: 1 } }, {}],
    ['four workers, ordered', { visibility: { order: 'ordered', window: 4 } }, {}],
    ['three workers, by arrival', { visibility: { order: 'arrival', window: 3 } }, {}],
    ['equal times, by arrival', { visibility: { order: 'arrival', window: 3 } }, { seconds: 2 }],
    ['a budget of seconds', { budget: { costSeconds: 400 } }, {}],
    ['a budget of epochs', { budget: { epochs: 50 } }, {}],
    ['failures', { visibility: { order: 'ordered', window: 2 } }, { failing: 0.3 }],
    ['another seed', { seed: '12345678901234567890' }, {}],
  ] as const)('is trial for trial that of archloom run: %s', async (_, changes, toy) => {
    await using folder = await temporaryFolder()
    const real = await runForReal(folder.path, changes, toy)
    const cell = simulate(changes, toy)
    expect(trialsOfCell(cell.trajectory)).toEqual(trialsOfRun(real.events))
    const last = (column: ArrayLike<number>) => column[cell.incumbents.trials.length - 1]
    expect(last(cell.incumbents.trials)).toBe(real.result.best?.trial)
    expect(last(cell.incumbents.testAccuracies)).toBe(real.result.best?.testAccuracy)
    expect(real.events.at(-1)).toMatchObject({ type: 'run-finished', reason: cell.reason })
  })

  it('keeps as many workers busy as it has, none with two trials at once', () => {
    const visibility = fc.record({
      order: fc.constantFrom('ordered' as const, 'arrival' as const),
      window: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(visibility, fc.integer({ min: 0, max: 99 }), (chosen, seed) => {
        const { trajectory } = simulate({ visibility: chosen, seed: String(seed) })
        const { startSeconds, endSeconds, costSeconds, seenCounts, endOrder } = trajectory
        for (let trial = 0; trial < trajectory.trialCount; trial++) {
          const start = startSeconds[trial] ?? Number.NaN
          expect(endSeconds[trial]).toBeCloseTo(start + (costSeconds[trial] ?? 0), 9)
          const underWay = [...startSeconds].filter(
            (other, index) => other <= start && (endSeconds[index] ?? 0) > start,
          )
          expect(underWay.length).toBeLessThanOrEqual(chosen.window)
          expect(seenCounts[trial]).toBeGreaterThanOrEqual(trial - chosen.window + 1)
        }
        const ends = [...endOrder].map((trial) => endSeconds[trial] ?? 0)
        expect(ends).toEqual([...ends].sort((a, b) => a - b))
      }),
      { numRuns: 40, seed: 8 },
    )
  })

  it('repeats itself, apart from real time', () => {
    const visibility = { order: 'arrival', window: 3 } as const
    expect(simulate({ visibility })).toEqual(simulate({ visibility }))
  })

  it('measures the optimizer by the clock that it is given', () => {
    let now = 0
    const cell = simulateCell({
      optimizer: regularizedEvolution(space, settings),
      objective: hashedObjective({ seconds: 1 }),
      plan: { ...plan, budget: { trials: 3 } },
      clock: { monotonicMs: () => (now += 1000) },
    })
    // Each call reads the clock before and after.
    expect([...cell.trajectory.askSeconds]).toEqual([1, 1, 1])
    expect([...cell.trajectory.tellSeconds]).toEqual([1, 1, 1])
    expect([...cell.trajectory.overheadSeconds]).toEqual([1, 3, 5])
  })

  it('never shows the optimizer a test accuracy', () => {
    const asked: string[] = []
    const objective = hashedObjective()
    const cell = simulateCell({
      optimizer: regularizedEvolution(space, settings),
      objective: {
        ...objective,
        measure(...request) {
          expect(asked).toEqual([])
          return objective.measure(...request)
        },
        testAccuracy(architecture) {
          asked.push(architecture)
          return objective.testAccuracy(architecture)
        },
      },
      plan,
      clock: simulatedClock(),
    })
    expect(asked).toHaveLength(cell.incumbents.trials.length)
  })

  it('leaves the test out where there is none', () => {
    const { incumbents } = simulate({}, { hasTest: false })
    expect([...incumbents.testAccuracies].every(Number.isNaN)).toBe(true)
  })

  it('passes on what an optimizer or a benchmark breaks by', () => {
    const broken = () =>
      simulateCell({
        optimizer: sensitiveOptimizer(),
        objective: {
          ...hashedObjective(),
          measure: () => {
            throw new TypeError('no such thing')
          },
        },
        plan,
        clock: simulatedClock(),
      })
    expect(broken).toThrow('no such thing')
  })
})
