import { Random } from '#src/random/random.ts'

/**
 * The seed of everything random in a trial's evaluation: 53 bits of the run's stream of that trial,
 * as a decimal string. The same for every attempt, and for the measurement of the test split.
 */
export function trialSeed(runSeed: string, trial: number): string {
  return String(Random.named(runSeed, 'trial', trial).uniform() * 2 ** 53)
}
