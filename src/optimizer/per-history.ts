import type { History, Observation } from '#src/trial/observation.ts'

/**
 * A value derived from a history: a cache for each history, brought up to date by what was told
 * since it was last asked for, rebuilt when another history comes.
 *
 * @param make - the value of an empty history
 * @param add - takes one more observation into the value, in order; changes the value in place
 * @returns the value of all that a history holds; O(new observations) a call
 */
export function perHistory<T extends object>(
  make: () => T,
  add: (value: T, observation: Observation, position: number) => void,
): (history: History) => T {
  const caches = new WeakMap<History, { readonly value: T; length: number }>()
  return (history) => {
    const cache = caches.get(history) ?? { value: make(), length: 0 }
    caches.set(history, cache)
    for (; cache.length < history.length; cache.length++) {
      add(cache.value, history.at(cache.length), cache.length)
    }
    return cache.value
  }
}
