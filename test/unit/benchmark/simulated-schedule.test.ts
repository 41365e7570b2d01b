import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type SimulatedPlan,
  scheduleTrials,
  simulatedSchedule,
} from '#src/benchmark/simulated-schedule.ts'
import type { Plan } from '#src/experiment/experiment.ts'
import { simulateRun, toyPlan, toyResult } from '../../fixtures/simulated-run.ts'

const plan = (order: 'ordered' | 'arrival', window: number, workers = window): SimulatedPlan => ({
  workers,
  visibility: { order, window },
})
const costs = (...seconds: number[]) => seconds.map((costSeconds) => ({ costSeconds }))
const ends = (trials: ReturnType<typeof costs>, of: SimulatedPlan) =>
  scheduleTrials(trials, of).map(({ endSeconds }) => endSeconds)

const orders = fc.constantFrom('ordered' as const, 'arrival' as const)
const small = fc.integer({ min: 1, max: 5 })
const costLists = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 })

describe('a simulated schedule', () => {
  it('is a sum with one worker', () => {
    for (const order of ['ordered', 'arrival'] as const) {
      expect(ends(costs(3, 1, 2), plan(order, 1))).toEqual([3, 4, 6])
    }
  })

  it('lets an ordered search wait for the trials that it must see, and an arrival search not', () => {
    // Trial 2 must see trial 0, which takes long; trial 1 is long over.
    expect(ends(costs(10, 1, 1, 1), plan('ordered', 2))).toEqual([10, 1, 11, 11])
    expect(ends(costs(10, 1, 1, 1), plan('arrival', 2))).toEqual([10, 1, 2, 3])
  })

  it('queues trials where there are fewer workers than a window', () => {
    const spans = scheduleTrials(costs(4, 2, 1, 1), plan('ordered', 4, 2))
    expect(spans).toEqual([
      { proposedSeconds: 0, startSeconds: 0, endSeconds: 4, worker: 0 },
      { proposedSeconds: 0, startSeconds: 0, endSeconds: 2, worker: 1 },
      { proposedSeconds: 0, startSeconds: 2, endSeconds: 3, worker: 1 },
      { proposedSeconds: 0, startSeconds: 3, endSeconds: 4, worker: 1 },
    ])
  })

  it('adds what the optimizer takes, one ask after the other', () => {
    const trials = [
      { costSeconds: 5, askSeconds: 1 },
      { costSeconds: 5, askSeconds: 2 },
      { costSeconds: 5, askSeconds: 3 },
    ]
    expect(ends(trials, plan('ordered', 2))).toEqual([6, 8, 14])
  })

  it('tells equal ends apart by trial, and equal workers by number', () => {
    const schedule = simulatedSchedule(plan('arrival', 3))
    expect([2, 2, 2].map((cost) => schedule.add(cost).worker)).toEqual([0, 1, 2])
    expect(schedule.takeTold()).toEqual([0])
    expect(schedule.add(0).worker).toBe(0)
    expect(schedule.takeTold()).toEqual([1])
    expect(schedule.takeRest()).toEqual([2, 3])
  })

  it('tells each trial once: in order, or as they end', () => {
    fc.assert(
      fc.property(orders, small, small, costLists, (order, window, workers, list) => {
        const schedule = simulatedSchedule(plan(order, window, workers))
        const told: number[] = []
        const endsSoFar: number[] = []
        const spans = list.map((cost, trial) => {
          told.push(...schedule.takeTold())
          expect(told).toHaveLength(Math.max(0, trial - window + 1))
          const span = schedule.add(cost)
          // Nobody is told what has not ended.
          for (const seen of told) expect(endsSoFar[seen]).toBeLessThanOrEqual(span.proposedSeconds)
          endsSoFar.push(span.endSeconds)
          return span
        })
        told.push(...schedule.takeRest())
        const all = list.map((_, trial) => trial)
        const byEnd = all.toSorted(
          (a, b) => (spans[a]?.endSeconds ?? 0) - (spans[b]?.endSeconds ?? 0) || a - b,
        )
        expect(told).toEqual(order === 'ordered' ? all : byEnd)
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  it('never has a worker at two trials, nor more trials open than the window', () => {
    fc.assert(
      fc.property(orders, small, small, costLists, (order, window, workers, list) => {
        const spans = scheduleTrials(costs(...list), plan(order, window, workers))
        for (const [index, span] of spans.entries()) {
          expect(span.endSeconds - span.startSeconds).toBe(list[index])
          expect(span.startSeconds).toBeGreaterThanOrEqual(span.proposedSeconds)
          expect(span.worker).toBeLessThan(workers)
          const before = spans.slice(0, index)
          const same = before.filter(({ worker }) => worker === span.worker)
          for (const other of same) expect(other.endSeconds).toBeLessThanOrEqual(span.startSeconds)
          const open = before.filter(({ endSeconds }) => endSeconds > span.proposedSeconds)
          expect(open.length).toBeLessThan(window)
        }
      }),
      { seed: 8, numRuns: 300 },
    )
  })

  it('tells what the state machine of an experiment tells', () => {
    fc.assert(
      fc.property(
        orders,
        small,
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 12, maxLength: 12 }),
        (order, window, list) => {
          const { visibility } = plan(order, window)
          expect(toldByExperiment({ ...toyPlan, visibility }, list)).toEqual(
            toldBySchedule(plan(order, window), list),
          )
        },
      ),
      { seed: 9, numRuns: 60 },
    )
  })

  it('refuses times that are none, and a proposal before its time', () => {
    expect(() => simulatedSchedule(plan('ordered', 1)).add(-1)).toThrow(/cannot take -1/)
    expect(() => simulatedSchedule(plan('ordered', 1)).add(Number.NaN)).toThrow(/cannot take NaN/)
    expect(() => simulatedSchedule(plan('ordered', 0))).toThrow(/window of 0/)
    const schedule = simulatedSchedule(plan('ordered', 1))
    schedule.add(1)
    expect(() => schedule.add(1)).toThrow('Trial 1 was placed before what it must see was taken')
  })
})

/** Trials told before each proposal. */
function toldBySchedule(of: SimulatedPlan, list: readonly number[]): number[][] {
  const schedule = simulatedSchedule(of)
  const told: number[] = []
  return list.map((cost) => {
    told.push(...schedule.takeTold())
    schedule.add(cost)
    return [...told]
  })
}

/** The same from the real state machine, whose attempts a toy clock ends. */
function toldByExperiment(toy: Plan, list: readonly number[]): number[][] {
  const run = simulateRun(toy)
  let now = 0
  const due = new Map<number, number>()
  for (;;) {
    for (const { trial } of run.running) {
      if (!due.has(trial)) due.set(trial, now + (list[trial] ?? 0))
    }
    const [next] = [...run.running].sort(
      (a, b) => (due.get(a.trial) ?? 0) - (due.get(b.trial) ?? 0) || a.trial - b.trial,
    )
    if (!next) break
    now = due.get(next.trial) ?? 0
    const { trial, attempt } = next
    run.record({ type: 'trial-finished', trial, attempt, result: toyResult(trial, 0.5) })
  }
  const told: number[] = []
  const ended = [...run.journal.entries()].flatMap(({ event }) =>
    event.type === 'trial-finished' ? [event.trial] : [],
  )
  const tellOrder = toy.visibility.order === 'arrival' ? ended : list.map((_, trial) => trial)
  const seen: number[][] = []
  for (const { event } of run.journal.entries()) {
    if (event.type !== 'trial-proposed') continue
    told.splice(0, told.length, ...tellOrder.slice(0, event.told))
    seen.push([...told])
  }
  return seen
}
