/** What the end of a worker's process means, in words and as an error. Pure. */
import { ArchloomError } from '#src/errors.ts'
import type { PoolRules, WorkerExit } from './pool-state.ts'

/** The worker's own exit status for a trouble that it explains in its last line. */
const explainedStatus = 3

/** What the system says of a program that is not there or is none. */
const missingFile = ['ENOENT', 'ENOTDIR', 'EACCES']

/** `ended with exit code 1: RuntimeError: …`, for the middle of a sentence. */
export function describeExit(exit: WorkerExit): string {
  const last = exit.tail.findLast((line) => line.trim() !== '')
  const said = last === undefined ? '' : `: ${withoutPeriod(last.trim())}`
  if (exit.spawnError !== null) return `could not be started (${exit.spawnError})`
  if (exit.signal === 'SIGKILL') {
    return `was killed with SIGKILL, by someone or by the kernel for want of memory${said}`
  }
  if (exit.signal !== null) return `was ended by ${exit.signal}${said}`
  return `ended with exit code ${exit.code}${said}`
}

/** The error of a worker that ended before it said hello, and whether another start may help. */
export interface StartTrouble {
  readonly error: ArchloomError
  readonly final: boolean
}

export function explainFailedStart(
  worker: string,
  exit: WorkerExit,
  rules: PoolRules,
): StartTrouble {
  const details = { worker, output: exit.tail }
  if (exit.spawnError !== null && missingFile.includes(exit.spawnError)) {
    const error = new ArchloomError(
      'environment/missing-python',
      `The Python of the environment ${rules.environment} ${describeExit(exit)}; ${rules.environmentMend.interpreter}`,
      { details },
    )
    return { error, final: true }
  }
  const missing = missingModule(exit.tail)
  if (missing !== null) {
    const error = new ArchloomError(
      'environment/missing-package',
      `The environment ${rules.environment} lacks the package ${missing}, or holds a broken one; ${rules.environmentMend.packages}`,
      { details: { ...details, package: missing } },
    )
    return { error, final: true }
  }
  if (exit.code === explainedStatus) {
    const reason = exit.tail.findLast((line) => line.trim() !== '') ?? 'it did not say why'
    const isDevice = reason.startsWith('Device ')
    const code = isDevice ? 'environment/no-device' : 'worker/would-not-start'
    const error = new ArchloomError(
      code,
      `Worker ${worker} would not start: ${withoutPeriod(reason.trim())}`,
      { details },
    )
    return { error, final: true }
  }
  const error = new ArchloomError(
    'worker/would-not-start',
    `Worker ${worker} ${describeExit(exit)}, before it was ready; look for the trouble with: archloom env doctor`,
    { details },
  )
  return { error, final: exit.code === 2 }
}

/** The top-level package that an import failed for; null when none did. */
function missingModule(tail: readonly string[]): string | null {
  for (const line of tail.toReversed()) {
    const found =
      /^ModuleNotFoundError: No module named '([^']+)'/.exec(line) ??
      /^ImportError: cannot import name '[^']*' from '([^']+)'/.exec(line)
    if (found?.[1] !== undefined) return found[1].split('.', 1)[0] ?? found[1]
  }
  return null
}

function withoutPeriod(sentence: string): string {
  return sentence.endsWith('.') ? sentence.slice(0, -1) : sentence
}
