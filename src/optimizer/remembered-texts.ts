import type { SearchSpace } from '#src/space/space.ts'

/**
 * What is made of a text, remembered for the texts of late: parents have many children, and a network
 * that is drawn again is known again.
 *
 * @remarks What it gives is always what `make` makes of the text, so that a lost memory changes nothing.
 * @param keptMax - the weight of what is remembered at most
 * @param weigh - the weight of what was made; without it, all have 1
 */
export function rememberTexts<T, Given>(
  keptMax: number,
  make: (text: string, given: Given) => T,
  weigh?: (made: T) => number,
): (text: string, given: Given) => T {
  let late = new Map<string, T>()
  let before = new Map<string, T>()
  let lateWeight = 0
  return (text, given) => {
    const known = late.get(text)
    if (known !== undefined) return known
    const made = before.get(text) ?? make(text, given)
    if (lateWeight >= keptMax / 2) {
      before = late
      late = new Map()
      lateWeight = 0
    }
    late.set(text, made)
    lateWeight += weigh === undefined ? 1 : weigh(made)
    return made
  }
}

/** More than the parents that a method has at a time. */
const parsedMax = 1024

/** Reads texts of a space, those of late without parsing them again. */
export function parsedTexts(space: SearchSpace): (text: string) => unknown {
  const parsed = rememberTexts(parsedMax, (text, _: undefined) => space.parse(text))
  return (text) => parsed(text, undefined)
}

/** More than the networks of a small space: some ten megabytes. */
const formsMax = 65_536

/**
 * Canonical forms of texts.
 *
 * @returns the form of a text, given what it stands for where that is at hand
 */
export function formsByText(space: SearchSpace): (text: string, architecture?: unknown) => string {
  const forms = rememberTexts(formsMax, (text, architecture: unknown) =>
    space.canonical(architecture ?? space.parse(text)),
  )
  return (text, architecture) => forms(text, architecture)
}
