import type { MlpKernels } from './mlp-kernels.ts'
import type { PolicyPlaces } from './policy-places.ts'
import type { SequencePolicyShape } from './sequence-policy.ts'

/** A batch of sequences on its way through a policy: what `policy-batch.ts`'s parts work on. */
export interface Run {
  readonly shape: SequencePolicyShape
  readonly places: PolicyPlaces
  readonly memory: Float32Array
  readonly kernels: MlpKernels
  /** Sequences of the batch. */
  count: number
  /** At each position the choice of each sequence; -1 where it has none. */
  readonly choices: readonly Int32Array[]
  /** At each position the place, among the weights, of the embedding that each sequence is fed. */
  readonly inputs: readonly Int32Array[]
  readonly logs: Float64Array
}

/** Where the gates i, f, g, o begin. */
export function quarters(start: number, size: number): readonly [number, number, number, number] {
  return [start, start + size, start + 2 * size, start + 3 * size]
}
