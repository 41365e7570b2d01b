/** What a check of an environment found, and what to do about it. */
import { ArchloomError } from '#src/errors.ts'

export interface Finding {
  readonly check: string
  readonly status: 'fine' | 'problem'
  /** What was seen. */
  readonly found: string
  /** What to do; null when all is fine. */
  readonly mend: string | null
}

export function fine(check: string, found: string): Finding {
  return { check, status: 'fine', found, mend: null }
}

export function problem(check: string, found: string, mend: string): Finding {
  return { check, status: 'problem', found, mend }
}

/** What a promise gives as a finding, or the error that it ends with. */
export async function settle<T>(
  check: string,
  promise: Promise<T>,
  found: (value: T) => Finding,
): Promise<Finding> {
  try {
    return found(await promise)
  } catch (error) {
    return errorFinding(check, error)
  }
}

/** @throws whatever is no error that a person can act on */
export function errorFinding(check: string, error: unknown): Finding {
  if (!(error instanceof ArchloomError)) throw error
  // The sentence reads: what was found; what to do.
  const [found = '', ...mend] = error.message.split('; ')
  return problem(check, found, mend.join('; '))
}
