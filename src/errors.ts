/**
 * The one error class and the table of every error code.
 *
 * A code is `area/what`, stable, and says who must act: the user (exit 2), the environment or a
 * worker (exit 3), the comparison (exit 4), the result (exit 5) or archloom itself (exit 70).
 * A failed trial is data, not an error: see `src/trial/outcome.ts`.
 */

/** Whether repeating the same action may help, and where. */
export type RetryRule = 'never' | 'elsewhere' | 'later'

interface CodeRule {
  readonly exit: number
  readonly retry: RetryRule
}

const user: CodeRule = { exit: 2, retry: 'never' }
const world: CodeRule = { exit: 3, retry: 'never' }

/** Every error code, with the exit status of the command line and the retry rule. */
export const errorCodes = {
  'config/not-found': user,
  'config/syntax': user,
  'config/invalid': user,
  'config/unknown-key': user,
  'config/unknown-name': user,
  'config/data-missing': user,
  'config/data-corrupt': user,
  'config/usage': user,
  'config/incompatible': user,
  'space/invalid-architecture': user,
  'space/invalid-settings': user,
  'space/empty': user,
  'space/no-network': user,
  'graph/invalid': user,
  'graph/shape': user,
  'benchmark/invalid': user,
  'benchmark/not-found': user,
  'benchmark/no-entry': user,
  'benchmark/no-metric': user,
  'protocol/version': world,
  'protocol/malformed': world,
  'protocol/refused': world,
  'environment/missing-python': world,
  'environment/missing-package': world,
  'environment/drift': world,
  'environment/no-device': world,
  'environment/invalid': world,
  'environment/create-failed': world,
  'environment/no-module': world,
  'environment/no-function': world,
  'environment/import-failed': world,
  'environment/inspection-failed': world,
  'environment/inspection-timeout': world,
  'worker/would-not-start': { exit: 3, retry: 'elsewhere' },
  'worker/died': { exit: 3, retry: 'elsewhere' },
  'worker/silent': { exit: 3, retry: 'elsewhere' },
  'worker/absent': { exit: 3, retry: 'later' },
  'worker/restart-limit': world,
  'worker/session-lost': world,
  'worker/task-failed': world,
  'store/not-a-journal': user,
  'store/corrupt': world,
  'store/newer': world,
  'store/locked': { exit: 3, retry: 'later' },
  'store/full': { exit: 3, retry: 'later' },
  'store/unwritable': { exit: 3, retry: 'later' },
  'store/exists': user,
  'confounded/fingerprints': { exit: 4, retry: 'never' },
  'confounded/comparison': { exit: 4, retry: 'never' },
  'verify/replay': { exit: 5, retry: 'never' },
  'verify/result': { exit: 5, retry: 'never' },
  'run/interrupted': { exit: 130, retry: 'later' },
  'internal/invariant': { exit: 70, retry: 'never' },
} as const satisfies Record<string, CodeRule>

export type ErrorCode = keyof typeof errorCodes

export interface ErrorExtras {
  /** Machine-readable facts: the place, the value seen, the values allowed. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/**
 * An error that a person or a program can act on.
 *
 * The message is one sentence: where, what was expected, what was found, what to do. It starts with
 * a capital letter and ends without a period.
 */
export class ArchloomError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'ArchloomError'
    this.code = code
    this.details = extras.details ?? {}
  }

  /** Exit status of the command line when this error ends it. */
  get exitCode(): number {
    return errorCodes[this.code].exit
  }
}

/** Throws `internal/invariant` unless the condition holds; for broken programs, never for bad input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ArchloomError('internal/invariant', message)
}

/** Closes a switch over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new ArchloomError('internal/invariant', `Unexpected value ${JSON.stringify(value)}`)
}
