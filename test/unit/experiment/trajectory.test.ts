import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan } from '#src/experiment/experiment.ts'
import { startMethod } from '#src/experiment/method.ts'
import { replay } from '#src/experiment/replay.ts'
import {
  type Attempt,
  type SimulatedRun,
  sensitiveOptimizer,
  simulateRun,
  toyPlan,
  toyResult,
  trajectory,
} from '#test/fixtures/simulated-run.ts'

/** A trial's end depends on its architecture alone, as the determinism contract asks. */
function end(run: SimulatedRun, { trial, attempt, architecture }: Attempt, commit = true): void {
  const draw = [...architecture].reduce((sum, letter) => sum + letter.charCodeAt(0), trial) % 10
  const record = commit ? run.record : run.recordOnly
  const id = { trial, attempt }
  const failure = (kind: 'diverged' | 'out_of_memory') => ({ kind, message: kind })
  if (draw === 0) {
    record({ type: 'attempt-failed', ...id, failure: failure('diverged'), verdict: 'diverged' })
  } else if (draw === 1) {
    record({
      type: 'attempt-failed',
      ...id,
      failure: failure('out_of_memory'),
      verdict: 'infeasible',
    })
  } else {
    record({ type: 'trial-finished', ...id, result: toyResult(trial, draw / 10) })
  }
}

function crash(run: SimulatedRun, { trial, attempt }: Attempt): void {
  const failure = { kind: 'crashed', message: 'gone' } as const
  run.record({ type: 'attempt-failed', trial, attempt, failure, verdict: 'retry' })
}

function finish(run: SimulatedRun): SimulatedRun {
  while (run.session.state.phase !== 'finished') {
    const [next] = run.running
    if (next) {
      end(run, next)
    } else {
      expect(run.testing, 'a run that is not finished has something under way').toBe(true)
      const trial = run.session.state.best?.trial ?? -1
      run.record({ type: 'test-measured', trial, metrics: { testAccuracy: 0.5 } })
    }
    checkInvariants(run)
  }
  return run
}

function checkInvariants(run: SimulatedRun): void {
  const { state } = run.session
  const window = state.plan?.visibility.window ?? 0
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  expect(new Set(run.running.map(({ trial }) => trial)).size).toBe(run.running.length)
  expect(run.running.map(({ trial }) => trial).sort((a, b) => a - b)).toEqual(
    state.active.filter(({ running }) => running).map(({ trial }) => trial),
  )
  expect(state.active.length).toBeLessThanOrEqual(window)
  expect(run.method.history.length).toBe(state.toldCount)
  if (state.plan?.visibility.order !== 'ordered') return
  expect(state.proposedCount).toBeLessThanOrEqual(state.toldCount + window)
  for (let position = Math.max(0, state.toldCount - 3); position < state.toldCount; position += 1) {
    expect(run.method.history.at(position).trial).toBe(position)
  }
}

const actions = fc.array(
  fc.record({
    action: fc.constantFrom('end', 'end', 'end', 'end-uncommitted', 'crash', 'kill'),
    which: fc.nat(20),
  }),
  { maxLength: 40 },
)

/** Lets the actions happen, then everything else in the order in which it started. */
function disturbed(plan: Plan, steps: { action: string; which: number }[]): SimulatedRun {
  let run = simulateRun(plan)
  for (const { action, which } of steps) {
    if (run.session.state.phase === 'finished') break
    const attempt = run.running[which % Math.max(1, run.running.length)]
    if (action === 'kill') run = run.kill()
    else if (!attempt) continue
    else if (action === 'end') end(run, attempt)
    else if (action === 'crash') crash(run, attempt)
    else {
      // The process dies between the result and its commit: as if it had not come.
      end(run, attempt, false)
      run = run.kill()
    }
    checkInvariants(run)
  }
  return finish(run)
}

describe('ordered visibility', () => {
  const budgets: Plan['budget'][] = [
    { trials: 12 },
    { epochs: 30 },
    { trials: 10, epochs: 28 },
    { costSeconds: 40 },
  ]
  const windows = [1, 2, 3, 7, 20]
  const plans = budgets.flatMap((budget) =>
    windows.map(
      (window): Plan => ({ ...toyPlan, budget, visibility: { order: 'ordered', window } }),
    ),
  )

  test.each(plans.map((plan) => [JSON.stringify(plan.budget), plan.visibility.window, plan]))(
    'budget %s, window %i: order of results, crashes and kills change nothing',
    (_, __, plan) => {
      const undisturbed = trajectory(finish(simulateRun(plan)).journal.entries())
      fc.assert(
        fc.property(actions, (steps) => {
          const run = disturbed(plan, steps)
          expect(trajectory(run.journal.entries())).toBe(undisturbed)
        }),
        { numRuns: 20, seed: 1 },
      )
    },
  )

  test('a proposal has seen exactly the trials up to its own minus the window', () => {
    const run = finish(simulateRun(toyPlan))
    const told = [...run.journal.entries()].flatMap(({ event }) =>
      event.type === 'trial-proposed' ? [event.told] : [],
    )
    expect(told).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('an epoch budget is never overdrawn and leaves less than one full trial', () => {
    const run = finish(simulateRun({ ...toyPlan, budget: { epochs: 30 } }))
    const { proposedEpochs } = run.session.state
    expect(proposedEpochs).toBeLessThanOrEqual(30)
    expect(proposedEpochs).toBeGreaterThan(30 - toyPlan.fidelity.epochs)
  })
})

describe('arrival visibility', () => {
  test('whatever happens, the window holds and replay finds every proposal again', () => {
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 6 }), (steps, window) => {
        const plan: Plan = { ...toyPlan, visibility: { order: 'arrival', window } }
        const run = disturbed(plan, steps)
        const replayed = replay(run.journal.entries(), (recorded) =>
          startMethod(sensitiveOptimizer(), recorded),
        )
        expect(replayed.state).toEqual(run.session.state)
        expect(replayed.proposalCount).toBe(12)
      }),
      { numRuns: 100, seed: 2 },
    )
  })

  test('tells at once in the order of arrival and keeps the window full', () => {
    const run = simulateRun({ ...toyPlan, visibility: { order: 'arrival', window: 3 } })
    const second = run.running[1]
    if (!second) throw new Error('Three trials should be under way')
    end(run, second)
    expect(run.method.history.at(0).trial).toBe(1)
    expect(run.running.map(({ trial }) => trial)).toEqual([0, 2, 3])
  })
})
