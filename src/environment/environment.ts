/**
 * The interface of a pinned environment: what the rest of archloom needs to know of `envs/<name>`.
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
  readonly spec: EnvironmentSpec
  /** Absolute path of its Python interpreter. */
  readonly python: string
  /** SHA-256 of the lock file's bytes. */
  readonly lockHash: string
  /** Where installed packages differ from the lock; empty when they agree. */
  readonly drift: readonly PackageDrift[]
}
