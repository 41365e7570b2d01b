import type { SearchSpace } from '#src/space/space.ts'

/** Texts kept; more than the parents that a method has at a time. */
const keptMax = 1024

/**
 * Reads texts of a space, those of late without parsing them again: parents have many children.
 *
 * @remarks What it gives is always what `parse` made of the text, so that a cache that is lost changes nothing.
 */
export function parsedTexts(space: SearchSpace): (text: string) => unknown {
  let late = new Map<string, unknown>()
  let before = new Map<string, unknown>()
  return (text) => {
    const known = late.get(text)
    if (known !== undefined) return known
    const architecture = before.get(text) ?? space.parse(text)
    if (late.size >= keptMax / 2) {
      before = late
      late = new Map()
    }
    late.set(text, architecture)
    return architecture
  }
}
