import type { Supported } from './space.ts'

/** Every way to take one of each list, in lexicographic order, all equally likely. */
export function* uniformProduct<T>(
  choices: readonly (readonly T[])[],
): Generator<Supported<readonly T[]>> {
  const count = choices.reduce((product, { length }) => product * length, 1)
  for (let code = 0; code < count; code++) {
    let rest = code
    const architecture: T[] = []
    for (const options of choices.toReversed()) {
      architecture.unshift(options[rest % options.length] as T)
      rest = Math.floor(rest / options.length)
    }
    yield { architecture, probability: 1 / count }
  }
}
