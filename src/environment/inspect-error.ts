/** What an inspection ended with, as one sentence that says where it stood and what to do. */
import { basename, dirname, isAbsolute, relative } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import type { ReadyEnvironment } from './environment.ts'
import type { InspectionMessage, InspectionProblem, InspectionRequest } from './inspection.ts'

/** Every end but an answer. */
export type FailedOutcome =
  | Extract<InspectionMessage, { kind: 'ended' | 'broken' }>
  | { readonly kind: 'unstarted' | 'timeout' | 'overflow' | 'aborted' }

interface Failed extends InspectionRequest {
  readonly environment: ReadyEnvironment
  readonly startSeconds: number
  /** The end of what was printed as errors. */
  readonly output: string
}

export function outcomeError(outcome: FailedOutcome, failed: Failed): ArchloomError {
  const { target, environment, output } = failed
  const module = moduleOf(target)
  const place = placeIn(output, failed)
  switch (outcome.kind) {
    case 'timeout':
      return new ArchloomError(
        'environment/inspection-timeout',
        `The import of ${module} was not done after ${failed.timeoutSeconds} s${at(place)}; let the module do its work in functions, or give it longer with --timeout`,
        { details: { target, seconds: failed.timeoutSeconds, ...place } },
      )
    case 'overflow':
      return new ArchloomError(
        'environment/inspection-failed',
        `The import of ${module} prints without end and was stopped; let the module print in functions only`,
        { details: { target } },
      )
    case 'ended': {
      const { status, signal } = outcome
      const how = signal === null ? `exit status ${status}` : signal
      return new ArchloomError(
        'environment/inspection-failed',
        `The import of ${module} ended its Python with ${how}${at(place)}; try it by hand: ${byHand(failed)}`,
        { details: { target, status, signal, ...place, output: lastLines(output) } },
      )
    }
    case 'broken':
      return new ArchloomError(
        'environment/inspection-failed',
        `The Python of the environment ${environment.name} could not be talked to: ${outcome.reason}; ${environment.mend.interpreter}`,
        { details: { target, output: lastLines(output) } },
      )
    case 'unstarted':
    case 'aborted':
      return new ArchloomError(
        'environment/inspection-failed',
        `The Python of the environment ${environment.name} did not start within ${failed.startSeconds} s; ${environment.mend.interpreter}`,
        { details: { target, output: lastLines(output) } },
      )
  }
}

export function problemError(
  { target }: InspectionRequest,
  problem: InspectionProblem,
): ArchloomError {
  const [module = '', name = ''] = target.split(':')
  const details = { target, ...problem }
  switch (problem.problem) {
    case 'no-module':
      return new ArchloomError(
        'environment/no-module',
        `There is no Python module ${problem.missing} in ${problem.searched.join(', ')} or among what is installed; correct the name, or name its folder with --python-path`,
        { details },
      )
    case 'no-function':
      return new ArchloomError(
        'environment/no-function',
        `The Python module ${module} has no ${name}; ${nearWords(problem)}`,
        { details },
      )
    case 'not-callable':
      return new ArchloomError(
        'environment/no-function',
        `In the Python module ${module}, ${name} is no function but of type ${problem.type}; ${nearWords({ ...problem, near: null })}`,
        { details },
      )
    case 'import-failed':
      return new ArchloomError(
        problem.missing === null ? 'environment/import-failed' : 'environment/missing-package',
        `The Python module ${module} cannot be imported: ${problem.error}${at(problem)}; ${problem.missing === null ? 'mend that line' : 'install the package in the environment, or name its folder with --python-path'}`,
        { details },
      )
    case 'exited':
      return new ArchloomError(
        'environment/import-failed',
        `The Python module ${module} ends the program when it is imported: ${problem.error}${at(problem)}; put that under if __name__ == "__main__"`,
        { details },
      )
  }
}

export function unreadableError(target: string, cause: unknown): ArchloomError {
  return new ArchloomError(
    'environment/inspection-failed',
    `What was said of ${target} cannot be read: its module meddles with the process that it is imported in; let it do so in functions only`,
    { details: { target }, cause },
  )
}

interface Place {
  readonly file?: string | null
  readonly line?: number | null
  readonly code?: string | null
}

/**
 * The innermost line of the user's in a traceback of Python's fault handler, which begins with the
 * innermost call.
 */
export function placeIn(output: string, { pythonPath }: Pick<Failed, 'pythonPath'>): Place {
  const start = Math.max(output.lastIndexOf('Fatal Python error'), output.lastIndexOf('Timeout ('))
  if (start < 0) return {}
  const places = [...output.slice(start).matchAll(/^ {2}File "(.+)", line (\d+) in /gm)].map(
    ([, file = '', line]) => ({ file, line: Number(line) }),
  )
  const own = places.find(
    ({ file }) =>
      isAbsolute(file) && pythonPath.some((folder) => !relative(folder, file).startsWith('..')),
  )
  return own ?? places.find(({ file }) => !isPythons(file)) ?? {}
}

function isPythons(file: string): boolean {
  return file.startsWith('<') || basename(dirname(file)) === 'inspection'
}

function at({ file, line, code }: Place): string {
  if (!file) return ''
  return ` at ${file}, line ${line}${code ? ` (${code})` : ''}`
}

function nearWords(found: { readonly near: string | null; readonly callables: string[] }): string {
  if (found.near !== null) return `did you mean ${found.near}?`
  if (found.callables.length === 0) return 'it defines no function'
  return `it defines ${found.callables.slice(0, 8).join(', ')}${found.callables.length > 8 ? ', …' : ''}`
}

function byHand({ environment, target }: Failed): string {
  return `${environment.command.join(' ')} -c "import ${moduleOf(target)}"`
}

function moduleOf(target: string): string {
  return target.split(':', 1)[0] ?? target
}

function lastLines(output: string): readonly string[] {
  return output.trim().split('\n').slice(-20)
}
