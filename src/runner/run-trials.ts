/** A journaled run as the trajectory of a cell, to be compared with others of its kind. */

import { scheduleTrials } from '#src/benchmark/simulated-schedule.ts'
import { ArchloomError } from '#src/errors.ts'
import type { ExperimentEvent, Plan } from '#src/experiment/experiment.ts'
import { type ExperimentState, initialState } from '#src/experiment/state.ts'
import { step } from '#src/experiment/step.ts'
import { resumeCommand } from '#src/store/run-folder.ts'
import type { JournalReader } from '#src/store/store.ts'
import type { IncumbentCurve, Trajectory } from '#src/study/study.ts'
import { incumbentCurve, recordTrajectory, type TrajectoryRecorder } from '#src/study/trajectory.ts'
import type { DatasetUse } from '#src/trial/record.ts'
import { type Simulation, simulationOf } from '#src/trial/simulation.ts'

export interface RunTrials {
  readonly plan: Plan
  readonly trajectory: Trajectory
  /** Test accuracies are NaN but at its end: a run measures the test once. */
  readonly incumbents: IncumbentCurve
  readonly reason: Extract<ExperimentEvent, { type: 'run-finished' }>['reason']
  /** How the data set was split, where results say so. */
  readonly dataset: Pick<DatasetUse, 'contentHash' | 'splitHash'> | null
  readonly simulation: Simulation | null
  /** Environments that results come from, by hash. */
  readonly environments: ReadonlyMap<string, unknown>
}

/**
 * Reads a finished run.
 *
 * @remarks
 * Times are simulated where the run was, else seconds of searching, interruptions not counted. The
 * journal does not keep what the optimizer took: its times are 0.
 *
 * @throws config/usage for a run that is not finished
 */
export function readRunTrials(journal: JournalReader, folder: string): RunTrials {
  const reading = { recorder: recordTrajectory(), dataset: null as RunTrials['dataset'] }
  const fingerprints = new Map<string, unknown>()
  let state = initialState()
  let reason: RunTrials['reason'] | null = null
  for (const entry of journal.entries()) {
    const { event } = entry
    state = step(state, entry)[0]
    if (event.type === 'environment-seen') fingerprints.set(event.hash, event.fingerprint)
    if (event.type === 'run-finished') reason = event.reason
    record(reading, event, state)
  }
  const { plan, best, test } = state
  if (plan === null || reason === null) {
    throw new ArchloomError(
      'config/usage',
      `The run in ${folder} is not finished; continue it with ${resumeCommand(folder)} before it is compared`,
      { details: { folder } },
    )
  }
  const environments = new Map(
    state.resultEnvironments.map((hash) => [hash, fingerprints.get(hash)]),
  )
  const simulation = simulationOf([...environments.values()][0])
  const recorded = reading.recorder.finish()
  const trajectory = simulation === null ? recorded : onSimulatedClock(recorded, plan, simulation)
  const winner = best?.proposal.architecture
  const accuracy = test.metrics?.testAccuracy ?? Number.NaN
  const testOf = (architecture: string) => (architecture === winner ? accuracy : Number.NaN)
  return {
    plan,
    trajectory,
    incumbents: incumbentCurve(trajectory, testOf),
    reason,
    dataset: reading.dataset,
    simulation,
    environments,
  }
}

interface Reading {
  readonly recorder: TrajectoryRecorder
  dataset: RunTrials['dataset']
}

/** @param state - after the event */
function record(reading: Reading, event: ExperimentEvent, state: ExperimentState): void {
  const { recorder } = reading
  const atSeconds = state.searchedMs / 1000
  switch (event.type) {
    case 'trial-proposed':
      recorder.propose(event.proposal, event.told, 0)
      break
    case 'attempt-started':
      if (event.attempt === 0) recorder.start(event.trial, atSeconds)
      break
    case 'trial-finished': {
      const { metrics, counts, cost, dataset } = event.result
      if (dataset) {
        reading.dataset = { contentHash: dataset.contentHash, splitHash: dataset.splitHash }
      }
      recorder.end(event.trial, {
        outcome: 'completed',
        valAccuracy: metrics.valAccuracy,
        parameterCount: counts?.parameterCount ?? null,
        costSeconds: cost.seconds,
        atSeconds,
      })
      break
    }
    case 'attempt-failed':
      if (event.verdict === 'retry' || event.verdict === 'abort-run') break
      recorder.end(event.trial, {
        outcome: event.verdict,
        valAccuracy: null,
        parameterCount: null,
        costSeconds: event.failure.cost?.seconds ?? 0,
        atSeconds,
      })
      break
    default:
  }
}

/** Start and end of each trial as simulated workers had them. */
function onSimulatedClock(
  trajectory: Trajectory,
  { visibility }: Plan,
  { workers }: Simulation,
): Trajectory {
  const costs = [...trajectory.costSeconds].map((costSeconds) => ({ costSeconds }))
  const spans = scheduleTrials(costs, { workers, visibility })
  return {
    ...trajectory,
    startSeconds: Float64Array.from(spans, ({ startSeconds }) => startSeconds),
    endSeconds: Float64Array.from(spans, ({ endSeconds }) => endSeconds),
  }
}
