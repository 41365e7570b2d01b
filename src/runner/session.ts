/**
 * The state machine at work on a journal: records events, carries out at once what is pure, and
 * keeps what acts on the world until it was committed.
 */
import { unreachable } from '#src/errors.ts'
import type { Command, ExperimentEvent } from '#src/experiment/experiment.ts'
import type { Method } from '#src/experiment/method.ts'
import type { ExperimentState } from '#src/experiment/state.ts'
import { step } from '#src/experiment/step.ts'
import type { Journal } from '#src/store/store.ts'
import type { TrainedWeights } from './trained-weights.ts'

/** A command that acts on the world. */
export type Effect = Extract<
  Command,
  { type: 'start-attempt' | 'measure-test' | 'abort-run' | 'propose' }
>

export interface Session {
  readonly state: ExperimentState
  /** Stages an event and everything that follows from it without acting on the world. */
  record(event: ExperimentEvent): void
  /** Makes everything recorded so far safe. */
  commit(): void
  /** The effects due since the last call, in order. Nothing may act before `commit`. */
  takeEffects(): readonly Effect[]
}

export function openSession(
  journal: Journal,
  begin: {
    readonly state: ExperimentState
    readonly method: Method
    /** Absent where no evaluator trains. */
    readonly weights?: TrainedWeights
    /** Whether proposals are computed elsewhere: `propose` is then an effect like the others. */
    readonly asksElsewhere?: boolean
  },
): Session {
  const { method, weights, asksElsewhere = false } = begin
  let { state } = begin
  let effects: Effect[] = []

  const apply = (event: ExperimentEvent): readonly Command[] => {
    const [next, commands] = step(state, journal.stage(event))
    state = next
    weights?.see(event)
    return commands
  }
  /** Returns what follows; a proposal is always the last command that concerns the optimizer. */
  const carryOut = (command: Command): readonly Command[] => {
    switch (command.type) {
      case 'tell':
        method.tell(command.observation)
        return []
      case 'propose': {
        if (asksElsewhere) {
          effects.push(command)
          return []
        }
        const { trial, told } = command
        return apply({ type: 'trial-proposed', trial, told, proposal: method.ask(trial) })
      }
      case 'select-trial':
        return apply({ type: 'trial-selected', trial: command.trial })
      case 'finish-run':
        return apply({ type: 'run-finished', reason: command.reason })
      case 'start-attempt':
      case 'measure-test':
      case 'abort-run':
        effects.push(command)
        return []
      default:
        return unreachable(command)
    }
  }
  return {
    get state() {
      return state
    },
    record(event) {
      const queue = [...apply(event)]
      // The queue grows while it is walked.
      for (const command of queue) queue.push(...carryOut(command))
    },
    commit() {
      journal.append([])
    },
    takeEffects() {
      const taken = effects
      effects = []
      return taken
    },
  }
}
