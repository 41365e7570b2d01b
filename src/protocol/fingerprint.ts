/**
 * The environment fingerprint: what a worker runs on. `critical` decides whether two results may be
 * compared; its hash stands on every result. `recorded` is kept for people to read.
 */
import { z } from 'zod'
import { contentHash } from '#src/encoding/hash.ts'

const text = z.string()

export const Gpu = z.strictObject({
  name: text,
  memoryBytes: z.int().min(0),
  driver: text,
  /** Compute capability, such as `9.0`. */
  capability: text,
})

export const PackageDrift = z.strictObject({
  package: text,
  /** Version in the lock file; null when the lock does not name it. */
  locked: text.nullable(),
  /** Version installed; null when it is missing. */
  installed: text.nullable(),
})
export type PackageDrift = z.infer<typeof PackageDrift>

export const DatasetIdentity = z.strictObject({
  name: text,
  /** SHA-256 over all pixels and labels as the worker holds them. */
  contentHash: text,
})

/** A module of the user's that a worker may call. */
export const ModuleIdentity = z.strictObject({
  name: text,
  /** SHA-256 over its source files and those that it imports from the user's own folders. */
  contentHash: text,
})

/** Two results are comparable only where all of this is equal. */
export const CriticalFacts = z.strictObject({
  python: text,
  /** Null in an environment without PyTorch, which can serve calls alone. */
  torch: text.nullable(),
  /** CUDA version that PyTorch was built with; null on a CPU build. */
  cuda: text.nullable(),
  cudnn: text.nullable(),
  /** The libraries that PyTorch does its arithmetic with; null without PyTorch. */
  blas: text.nullable(),
  /**
   * Installed versions of every package that the lock file names; in an environment without a lock,
   * of every package that is installed.
   */
  packages: z.record(text, text),
  /** SHA-256 of the lock file; null in an environment that no lock pins. */
  lockHash: text.nullable(),
  drift: z.array(PackageDrift),
  /** SHA-256 over the worker's own source files. */
  workerCode: text,
  system: text,
  machine: text,
  cpu: text,
  /** `cpu` or `cuda`. */
  device: z.enum(['cpu', 'cuda']),
  gpus: z.array(Gpu),
  intraOpThreads: z.int().min(1),
  interOpThreads: z.int().min(1),
  determinism: z.enum(['bitwise', 'seeded', 'fast']),
  deterministicAlgorithms: z.boolean(),
  cudnnBenchmark: z.boolean(),
  /** Null without PyTorch. */
  float32MatmulPrecision: text.nullable(),
  cudnnAllowTf32: z.boolean(),
  cublasWorkspaceConfig: text.nullable(),
  datasets: z.array(DatasetIdentity),
  /** What may be called here; absent where nothing may. */
  modules: z.array(ModuleIdentity).optional(),
})

export const RecordedFacts = z.strictObject({
  osRelease: text,
  cpuCount: z.int().min(1),
  memoryBytes: z.int().min(0),
  pythonExecutable: text,
})

export const Fingerprint = z.strictObject({ critical: CriticalFacts, recorded: RecordedFacts })
export type Fingerprint = z.infer<typeof Fingerprint>

/** What stands on every result: equal hashes mean comparable results. */
export function fingerprintHash(fingerprint: Fingerprint): string {
  return contentHash(fingerprint.critical)
}
