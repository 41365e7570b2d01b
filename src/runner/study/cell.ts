/**
 * One search of a study, simulated: the state machine of a run on a journal in memory, with trials
 * that end at the simulated time that a benchmark says they take. Its trajectory is that of
 * `archloom run` with the same document and seed.
 */
import type { Objective } from '#src/benchmark/objective.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { ExperimentEvent, Plan } from '#src/experiment/experiment.ts'
import { type Method, startMethod } from '#src/experiment/method.ts'
import { epochsSpent, trialsSpent } from '#src/experiment/spent.ts'
import { type ExperimentState, initialState } from '#src/experiment/state.ts'
import { trialSeed } from '#src/experiment/trial-seed.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import type { Journal } from '#src/store/store.ts'
import type { CellSummary, IncumbentCurve, Trajectory } from '#src/study/study.ts'
import { incumbentCurve, recordTrajectory, type TrajectoryRecorder } from '#src/study/trajectory.ts'
import type { Clock } from '#src/time/clock.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { EvaluationResult, Failure } from '#src/trial/record.ts'
import { type JudgedAttempt, judgeAttempt } from '../judge.ts'
import { openSession, type Session } from '../session.ts'

/** What a cell is simulated with. */
export interface CellSetting {
  /** Of this cell alone: nothing of another search may be in it. */
  readonly optimizer: Optimizer
  /** Shared by cells; measures at once. */
  readonly objective: Objective
  /** With the cell's seed; `hasTest` false, since the test is looked up after the search. */
  readonly plan: Plan
  /** Times the optimizer. */
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export interface SimulatedCell {
  readonly trajectory: Trajectory
  readonly incumbents: IncumbentCurve
  readonly reason: CellSummary['reason']
}

/**
 * Searches to the end of the budget.
 *
 * @remarks
 * As many simulated workers as the visibility window take trials in the order of their proposal.
 * Trials end by simulated time, those of equal time by index. The test split is looked up once the
 * search is over, for the incumbents.
 *
 * @throws what the optimizer and the benchmark throw; config/data-corrupt when a failure would end
 *   a run
 */
export function simulateCell({ optimizer, objective, plan, clock }: CellSetting): SimulatedCell {
  const recorder = recordTrajectory()
  const method = timedMethod(startMethod(optimizer, plan), recorder, clock)
  const time = { seconds: 0 }
  const session = openSession(passingJournal(time), { state: initialState(), method })
  const workers = simulateWorkers({ session, recorder, objective, plan, time })
  session.record({ type: 'run-started', plan })
  workers.runAll()
  const { state } = session
  invariant(state.phase === 'finished', `A simulated search ended while ${state.phase}`)
  const trajectory = recorder.finish()
  return {
    trajectory,
    incumbents: incumbentCurve(trajectory, testLookup(objective)),
    reason: reasonOf(state, plan),
  }
}

/** A journal that remembers nothing: a simulated search is not resumed, it is simulated again. */
function passingJournal(time: { readonly seconds: number }): Journal {
  let sequence = 0
  const stage = (event: ExperimentEvent) => {
    sequence += 1
    return { sequence, timeMs: time.seconds * 1000, event }
  }
  return {
    header: {
      archloomVersion: '',
      document: null,
      documentHash: '',
      source: { path: '', sha256: '', overrides: [] },
      createdMs: 0,
    },
    stage,
    append: (events) => events.map(stage),
    *entries() {},
    [Symbol.dispose]() {},
  }
}

function timedMethod(
  method: Method,
  recorder: TrajectoryRecorder,
  clock: CellSetting['clock'],
): Method {
  return {
    ...method,
    tell(observation) {
      const startMs = clock.monotonicMs()
      method.tell(observation)
      recorder.tell(observation.trial, (clock.monotonicMs() - startMs) / 1000)
    },
    ask(trial) {
      const startMs = clock.monotonicMs()
      const proposal = method.ask(trial)
      const seconds = (clock.monotonicMs() - startMs) / 1000
      recorder.propose(proposal, method.history.length, seconds)
      return proposal
    },
  }
}

/** An attempt under way, with the end that it will have. */
interface Running {
  readonly trial: number
  readonly attempt: number
  readonly endSeconds: number
  readonly end: EvaluationResult | Error
}

interface Workers {
  readonly session: Session
  readonly recorder: TrajectoryRecorder
  readonly objective: Objective
  readonly plan: Plan
  /** The simulated clock, which the workers move. */
  readonly time: { seconds: number }
}

function simulateWorkers({ session, recorder, objective, plan, time }: Workers) {
  // At most as many as the window: a scan for the next one is the fastest queue.
  const running: Running[] = []

  const startDue = () => {
    for (const effect of session.takeEffects()) {
      if (effect.type === 'abort-run') throw aborted(effect.failure)
      if (effect.type !== 'start-attempt') continue
      const { trial, attempt, proposal } = effect
      session.record({ type: 'attempt-started', trial, attempt })
      if (attempt === 0) recorder.start(trial, time.seconds)
      const end = measured(() =>
        objective.measure(proposal.architecture, proposal.fidelity, trialSeed(plan.seed, trial)),
      )
      running.push({ trial, attempt, end, endSeconds: time.seconds + secondsOf(end) })
    }
  }
  const finishNext = () => {
    const { trial, attempt, end, endSeconds } = takeNext(running)
    time.seconds = endSeconds
    if (end instanceof Error) return failAttempt({ trial, attempt, error: end })
    recorder.end(trial, {
      outcome: 'completed',
      valAccuracy: end.metrics.valAccuracy,
      parameterCount: end.counts?.parameterCount ?? null,
      costSeconds: end.cost.seconds,
      atSeconds: endSeconds,
    })
    session.record({ type: 'trial-finished', trial, attempt, result: end })
  }
  const failAttempt = ({
    trial,
    attempt,
    error,
  }: {
    trial: number
    attempt: number
    error: Error
  }) => {
    const judged = judgeAttempt(error, trial, session.state)
    if (judged === null) throw error
    const outcome = finalOutcome(judged)
    if (outcome !== null) {
      recorder.end(trial, {
        outcome,
        valAccuracy: null,
        parameterCount: null,
        costSeconds: judged.failure.cost?.seconds ?? 0,
        atSeconds: time.seconds,
      })
    }
    const { failure, verdict } = judged
    session.record({ type: 'attempt-failed', trial, attempt, failure, verdict })
  }
  return {
    runAll() {
      for (startDue(); running.length > 0; startDue()) finishNext()
    },
  }
}

function measured(measure: () => EvaluationResult): EvaluationResult | Error {
  try {
    return measure()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

function secondsOf(end: EvaluationResult | Error): number {
  if (!(end instanceof Error)) return end.cost.seconds
  return end instanceof AttemptFailure ? (end.failure.cost?.seconds ?? 0) : 0
}

/** The attempt that ends first, of equal ones that of the lowest trial. */
function takeNext(running: Running[]): Running {
  let next = 0
  for (let place = 1; place < running.length; place++) {
    if (isBefore(running[place] as Running, running[next] as Running)) next = place
  }
  const [taken] = running.splice(next, 1)
  invariant(taken, 'A simulated worker has something to finish')
  return taken
}

function isBefore(a: Running, b: Running): boolean {
  return a.endSeconds < b.endSeconds || (a.endSeconds === b.endSeconds && a.trial < b.trial)
}

function finalOutcome({
  verdict,
}: JudgedAttempt): Exclude<typeof verdict, 'retry' | 'abort-run'> | null {
  return verdict === 'retry' || verdict === 'abort-run' ? null : verdict
}

function aborted(failure: Failure): ArchloomError {
  return new ArchloomError('config/data-corrupt', failure.message, { details: { failure } })
}

function testLookup(objective: Objective): (architecture: string) => number {
  return objective.hasTest
    ? (architecture) => objective.testAccuracy(architecture)
    : () => Number.NaN
}

/** Which limit ended the search, as `run-finished` of a run says. */
function reasonOf(state: ExperimentState, plan: Plan): CellSummary['reason'] {
  if (trialsSpent(state, plan)) return 'trials'
  return epochsSpent(state, plan) ? 'epochs' : 'costSeconds'
}
