import { ArchloomError } from '#src/errors.ts'

export interface ErrorOutputOptions {
  /** One JSON document on stdout instead of a sentence on stderr. */
  readonly json: boolean
  /** The stack as well. */
  readonly verbose: boolean
}

/**
 * Says what went wrong and returns the exit status: that of the error's code, 70 for an error that
 * archloom did not foresee.
 */
export function reportError(error: unknown, { json, verbose }: ErrorOutputOptions): number {
  const known = error instanceof ArchloomError
  const message = error instanceof Error ? error.message : String(error)
  const code = known ? error.code : 'internal/invariant'
  const exitCode = known ? error.exitCode : 70
  if (json) {
    const details = known ? error.details : {}
    process.stdout.write(`${JSON.stringify({ error: { code, message, details } }, null, 2)}\n`)
  } else {
    process.stderr.write(`archloom: ${asTyped(message)}\n`)
  }
  if (verbose || !known) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      process.stderr.write(`${cause.stack ?? cause.message}\n`)
    }
  }
  return exitCode
}

/**
 * Names commands the way this person types them: a checkout has no `archloom` on its path, its
 * commands go through an npm script.
 */
function asTyped(message: string): string {
  const isScript = ['start', 'archloom'].includes(process.env.npm_lifecycle_event ?? '')
  if (!isScript) return message
  return message.replaceAll(
    /\barchloom (?=(run|resume|compare|replay|report|space|bench|env|workers?|inspect|init)\b)/g,
    'npm run -s archloom -- ',
  )
}
