/**
 * The interface of a Python environment: what the rest of archloom needs to know to run a worker in
 * it, whether a lock pins it or somebody else made it.
 */
import type { PackageDrift } from '#src/protocol/fingerprint.ts'

/** `envs/<name>/env.json`. */
export interface EnvironmentSpec {
  readonly name: string
  readonly summary: string
  /** Accepted interpreters, such as `>=3.11`. */
  readonly python: string
  readonly device: 'cpu' | 'cuda'
  /** Absolute path of the lock file: one `package==version` a line. */
  readonly lockPath: string
}

/** An environment that exists on this machine. */
export interface ReadyEnvironment {
  /** As messages call it: `cpu`, `/srv/team/.venv`, `conda:vision`. */
  readonly name: string
  /**
   * Runs Python: its interpreter's absolute path alone, or a command that Python's own parameters are
   * added to. `{archloom}` and `{sockets}` in it stand for folders that the worker must see.
   */
  readonly command: readonly [string, ...string[]]
  /** What activating it would do to the process; null where nothing is to be activated. */
  readonly activation: Activation | null
  /** What pins it; null for an environment that archloom did not make. */
  readonly lock: { readonly path: string; readonly hash: string } | null
  /** Where installed packages differ from the lock; empty when they agree, or there is none. */
  readonly drift: readonly PackageDrift[]
  /** What to do when it proves broken, as the end of a sentence. */
  readonly mend: { readonly interpreter: string; readonly packages: string }
}

export interface Activation {
  /** Put before `PATH`, so that what a pipeline starts finds the same programs. */
  readonly programs: string
  readonly variables: Readonly<Record<string, string>>
}

/** An environment that archloom made from a lock. */
export interface LockedEnvironment extends ReadyEnvironment {
  readonly spec: EnvironmentSpec
  /** Absolute path of its Python interpreter. */
  readonly python: string
  /** SHA-256 of the lock file's bytes. */
  readonly lockHash: string
}
