import { ArchloomError } from '#src/errors.ts'

/** The error that the action ends with; fails the test when it ends well or with another class. */
export function errorOf(action: () => unknown): ArchloomError {
  try {
    action()
  } catch (error) {
    if (error instanceof ArchloomError) return error
    throw error
  }
  throw new Error('Expected an ArchloomError, but nothing was thrown')
}
