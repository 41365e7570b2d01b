/** Options that several commands share, and what they read into. */
import { type Command, InvalidArgumentError } from 'commander'

export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

export interface RunFlags extends OutputOptions {
  readonly allowDrift: boolean
  readonly allowMixed: boolean
}

export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON document on stdout, logs on stderr', false)
    .option('--quiet', 'no progress, only the result', false)
    .option(
      '--verbose',
      'logs of every part, each message to and from workers, and stack traces',
      false,
    )
}

export function addRunFlags(command: Command): Command {
  return addOutputOptions(command)
    .option(
      '--allow-drift',
      'run although installed packages differ from the lock; recorded with the results',
      false,
    )
    .option(
      '--allow-mixed',
      'pool results of differing environments in this run; said in every table and picture',
      false,
    )
}

/** Gathers a repeatable option. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value]
}

/** Reads a non-negative integer of any size, as decimal digits. */
export function parseSeed(value: string): string {
  if (/^[0-9]+$/.test(value)) return value
  throw new InvalidArgumentError(`expected a non-negative integer, found ${JSON.stringify(value)}`)
}

/** Reads an integer from 1 to a million. */
export function parseCount(value: string): number {
  const count = Number(value)
  if (/^[0-9]+$/.test(value) && count >= 1 && count <= 1_000_000) return count
  throw new InvalidArgumentError(
    `expected an integer from 1 to 1000000, found ${JSON.stringify(value)}`,
  )
}
