import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { troubleOfOne, watchTrouble } from '#src/evaluator/pipeline-trouble.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { Failure } from '#src/trial/record.ts'

const missing = { kind: 'internal', message: "No module named 'cv2'", traceback: '…' } as const

function watch() {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  return { trouble: watchTrouble('m:f', logger), lines }
}

const failure = (over: Partial<Failure> = {}) => new AttemptFailure({ ...missing, ...over })

describe('trouble with a pipeline', () => {
  it('ends the run when the first three trials fail for one reason, whatever their attempts', () => {
    const { trouble, lines } = watch()
    for (const trial of [0, 0, 0, 1, 1, 1]) {
      const error = failure()
      expect(trouble.failed(trial, error)).toBe(error)
    }
    const last = trouble.failed(2, failure())
    expect(last).toBeInstanceOf(ArchloomError)
    expect(last).toMatchObject({
      code: 'worker/task-failed',
      message:
        "m:f failed in the first 3 trials for one reason: No module named 'cv2'; mend it and resume the run",
    })
    expect(lines).toHaveLength(1)
  })

  it('is told apart by its reasons, each said once', () => {
    const { trouble, lines } = watch()
    for (const trial of [0, 1, 2, 3]) {
      const error = failure({ message: `width ${trial % 2}` })
      expect(trouble.failed(trial, error)).toBe(error)
    }
    expect(lines).toHaveLength(2)
  })

  it('is the fault of architectures once a call has worked', () => {
    const { trouble } = watch()
    trouble.worked()
    for (const trial of [0, 1, 2, 3]) {
      const error = failure()
      expect(trouble.failed(trial, error)).toBe(error)
    }
  })

  it.each([
    [{ kind: 'out_of_memory' }],
    [{ kind: 'diverged' }],
    [{ kind: 'timeout' }],
    // Raised by the function itself, since there is a traceback.
    [{ kind: 'invalid_task' }],
  ] as const)('goes on where it is %j, which an architecture may have caused', (over) => {
    const { trouble } = watch()
    for (const trial of [0, 1, 2, 3]) {
      const error = failure(over)
      expect(trouble.failed(trial, error)).toBe(error)
    }
  })

  const refused = () =>
    new AttemptFailure({ kind: 'invalid_task', message: 'm:f needs width, but the call gives C' })

  it('ends the run at once for a call that cannot be made at all', () => {
    const { trouble, lines } = watch()
    expect(trouble.failed(0, refused())).toMatchObject({
      code: 'worker/task-failed',
      message:
        'm:f cannot be used as it is: m:f needs width, but the call gives C; mend it and resume the run',
    })
    expect(lines).toHaveLength(1)
  })

  it('fails its trial alone where only some architectures cannot be called with', () => {
    const { trouble } = watch()
    trouble.worked()
    const error = refused()
    expect(trouble.failed(1, error)).toBe(error)
  })

  it('of the one call of a test ends the run where that cannot be made, and fails it otherwise', () => {
    expect(troubleOfOne('m:test', refused())).toMatchObject({
      code: 'worker/task-failed',
      message: expect.stringMatching(/^m:test cannot be used as it is: /),
    })
    const raised = failure()
    expect(troubleOfOne('m:test', raised)).toBe(raised)
  })

  it('is none where an attempt was cancelled, or something else broke', () => {
    const { trouble, lines } = watch()
    const broken = new Error('disk')
    expect(trouble.failed(0, broken)).toBe(broken)
    const cancelled = failure({ kind: 'cancelled' })
    for (const trial of [0, 1, 2]) expect(trouble.failed(trial, cancelled)).toBe(cancelled)
    expect(lines).toEqual([])
  })
})
