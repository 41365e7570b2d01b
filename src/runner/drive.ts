/**
 * The loop of a run: commits events before it acts on them, keeps the evaluator's slots busy, and
 * stops cleanly when it is told to.
 */
import type { Logger } from 'pino'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import type { ExperimentEvent, Plan } from '#src/experiment/experiment.ts'
import type { Method } from '#src/experiment/method.ts'
import { neededWeights } from '#src/experiment/needed-weights.ts'
import type { Unrecorded } from '#src/experiment/replay.ts'
import type { ExperimentState } from '#src/experiment/state.ts'
import type { Journal } from '#src/store/store.ts'
import type { Clock } from '#src/time/clock.ts'
import type { AskThread } from './ask-thread.ts'
import { type Arrival, type Attempts, trackAttempts } from './attempts.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { recordArrival } from './record-arrival.ts'
import { type Effect, openSession, type Session } from './session.ts'
import { elapsedMs, type RunSnapshot, takeSnapshot } from './snapshot.ts'
import { type Stop, stopError } from './stop.ts'
import type { TrainedWeights } from './trained-weights.ts'

export interface DriveOptions {
  readonly folder: string
  readonly journal: Journal
  readonly evaluator: Evaluator
  /** Computes the asks; null where they are computed here. */
  readonly askThread: AskThread | null
  readonly plan: Plan
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onUpdate?: ((snapshot: RunSnapshot) => void) | undefined
}

/** Where the run stands when its loop begins. */
export interface Beginning {
  readonly state: ExperimentState
  readonly method: Method
  /** As the journal left them. */
  readonly weights: TrainedWeights
  /** `run-started` or `run-resumed`, then whatever else is to be recorded first. */
  readonly events: readonly ExperimentEvent[]
  readonly unrecorded: Unrecorded | null
}

/** How long cancelled evaluations may take to end, in milliseconds. */
const patienceMs = 10_000

/** What outweighs why a run stopped. */
const unwritable: readonly string[] = ['store/full', 'store/unwritable']

/**
 * Runs until the experiment is finished.
 *
 * @returns the final state
 * @throws run/interrupted when the signal aborts; config/data-corrupt when a failure ends the run;
 *   store/full; what the evaluator or the optimizer throws when it breaks. All of them leave a
 *   journal that can be resumed
 */
export async function drive(beginning: Beginning, options: DriveOptions): Promise<ExperimentState> {
  const run = new Run(beginning, options)
  try {
    return await run.toEnd(beginning)
  } finally {
    run[Symbol.dispose]()
  }
}

class Run implements Disposable {
  readonly #options: DriveOptions
  readonly #method: Method
  readonly #weights: TrainedWeights
  readonly #session: Session
  readonly #inbox: Inbox<Arrival>
  readonly #attempts: Attempts
  /** Effects that wait for a slot, in order. */
  #waiting: Effect[] = []
  #stop: Stop | null = null
  #patient = true
  readonly #undo: (() => void)[] = []

  constructor(beginning: Beginning, options: DriveOptions) {
    const { evaluator, plan, clock } = options
    this.#options = options
    this.#method = beginning.method
    this.#weights = beginning.weights
    const asksElsewhere = options.askThread !== null
    this.#session = openSession(options.journal, { ...beginning, asksElsewhere })
    this.#inbox = openInbox(clock)
    this.#attempts = trackAttempts({
      ...{ evaluator, weights: this.#weights, seed: plan.seed, clock },
      inbox: this.#inbox,
    })
  }

  async toEnd({ events, unrecorded }: Beginning): Promise<ExperimentState> {
    this.#listen()
    this.#guarded(() => {
      for (const event of events) this.#session.record(event)
      if (unrecorded) this.#session.record({ type: 'trial-proposed', ...unrecorded })
      this.#startClock()
    })
    for (;;) {
      this.#guarded(() => this.#act())
      const { state } = this.#session
      if (state.phase === 'finished' && this.#stop?.type !== 'broken') return state
      if (this.#stop && (this.#isQuiet() || !this.#patient)) break
      const arrivals = await this.#inbox.take()
      // Each by itself: a broken one must not take a good result with it.
      for (const arrival of arrivals) this.#guarded(() => this.#handle(arrival))
    }
    throw this.#end(this.#stop)
  }

  [Symbol.dispose](): void {
    this.#attempts.cancel()
    this.#inbox.close()
    for (const undo of this.#undo) undo()
  }

  /** Whether nothing is under way and every end of what was is recorded. */
  #isQuiet(): boolean {
    return this.#attempts.count === 0 && this.#inbox.isEmpty
  }

  #listen(): void {
    const { signal } = this.#options
    const onAbort = () => this.#inbox.push({ type: 'interrupted' })
    if (signal.aborted) this.#stopFor({ type: 'interrupted' })
    signal.addEventListener('abort', onAbort)
    this.#undo.push(() => signal.removeEventListener('abort', onAbort))
    this.#options.evaluator.watchSlots?.(() => this.#inbox.push({ type: 'slots-changed' }))
  }

  #startClock(): void {
    const { plan, clock } = this.#options
    const { state } = this.#session
    if (plan.budget.seconds === undefined || state.timeSpent || state.phase !== 'searching') return
    const leftMs = plan.budget.seconds * 1000 - elapsedMs(state, clock.nowMs())
    const timer = clock.setTimer(leftMs, () => this.#inbox.push({ type: 'time-spent' }))
    this.#undo.push(() => timer.cancel())
  }

  /** What breaks in the loop stops the run, once what is under way has ended. */
  #guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#stopFor({ type: 'broken', error })
    }
  }

  /** Starts what is due: records it, commits, and only then acts. */
  #act(): void {
    this.#waiting.push(...this.#session.takeEffects())
    const due = this.#takeDue()
    for (const effect of due) {
      if (effect.type !== 'start-attempt') continue
      const { trial, attempt } = effect
      this.#session.record({ type: 'attempt-started', trial, attempt })
    }
    this.#session.commit()
    for (const effect of due) this.#begin(effect)
    this.#retainWeights()
    const { clock, evaluator, onUpdate } = this.#options
    if (this.#session.state.asked === null && this.#inbox.isEmpty) evaluator.moveOn?.()
    onUpdate?.(takeSnapshot(this.#session.state, this.#attempts.running, clock.nowMs()))
  }

  /** Lets go of the weights that, by what is committed, nobody will ask for. */
  #retainWeights(): void {
    const { evaluator } = this.#options
    if (!evaluator.retainWeights) return
    const needed = neededWeights(this.#session.state, this.#method.weightSources())
    this.#weights.retain(needed)
    evaluator.retainWeights(needed)
  }

  #takeDue(): readonly Effect[] {
    const abort = this.#waiting.find((effect) => effect.type === 'abort-run')
    if (abort) this.#stopFor({ type: 'aborted', failure: abort.failure })
    if (this.#stop) return []
    // An ask takes no slot.
    const asks = this.#waiting.filter(({ type }) => type === 'propose')
    this.#waiting = this.#waiting.filter(({ type }) => type !== 'propose')
    const free = Math.max(0, this.#options.evaluator.slots - this.#attempts.count)
    return [...asks, ...this.#waiting.splice(0, free)]
  }

  /** At most one proposal is awaited at a time, and nothing is told meanwhile. */
  #askElsewhere({ trial, told }: Extract<Effect, { type: 'propose' }>): void {
    const { askThread } = this.#options
    invariant(askThread, 'A proposal is an effect only where a thread makes it')
    const request = this.#method.request(trial)
    void askThread.ask(request, this.#method.history).then(
      (answer) => this.#inbox.push({ type: 'proposal', trial, told, answer }),
      (error: unknown) => this.#inbox.push({ type: 'ask-failed', error }),
    )
  }

  #begin(effect: Effect): void {
    if (effect.type === 'start-attempt') {
      const { trial, attempt, proposal } = effect
      this.#attempts.evaluate({ trial, attempt }, proposal)
    } else if (effect.type === 'propose') {
      this.#askElsewhere(effect)
    } else if (effect.type === 'measure-test') {
      const { best } = this.#session.state
      invariant(best, 'A test is measured of a selected trial')
      this.#attempts.measureTest(effect.attempt, best)
    }
  }

  #handle(arrival: Arrival): void {
    switch (arrival.type) {
      case 'ask-failed':
        this.#stopFor({ type: 'broken', error: arrival.error })
        break
      case 'time-spent':
        if (this.#session.state.phase === 'searching') this.#session.record({ type: 'time-spent' })
        break
      case 'slots-changed':
        // What waits for a slot is started after every arrival.
        break
      case 'interrupted':
        this.#stopFor({ type: 'interrupted' })
        break
      case 'patience-over':
        this.#patient = false
        break
      default: {
        const { evaluator, logger } = this.#options
        const parts = { session: this.#session, method: this.#method, evaluator, logger }
        recordArrival(arrival, { ...parts, isStopping: this.#stop !== null })
      }
    }
  }

  #stopFor(stop: Stop): void {
    if (this.#stop) return
    this.#stop = stop
    const { clock, logger } = this.#options
    logger.info({ reason: stop.type, underWay: this.#attempts.count }, 'run stops')
    this.#attempts.cancel()
    const timer = clock.setTimer(patienceMs, () => this.#inbox.push({ type: 'patience-over' }))
    this.#undo.push(() => timer.cancel())
  }

  /** Records that the run stopped, and says why. */
  #end(stop: Stop): unknown {
    try {
      const goesOn = this.#session.state.phase !== 'finished'
      if (goesOn && stop.type !== 'aborted') this.#session.record({ type: 'run-interrupted' })
      this.#session.commit()
    } catch (error) {
      // A journal that cannot be written is why the run broke, or outweighs why it stopped.
      if (error instanceof ArchloomError && unwritable.includes(error.code)) return error
      if (stop.type !== 'broken') return error
    }
    return stopError(stop, this.#options.folder)
  }
}
