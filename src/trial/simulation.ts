import { z } from 'zod'

/**
 * Stands under `simulation` in the fingerprint of an evaluator that looks results up or computes them
 * at once: reports tell simulated from real time by it.
 */
export const Simulation = z.strictObject({
  /** What is told and what is reported, in one line. */
  description: z.string(),
  /** Simulated workers, which the simulated clock is driven by. */
  workers: z.int().min(1),
  /** Whether `cost.seconds` is the time of real trainings; else it is 0 throughout. */
  hasSeconds: z.boolean(),
  /** What each report must say, such as `test-only table`; null for nothing. */
  mark: z.string().nullable(),
})
export type Simulation = z.infer<typeof Simulation>

const Simulated = z.looseObject({ simulation: Simulation })

/** The simulation that a fingerprint states; null for results of real trainings. */
export function simulationOf(fingerprint: unknown): Simulation | null {
  return Simulated.safeParse(fingerprint).data?.simulation ?? null
}
