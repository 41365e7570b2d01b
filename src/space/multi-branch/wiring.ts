/** Which layers a layer may read: sources are numbered from 0, the image; layer i may read 0 to i - 1. */
import type { Random } from '#src/random/random.ts'
import type { MultiBranchSettings } from './settings.ts'

export type Wiring = MultiBranchSettings['wiring']

/** Sources of a layer, ascending, at least one. */
export type Sources = readonly number[]

/** The sources that a layer may have or not, each by itself. */
export function freeSources(wiring: Wiring, layer: number): Sources {
  const all = Array.from({ length: layer }, (_, source) => source)
  switch (wiring) {
    case 'any':
      return all
    case 'layers':
      return all.slice(1)
    case 'previous':
      return all.slice(0, -1)
  }
}

/** How many sets of sources a layer may have. */
export function sourceSetCount(wiring: Wiring, layer: number): bigint {
  const sets = 2n ** BigInt(freeSources(wiring, layer).length)
  return wiring === 'any' ? sets - 1n : sets
}

/**
 * The sources of a layer that has these of its free ones; null for the set that the wiring does not
 * allow: none where any is free.
 */
export function sourcesOf(wiring: Wiring, layer: number, chosen: Sources): Sources | null {
  switch (wiring) {
    case 'any':
      return chosen.length === 0 ? null : chosen
    case 'layers':
      return chosen.length === 0 ? [0] : chosen
    case 'previous':
      return [...chosen, layer - 1]
  }
}

/** The free sources among a layer's sources: inverse to `sourcesOf`. */
export function chosenSources(wiring: Wiring, layer: number, sources: Sources): Sources {
  const free = freeSources(wiring, layer)
  return sources.filter((source) => free.includes(source))
}

/** Uniform over the sets of sources. */
export function sampleSources(wiring: Wiring, layer: number, random: Random): Sources {
  for (;;) {
    const chosen = freeSources(wiring, layer).filter(() => random.bernoulli(0.5))
    const sources = sourcesOf(wiring, layer, chosen)
    if (sources !== null) return sources
  }
}

/** Every set of sources that differs in one free source. */
export function changedSources(
  wiring: Wiring,
  layer: number,
  sources: Sources,
): readonly Sources[] {
  const chosen = chosenSources(wiring, layer, sources)
  return freeSources(wiring, layer).flatMap((source) => {
    const toggled = chosen.includes(source)
      ? chosen.filter((other) => other !== source)
      : [...chosen, source].sort((one, other) => one - other)
    const changed = sourcesOf(wiring, layer, toggled)
    return changed === null ? [] : [changed]
  })
}

/** Each free source from either parent; one parent's sources whole where none would be left. */
export function crossSources(
  wiring: Wiring,
  layer: number,
  parents: readonly [Sources, Sources],
  random: Random,
): Sources {
  const [first, second] = parents.map((sources) => chosenSources(wiring, layer, sources))
  const chosen = freeSources(wiring, layer).filter((source) =>
    (random.bernoulli(0.5) ? second : first)?.includes(source),
  )
  return sourcesOf(wiring, layer, chosen) ?? (random.bernoulli(0.5) ? parents[1] : parents[0])
}

/** What a layer's sources must be, for an error; null where they are that. */
export function sourcesProblem(wiring: Wiring, layer: number, sources: Sources): string | null {
  const isInOrder =
    Array.isArray(sources) &&
    sources.every(
      (source, index) =>
        Number.isInteger(source) && source < layer && source > (sources[index - 1] ?? -1),
    )
  const isWired =
    isInOrder &&
    sources.join() === sourcesOf(wiring, layer, chosenSources(wiring, layer, sources))?.join()
  return isWired ? null : sourceWords(wiring, layer)
}

function sourceWords(wiring: Wiring, layer: number): string {
  const last = layer - 1
  if (last === 0) return 'input 0, the image'
  switch (wiring) {
    case 'any':
      return `at least one input from 0 (the image) to ${last}, ascending`
    case 'layers':
      return `inputs from 1 to ${last}, ascending, or 0 (the image) alone`
    case 'previous':
      return `inputs from 0 (the image) to ${last}, ascending, ${last} among them`
  }
}
