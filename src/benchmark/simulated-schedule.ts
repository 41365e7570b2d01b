/**
 * When simulated workers begin and end the trials of a search: the clock of a benchmark's costs, beside
 * which the optimizer's own real time is the second one. Pure and exact; equal times are told apart by
 * trial and by worker, so that the same costs always give the same schedule.
 */
import { invariant } from '#src/errors.ts'

export interface SimulatedPlan {
  /** Trials that run at the same time, at least 1. */
  readonly workers: number
  /** As `Visibility` of an experiment has it. */
  readonly visibility: { readonly order: 'ordered' | 'arrival'; readonly window: number }
}

/** Seconds since the search began. */
export interface TrialSpan {
  /** When its proposal was there. */
  readonly proposedSeconds: number
  /** When a worker took it. */
  readonly startSeconds: number
  readonly endSeconds: number
  /** Zero-based. */
  readonly worker: number
}

/** A search being played, trial after trial. */
export interface SimulatedSchedule {
  /**
   * Trials that are to be told before the next proposal, and have not been handed out yet, in the order
   * of telling.
   *
   * @remarks
   * As in the experiment, trial t of a window W is proposed once t - W + 1 trials are told: in
   * `ordered` these are the first by index, in `arrival` the first that end.
   */
  takeTold(): readonly number[]
  /**
   * Places the next trial.
   * @param costSeconds - of its evaluation
   * @param askSeconds - how long the optimizer takes to propose it: asks do not overlap
   */
  add(costSeconds: number, askSeconds?: number): TrialSpan
  /** The trials that no proposal waited for, in the order of telling; the search is over then. */
  takeRest(): readonly number[]
}

interface Ended {
  readonly trial: number
  readonly endSeconds: number
}

/** @throws internal/invariant without workers or a window, or for a time that is none */
export function simulatedSchedule({ workers, visibility }: SimulatedPlan): SimulatedSchedule {
  const { order, window } = visibility
  invariant(workers >= 1 && window >= 1, `${workers} workers in a window of ${window} do nothing`)
  const freeFrom = new Float64Array(workers)
  /** Not told yet, in the order of telling. */
  const untold: Ended[] = []
  let trialCount = 0
  let toldCount = 0
  /** When the optimizer can be asked again, and everything that it must see has ended. */
  let readySeconds = 0

  const take = (count: number) => {
    const told = untold.splice(0, count)
    toldCount += told.length
    readySeconds = told.reduce(
      (latest, { endSeconds }) => Math.max(latest, endSeconds),
      readySeconds,
    )
    return told.map(({ trial }) => trial)
  }
  return {
    takeTold: () => take(Math.max(0, trialCount - window + 1 - toldCount)),
    add(costSeconds, askSeconds = 0) {
      invariant(
        costSeconds >= 0 && askSeconds >= 0,
        `A trial cannot take ${costSeconds} and its proposal ${askSeconds} seconds`,
      )
      invariant(
        trialCount - toldCount < window,
        `Trial ${trialCount} was placed before what it must see was taken`,
      )
      readySeconds += askSeconds
      const worker = freeFrom.indexOf(freeFrom.reduce((first, time) => Math.min(first, time)))
      const startSeconds = Math.max(readySeconds, freeFrom[worker] ?? 0)
      const endSeconds = startSeconds + costSeconds
      freeFrom[worker] = endSeconds
      const ended = { trial: trialCount++, endSeconds }
      if (order === 'ordered') untold.push(ended)
      else insert(untold, ended)
      return { proposedSeconds: readySeconds, startSeconds, endSeconds, worker }
    },
    takeRest: () => take(untold.length),
  }
}

/** One trial of a schedule whose costs are all known. */
export interface KnownCost {
  readonly costSeconds: number
  readonly askSeconds?: number
}

/** The whole schedule of trials in the order of their index. */
export function scheduleTrials(
  trials: readonly KnownCost[],
  plan: SimulatedPlan,
): readonly TrialSpan[] {
  const schedule = simulatedSchedule(plan)
  return trials.map(({ costSeconds, askSeconds }) => {
    schedule.takeTold()
    return schedule.add(costSeconds, askSeconds)
  })
}

/** Keeps the list by rising end; of equal ends, by trial, which grows. */
function insert(untold: Ended[], ended: Ended): void {
  let position = untold.length
  while (position > 0 && (untold[position - 1]?.endSeconds ?? 0) > ended.endSeconds) position--
  untold.splice(position, 0, ended)
}
