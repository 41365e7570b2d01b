/**
 * The user's own measurement, written as a TypeScript function. Runs in this process, so it suits
 * tables, formulas and calls to services; PyTorch training belongs to the `train` evaluator.
 */
import { z } from 'zod'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { systemClock } from '#src/time/clock.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import { Metrics, TestMetrics } from '#src/trial/metrics.ts'
import type { Evaluator, EvaluatorContext, EvaluatorEntry } from './evaluator.ts'

/** What the function is told of one architecture. */
export interface Measurement<A = unknown> {
  readonly architecture: A
  /** The space's text form. */
  readonly text: string
  readonly space: SearchSpace<A>
  readonly fidelity: Fidelity
  /** Decimal string; draw everything random from it. */
  readonly seed: string
  readonly signal: AbortSignal
}

export type Measured = Metrics & {
  /** Simulated seconds; the wall-clock time of the call when left out. */
  readonly costSeconds?: number
}

export interface MeasureFunctions<A> {
  /** Validation metrics of one architecture. */
  readonly measure: (measurement: Measurement<A>) => Promise<Measured> | Measured
  /** The test split, called once, for the selected architecture. */
  readonly test?: (measurement: Measurement<A>) => Promise<TestMetrics> | TestMetrics
  readonly summary?: string
}

const Settings = z.strictObject({
  /** Calls under way at once. */
  slots: z.int().min(1).default(1),
})

/**
 * Makes a catalog entry from a function, to be listed under `extensions.evaluators`.
 *
 * @param name - how the experiment document calls it
 * @remarks
 * The fingerprint is the hash of the functions' source text and the Node version. What the
 * functions close over is not seen: pass what matters through the space and the seed. A function
 * that throws fails its trial's attempt, with the stack in the journal.
 *
 * @example
 * const table = functionEvaluator('my-table', {
 *   measure: ({ text }) => ({ valAccuracy: accuracies[text] }),
 * })
 */
export function functionEvaluator<A = unknown>(
  name: string,
  functions: MeasureFunctions<A>,
): EvaluatorEntry<typeof Settings> {
  return {
    name,
    summary: functions.summary ?? 'A function of your own',
    settings: Settings,
    hasTest: () => functions.test !== undefined,
    start: async ({ slots }, context) => startFunctions(name, functions, slots, context),
  }
}

function startFunctions<A>(
  name: string,
  { measure, test }: MeasureFunctions<A>,
  slots: number,
  context: EvaluatorContext,
): Evaluator {
  const fingerprint = {
    node: process.version,
    measure: sha256(measure.toString()),
    test: test ? sha256(test.toString()) : null,
  }
  const hash = contentHash(fingerprint)
  const clock = systemClock()
  const space = context.space as SearchSpace<A>
  const measurementOf = (
    request: Omit<Measurement<A>, 'architecture' | 'text' | 'space'> & {
      readonly architecture: string
    },
  ) => ({
    architecture: space.parse(request.architecture),
    text: request.architecture,
    space,
    fidelity: request.fidelity,
    seed: request.seed,
    signal: request.signal,
  })
  return {
    name,
    slots,
    fingerprints: new Map([[hash, fingerprint]]),
    async evaluate(request) {
      const startMs = clock.monotonicMs()
      const measured = await attempt(() => measure(measurementOf(request)), request.signal)
      const { costSeconds, ...metrics } = measured
      const seconds = costSeconds ?? (clock.monotonicMs() - startMs) / 1000
      return {
        metrics: checked(Metrics, metrics, name),
        cost: { seconds, epochs: request.fidelity.epochs },
        curve: [],
        fingerprint: hash,
      }
    },
    ...(test && {
      async test(request) {
        const metrics = await attempt(() => test(measurementOf(request)), request.signal)
        return checked(TestMetrics, metrics, name)
      },
    }),
    async [Symbol.asyncDispose]() {},
  }
}

/** Turns what the user's function throws into a failed attempt. */
async function attempt<T>(call: () => Promise<T> | T, signal: AbortSignal): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof AttemptFailure || error instanceof ArchloomError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new AttemptFailure({
      kind: signal.aborted ? 'cancelled' : 'internal',
      message,
      ...(error instanceof Error && error.stack !== undefined && { traceback: error.stack }),
    })
  }
}

function checked<S extends z.ZodType>(schema: S, metrics: unknown, name: string): z.infer<S> {
  const parsed = schema.safeParse(metrics)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ArchloomError(
    'config/invalid',
    `Evaluator "${name}" must return metrics such as { valAccuracy: 0.93 }, found ${JSON.stringify(metrics)}: ${issue?.path.join('.')} ${issue?.message}`,
  )
}
