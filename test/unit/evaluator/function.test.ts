import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import type { EvaluationRequest } from '#src/evaluator/evaluator.ts'
import { functionEvaluator, type MeasureFunctions } from '#src/evaluator/function.ts'
import { nasBench201, nasBench201Entry } from '#src/space/nas-bench-201/nas-bench-201.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { evaluatorContext } from '#test/fixtures/evaluator-context.ts'

const space = nasBench201(nasBench201Entry.settings.parse({}))
const architecture = '|none~0|+|none~0|skip_connect~1|+|nor_conv_3x3~0|none~1|none~2|'

function start<A>(functions: MeasureFunctions<A>) {
  const entry = functionEvaluator('mine', functions)
  return entry.start(entry.settings.parse({}), evaluatorContext(space))
}

function request(signal = new AbortController().signal): EvaluationRequest {
  const onProgress = () => {}
  return {
    trial: 3,
    attempt: 0,
    architecture,
    fidelity: { epochs: 4 },
    seed: '17',
    onProgress,
    signal,
  }
}

describe('an evaluator made from a function', () => {
  it('hands over the parsed architecture, the fidelity and the seed', async () => {
    const seen: unknown[] = []
    await using evaluator = await start({
      measure: ({ architecture: cell, text, fidelity, seed }) => {
        seen.push(cell, text, fidelity, seed)
        return { valAccuracy: 0.5 }
      },
    })
    await evaluator.evaluate(request())
    expect(seen).toEqual([space.parse(architecture), architecture, { epochs: 4 }, '17'])
  })

  it('takes a simulated cost, and carries a fingerprint that it declares', async () => {
    await using evaluator = await start({ measure: () => ({ valAccuracy: 0.5, costSeconds: 99 }) })
    const { cost, fingerprint, metrics } = await evaluator.evaluate(request())
    expect(cost).toEqual({ seconds: 99, epochs: 4 })
    expect(metrics).toEqual({ valAccuracy: 0.5 })
    expect(evaluator.fingerprints.has(fingerprint)).toBe(true)
  })

  it('has another fingerprint when the function is another', async () => {
    await using first = await start({ measure: () => ({ valAccuracy: 0.5 }) })
    await using second = await start({ measure: () => ({ valAccuracy: 0.25 }) })
    expect([...first.fingerprints.keys()]).not.toEqual([...second.fingerprints.keys()])
  })

  it('has a test split only when it is given one', async () => {
    await using without = await start({ measure: () => ({ valAccuracy: 0.5 }) })
    expect(without.test).toBeUndefined()
    await using having = await start({
      measure: () => ({ valAccuracy: 0.5 }),
      test: () => ({ testAccuracy: 0.4 }),
    })
    const result = await having.evaluate(request())
    const { onProgress: _, ...rest } = request()
    expect(await having.test?.({ ...rest, result })).toEqual({ testAccuracy: 0.4 })
  })

  it('turns an exception into a failed attempt with its stack', async () => {
    await using evaluator = await start({
      measure: () => {
        throw new Error('no luck')
      },
    })
    const error: unknown = await evaluator.evaluate(request()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AttemptFailure)
    expect((error as AttemptFailure).failure).toMatchObject({
      kind: 'internal',
      message: 'no luck',
    })
    expect((error as AttemptFailure).failure.traceback).toContain('function.test.ts')
  })

  it('calls an exception after an abort cancelled', async () => {
    const controller = new AbortController()
    await using evaluator = await start({
      measure: ({ signal }) => {
        controller.abort()
        signal.throwIfAborted()
        return { valAccuracy: 1 }
      },
    })
    await expect(evaluator.evaluate(request(controller.signal))).rejects.toMatchObject({
      failure: { kind: 'cancelled' },
    })
  })

  it.each([
    [{ valAccuracy: 93 }],
    [{ accuracy: 0.9 }],
    [{ valAccuracy: 0.9, testAccuracy: 0.9 }],
    [{ valAccuracy: Number.NaN }],
  ])('refuses the metrics %j, naming the evaluator', async (metrics) => {
    await using evaluator = await start({ measure: () => metrics as { valAccuracy: number } })
    const error: unknown = await evaluator.evaluate(request()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ArchloomError)
    expect((error as ArchloomError).message).toContain('Evaluator "mine" must return metrics')
  })
})
