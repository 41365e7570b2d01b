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
  /** What was recorded; trials that did not end are not among it, which only an aborted search has. */
  finish(): Trajectory
}

export function recordTrajectory(): TrajectoryRecorder {
  const architectures: string[] = []
  const origins: string[] = []
  const parents: number[] = []
  const epochs: number[] = []
  const outcomeIndices: number[] = []
  const valAccuracies: number[] = []
  const parameterCounts: number[] = []
  const costSeconds: number[] = []
  const startSeconds: number[] = []
  const endSeconds: number[] = []
  const seenCounts: number[] = []
  const endOrder: number[] = []
  const askSeconds: number[] = []
  const tellSeconds: number[] = []
  const overheadSeconds: number[] = []
  let spent = 0
  return {
    propose(proposal, seenCount, seconds) {
      architectures.push(proposal.architecture)
      origins.push(proposal.origin)
      parents.push(proposal.parent ?? -1)
      epochs.push(proposal.fidelity.epochs)
      seenCounts.push(seenCount)
      askSeconds.push(seconds)
      tellSeconds.push(0)
      spent += seconds
    },
    start(trial, atSeconds) {
      startSeconds[trial] = atSeconds
    },
    end(trial, end) {
      outcomeIndices[trial] = outcomes.indexOf(end.outcome)
      valAccuracies[trial] = end.valAccuracy ?? Number.NaN
      parameterCounts[trial] = end.parameterCount ?? -1
      costSeconds[trial] = end.costSeconds
      endSeconds[trial] = end.atSeconds
      overheadSeconds[trial] = spent
      endOrder.push(trial)
    },
    tell(trial, seconds) {
      tellSeconds[trial] = seconds
      spent += seconds
    },
    finish: () => ({
      trialCount: architectures.length,
      architectures,
      origins,
      parents: Int32Array.from(parents),
      epochs: Uint32Array.from(epochs),
      outcomes: Uint8Array.from(outcomeIndices),
      valAccuracies: Float64Array.from(valAccuracies),
      parameterCounts: Float64Array.from(parameterCounts),
      costSeconds: Float64Array.from(costSeconds),
      startSeconds: Float64Array.from(startSeconds),
      endSeconds: Float64Array.from(endSeconds),
      seenCounts: Uint32Array.from(seenCounts),
      endOrder: Uint32Array.from(endOrder),
      askSeconds: Float32Array.from(askSeconds),
      tellSeconds: Float32Array.from(tellSeconds),
      overheadSeconds: Float64Array.from(overheadSeconds),
    }),
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
