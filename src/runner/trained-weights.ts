/** Where the trained weights of a run's trials lie, as the journal has it. */
import { ArchloomError } from '#src/errors.ts'
import type { WeightSource } from '#src/evaluator/evaluator.ts'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'

export interface TrainedWeights {
  /** Takes every event of the run, in order. */
  see(event: ExperimentEvent): void
  /** @throws internal/invariant when no such trial has left weights that are still kept */
  of(trial: number): WeightSource
  /** Forgets all trials but these. */
  retain(trials: ReadonlySet<number>): void
}

export function trainedWeights(): TrainedWeights {
  /** Of trials under way. */
  const architectures = new Map<number, string>()
  const sources = new Map<number, WeightSource>()
  let isUsed = false

  const take = (event: ExperimentEvent) => {
    switch (event.type) {
      case 'trial-proposed':
        architectures.set(event.trial, event.proposal.architecture)
        break
      case 'trial-finished': {
        const { trial, result } = event
        const architecture = architectures.get(trial)
        architectures.delete(trial)
        if (architecture === undefined || !result.checkpoint) break
        sources.set(trial, { trial, architecture, checkpoint: result.checkpoint })
        break
      }
      case 'attempt-failed':
        if (isFinal(event.verdict)) architectures.delete(event.trial)
        break
      default:
    }
  }
  return {
    see(event) {
      if (event.type === 'run-started') isUsed = event.plan.inheritsWeights ?? false
      if (isUsed) take(event)
    },
    of(trial) {
      const source = sources.get(trial)
      if (source) return source
      throw new ArchloomError(
        'internal/invariant',
        `The weights of trial ${trial} are asked for, but it left none or they were let go of`,
        { details: { trial } },
      )
    },
    retain(trials) {
      for (const trial of sources.keys()) if (!trials.has(trial)) sources.delete(trial)
    },
  }
}

function isFinal(verdict: string): boolean {
  return verdict !== 'retry' && verdict !== 'abort-run'
}
