/** What optimizers make of texts again and again: parents have many children, and networks come again. */
import { lateMemory } from '#src/encoding/late-memory.ts'
import type { SearchSpace } from '#src/space/space.ts'

/** More than the parents that a method has at a time. */
const parsedMax = 1024

/** Reads texts of a space, those of late without parsing them again. */
export function parsedTexts(space: SearchSpace): (text: string) => unknown {
  const parsed = lateMemory(parsedMax, (text: string) => space.parse(text))
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
  const forms = lateMemory(formsMax, (text: string, architecture: unknown) =>
    space.canonical(architecture ?? space.parse(text)),
  )
  return (text, architecture) => forms(text, architecture)
}
