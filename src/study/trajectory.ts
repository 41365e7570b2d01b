/** Records the trials of a search as they happen, and reads the best-so-far curve off them. */
import { type Outcome, outcomes } from '#src/trial/outcome.ts'
import type { Proposal } from '#src/trial/proposal.ts'
import type { IncumbentCurve, Trajectory } from './study.ts'

/** How a trial ended. */
export interface TrialEnd {
  readonly outcome: Outcome
  readonly valAccuracy: number | null
  readonly parameterCount: number | null
  readonly costSeconds: number
  /** Simulated seconds since the search began. */
  readonly atSeconds: number
}

export interface TrajectoryRecorder {
  /** Trials must be proposed by rising index from 0. */
  propose(proposal: Proposal, seenCount: number, askSeconds: number): void
  start(trial: number, atSeconds: number): void
  end(trial: number, end: TrialEnd): void
  tell(trial: number, tellSeconds: number): void
  /** What was recorded, of a search in which every trial has ended. */
  finish(): Trajectory
}

export function recordTrajectory(): TrajectoryRecorder {
  const columns = emptyColumns()
  let spent = 0
  return {
    propose(proposal, seenCount, askSeconds) {
      columns.architectures.push(proposal.architecture)
      columns.origins.push(proposal.origin)
      columns.parents.push(proposal.parent ?? -1)
      columns.epochs.push(proposal.fidelity.epochs)
      columns.seenCounts.push(seenCount)
      columns.askSeconds.push(askSeconds)
      columns.tellSeconds.push(0)
      spent += askSeconds
    },
    start(trial, atSeconds) {
      columns.startSeconds[trial] = atSeconds
    },
    end(trial, end) {
      columns.outcomes[trial] = outcomes.indexOf(end.outcome)
      columns.valAccuracies[trial] = end.valAccuracy ?? Number.NaN
      columns.parameterCounts[trial] = end.parameterCount ?? -1
      columns.costSeconds[trial] = end.costSeconds
      columns.endSeconds[trial] = end.atSeconds
      columns.overheadSeconds[trial] = spent
      columns.endOrder.push(trial)
    },
    tell(trial, tellSeconds) {
      columns.tellSeconds[trial] = tellSeconds
      spent += tellSeconds
    },
    finish: () => finished(columns),
  }
}

type GrowingColumns = ReturnType<typeof emptyColumns>

/** Plain arrays grow faster than typed ones. */
function emptyColumns() {
  return {
    architectures: [] as string[],
    origins: [] as string[],
    parents: [] as number[],
    epochs: [] as number[],
    outcomes: [] as number[],
    valAccuracies: [] as number[],
    parameterCounts: [] as number[],
    costSeconds: [] as number[],
    startSeconds: [] as number[],
    endSeconds: [] as number[],
    seenCounts: [] as number[],
    endOrder: [] as number[],
    askSeconds: [] as number[],
    tellSeconds: [] as number[],
    overheadSeconds: [] as number[],
  }
}

function finished(columns: GrowingColumns): Trajectory {
  return {
    trialCount: columns.architectures.length,
    architectures: columns.architectures,
    origins: columns.origins,
    parents: Int32Array.from(columns.parents),
    epochs: Uint32Array.from(columns.epochs),
    outcomes: Uint8Array.from(columns.outcomes),
    valAccuracies: Float64Array.from(columns.valAccuracies),
    parameterCounts: Float64Array.from(columns.parameterCounts),
    costSeconds: Float64Array.from(columns.costSeconds),
    startSeconds: Float64Array.from(columns.startSeconds),
    endSeconds: Float64Array.from(columns.endSeconds),
    seenCounts: Uint32Array.from(columns.seenCounts),
    endOrder: Uint32Array.from(columns.endOrder),
    askSeconds: Float32Array.from(columns.askSeconds),
    tellSeconds: Float32Array.from(columns.tellSeconds),
    overheadSeconds: Float64Array.from(columns.overheadSeconds),
  }
}

/**
 * The best trial so far, wherever it changed.
 *
 * @param testAccuracy - of an architecture, or NaN where there is none; asked for incumbents alone
 */
export function incumbentCurve(
  trajectory: Trajectory,
  testAccuracy: (architecture: string) => number,
): IncumbentCurve {
  const places: number[] = []
  let best = -1
  for (const [place, trial] of trajectory.endOrder.entries()) {
    if (!isBetter(trajectory, trial, best)) continue
    best = trial
    places.push(place)
  }
  const trials = places.map((place) => trajectory.endOrder[place] ?? 0)
  const column = (values: Float64Array) =>
    Float64Array.from(trials, (trial) => values[trial] ?? Number.NaN)
  const seconds = column(trajectory.endSeconds)
  const overhead = column(trajectory.overheadSeconds)
  return {
    endedCounts: Uint32Array.from(places, (place) => place + 1),
    trials: Uint32Array.from(trials),
    seconds,
    secondsWithOverhead: seconds.map((value, index) => value + (overhead[index] ?? 0)),
    valAccuracies: column(trajectory.valAccuracies),
    testAccuracies: Float64Array.from(trials, (trial) =>
      testAccuracy(trajectory.architectures[trial] ?? ''),
    ),
  }
}

/** The rule of a run's selection: higher validation accuracy, of equals the lower index. */
function isBetter({ valAccuracies }: Trajectory, trial: number, best: number): boolean {
  const value = valAccuracies[trial] ?? Number.NaN
  if (Number.isNaN(value)) return false
  if (best < 0) return true
  const gain = value - (valAccuracies[best] ?? Number.NaN)
  return gain > 0 || (gain === 0 && trial < best)
}

/** What a curve stands at. */
export interface Incumbent {
  readonly trial: number
  readonly valAccuracy: number
  /** NaN without test. */
  readonly testAccuracy: number
}

/** The incumbent once so many trials had ended; null before the first that completed. */
export function incumbentAfter(curve: IncumbentCurve, endedCount: number): Incumbent | null {
  return incumbentAt(curve, curve.endedCounts, endedCount)
}

/**
 * The incumbent at a simulated time; null before the first.
 *
 * @param withOverhead - on the clock that the optimizer's real seconds are added to
 */
export function incumbentAtSeconds(
  curve: IncumbentCurve,
  seconds: number,
  withOverhead = false,
): Incumbent | null {
  return incumbentAt(curve, withOverhead ? curve.secondsWithOverhead : curve.seconds, seconds)
}

function incumbentAt(
  curve: IncumbentCurve,
  places: ArrayLike<number>,
  limit: number,
): Incumbent | null {
  let found = -1
  // Rising and short: a search improves a few dozen times at most.
  while (found + 1 < places.length && (places[found + 1] ?? 0) <= limit) found += 1
  if (found < 0) return null
  return {
    trial: curve.trials[found] ?? 0,
    valAccuracy: curve.valAccuracies[found] ?? Number.NaN,
    testAccuracy: curve.testAccuracies[found] ?? Number.NaN,
  }
}
