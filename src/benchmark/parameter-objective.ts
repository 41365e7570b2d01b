import { ArchloomError } from '#src/errors.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import type { SearchSpace } from '#src/space/space.ts'

/** A space as parameters: what benchmarks of hyperparameters measure. */
export interface ParameterView {
  readonly parameters: ParameterSpace
  /** @throws space/invalid-architecture */
  configurationOf(text: string): Configuration
}

/**
 * @param benchmark - named in messages
 * @throws config/incompatible for a space without parameters
 */
export function parameterView(space: SearchSpace, benchmark: string): ParameterView {
  const { parameters } = space.encodings
  if (!parameters) {
    throw new ArchloomError(
      'config/incompatible',
      `${benchmark} measures hyperparameters, and the space ${space.name} has no parameter encoding; take the space hyperparameters`,
      { details: { space: space.name } },
    )
  }
  return {
    parameters: parameters.space,
    configurationOf: (text) => parameters.encode(space.parse(text)),
  }
}
