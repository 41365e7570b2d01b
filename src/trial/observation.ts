import type { Fidelity } from './fidelity.ts'
import type { Outcome } from './outcome.ts'

/**
 * What an optimizer is told of one finished trial. It has no field for a test metric.
 */
export interface Observation {
  /** Index of the trial in the run, zero-based. */
  readonly trial: number
  readonly architecture: string
  readonly fidelity: Fidelity
  readonly outcome: Outcome
  /** Null unless the outcome is `completed` or `stopped`. */
  readonly valAccuracy: number | null
  readonly parameterCount: number | null
  readonly costSeconds: number
}

/** Everything told so far, in the order of telling; read-only and shared, never copied. */
export interface History {
  readonly length: number
  /** The observation at a position, zero-based, from 0 to `length - 1`. */
  at(position: number): Observation
}
