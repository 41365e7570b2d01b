/** What a pipeline is called with: the architecture as its space has it, and what stays the same. Pure. */
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'

/** What networks must fit, where a space makes networks. */
export const NetworkTask = z.strictObject({
  kind: z.enum(['images', 'features', 'tokens']).default('images'),
  /** One sample: `[channels, height, width]`, `[features]` or `[length]`. */
  inputShape: z.array(z.int().min(1)).min(1).max(3),
  classCount: z.int().min(2),
})

export const InputSettings = {
  /** Arguments that stay the same in every call. */
  configuration: z.record(z.string(), z.json()).default({}),
  /**
   * Null hands over the parameters that the space decides; otherwise the network is handed over, as
   * `graph` or as a ready `model`, whichever the function's signature asks for.
   */
  network: NetworkTask.nullable().default(null),
  /** Which argument gets the epochs of a trial (fidelity.epochs); null for none. */
  epochsParameter: z.string().min(1).nullable().default(null),
  /**
   * Which argument gets the trial's seed as a whole number below 2^31, as NumPy and scikit-learn want
   * it; null for none. An argument named `seed` gets the seed anyway.
   */
  seedParameter: z.string().min(1).nullable().default(null),
}

const InputShape = z.strictObject(InputSettings)
type InputShape = z.infer<typeof InputShape>

export interface PipelineInput {
  readonly input: Readonly<Record<string, Json>>
  readonly graph: NetworkGraph | null
}

/** A trial, as far as its call goes. */
export interface Asked {
  /** The space's text form. */
  readonly architecture: string
  readonly fidelity: Fidelity
  /** A decimal string. */
  readonly seed: string
}

const seedBound = 2n ** 31n

/**
 * Refuses what can never be called.
 *
 * @throws config/incompatible for a space that cannot be handed over like that
 * @throws config/invalid when an argument would be given twice
 */
export function checkInput(space: SearchSpace, settings: InputShape): void {
  const { network, configuration, epochsParameter, seedParameter } = settings
  if (network !== null && space.takes === null) {
    throw new ArchloomError(
      'config/incompatible',
      `The space ${space.name} makes no networks, but evaluator.network says what they must fit; take that out`,
    )
  }
  if (network === null && space.encodings.parameters === undefined) {
    throw new ArchloomError(
      'config/incompatible',
      `The space ${space.name} has no list of parameters to hand to a pipeline; say in evaluator.network what its networks must fit, so that they are handed over`,
    )
  }
  const decided = network === null ? (space.encodings.parameters?.space.parameters ?? []) : []
  const given = [
    ...decided.map(({ name }) => [name, `the space ${space.name}`] as const),
    ...Object.keys(configuration).map((name) => [name, 'evaluator.configuration'] as const),
    ...(epochsParameter === null ? [] : [[epochsParameter, 'evaluator.epochsParameter'] as const]),
    ...(seedParameter === null ? [] : [[seedParameter, 'evaluator.seedParameter'] as const]),
  ]
  const givers = new Map<string, string>()
  for (const [name, giver] of given) {
    const other = givers.get(name)
    if (other !== undefined) {
      throw new ArchloomError(
        'config/invalid',
        `The argument ${JSON.stringify(name)} is given twice, by ${other} and by ${giver}; leave one out`,
        { details: { argument: name } },
      )
    }
    givers.set(name, giver)
  }
}

/**
 * What the function is called with for one trial.
 *
 * @throws AttemptFailure of kind `invalid_task` for a network that cannot be made
 */
export function pipelineInput(
  space: SearchSpace,
  settings: InputShape,
  { architecture: text, fidelity, seed }: Asked,
): PipelineInput {
  const { configuration, network, epochsParameter, seedParameter } = settings
  const architecture = space.parse(text)
  const parameters = network === null ? space.encodings.parameters?.encode(architecture) : undefined
  return {
    input: {
      ...configuration,
      ...parameters,
      ...(epochsParameter !== null && { [epochsParameter]: fidelity.epochs }),
      ...(seedParameter !== null && { [seedParameter]: Number(BigInt(seed) % seedBound) }),
    },
    graph: network === null ? null : compiled(space, architecture, network),
  }
}

function compiled(space: SearchSpace, architecture: unknown, task: Task): NetworkGraph {
  try {
    return space.compile(architecture, task)
  } catch (error) {
    // An architecture that does not fit is infeasible; only its trial ends.
    if (error instanceof ArchloomError && error.code !== 'space/invalid-settings') {
      throw new AttemptFailure({ kind: 'invalid_task', message: error.message })
    }
    throw error
  }
}
