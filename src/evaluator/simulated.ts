/**
 * Runs a search on an objective: results are there at once, and arrive in the order in which simulated
 * workers would have brought them.
 */
import { z } from 'zod'
import { type Objective, refuseBudget } from '#src/benchmark/objective.ts'
import { contentHash } from '#src/encoding/hash.ts'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import type { Simulation } from '#src/trial/simulation.ts'
import type { EvaluationRequest, Evaluator, EvaluatorContext } from './evaluator.ts'

/** Settings that every such evaluator has. */
export const simulationSettings = {
  /** Simulated workers: trials under way at once, as far as `visibility.window` allows them. */
  workers: z.int().min(1).default(1),
}

/**
 * The evaluator of an objective, which it disposes at its end.
 *
 * @remarks
 * Costs are simulated seconds. In `ordered` visibility nothing depends on the order of arrival; in
 * `arrival` it is that of the simulated ends, equal ones by trial, unless the run was interrupted:
 * what was under way then starts anew.
 *
 * @throws benchmark/no-metric when the fidelity is none of the objective's budgets;
 *   config/incompatible for a budget of costs that the benchmark does not know
 */
export function simulatedEvaluator(
  name: string,
  objective: Objective,
  workers: number,
  context: Pick<EvaluatorContext, 'fidelity' | 'countsCost'>,
): Evaluator {
  check(objective, context)
  const fingerprint = fingerprintOf(objective, workers)
  const hash = contentHash(fingerprint)
  const arrivals = simulatedArrivals()
  return {
    name,
    slots: workers,
    fingerprints: new Map([[hash, fingerprint]]),
    async evaluate(request) {
      const { architecture, fidelity, seed } = request
      const result = objective.measure(architecture, fidelity, seed)
      await arrivals.arrive(request, result)
      return { ...result, fingerprint: hash }
    },
    moveOn: arrivals.moveOn,
    ...(objective.hasTest && {
      test: async ({ architecture }) => ({ testAccuracy: objective.testAccuracy(architecture) }),
    }),
    async [Symbol.asyncDispose]() {
      objective[Symbol.dispose]()
    },
  }
}

function check(
  { name, budgets, hasSeconds }: Objective,
  { fidelity, countsCost }: Pick<EvaluatorContext, 'fidelity' | 'countsCost'>,
): void {
  if (!budgets.includes(fidelity.epochs)) refuseBudget(name, budgets, fidelity.epochs)
  if (!countsCost || hasSeconds) return
  throw new ArchloomError(
    'config/incompatible',
    `The benchmark ${name} does not know how long trainings take, so budget.costSeconds would never be spent; limit budget.trials or budget.epochs instead`,
    { details: { benchmark: name } },
  )
}

/** What results depend on, and how their time is simulated. */
function fingerprintOf(objective: Objective, workers: number): Json {
  const { description, hasSeconds, mark } = objective
  const simulation: Simulation = { description, workers, hasSeconds, mark }
  const facts = objective.fingerprint
  const named = typeof facts === 'object' && facts !== null && !Array.isArray(facts)
  return { ...(named ? facts : { objective: facts }), simulation }
}

interface Waiting {
  readonly trial: number
  readonly endSeconds: number
  readonly settle: () => void
}

/** Lets results go one by one, the simulated clock moving on to the end of each. */
function simulatedArrivals() {
  const waiting: Waiting[] = []
  let nowSeconds = 0
  return {
    moveOn(): void {
      const next = takeFirst(waiting)
      if (!next) return
      nowSeconds = Math.max(nowSeconds, next.endSeconds)
      next.settle()
    },
    /**
     * Resolves when the trial ends on the simulated clock.
     * @throws AttemptFailure of kind `cancelled` as soon as the run stops
     */
    async arrive({ trial, signal }: EvaluationRequest, { cost }: EvaluationResult): Promise<void> {
      const { promise, resolve: settle } = Promise.withResolvers<void>()
      waiting.push({ trial, endSeconds: nowSeconds + cost.seconds, settle })
      const onAbort = () => settle()
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) settle()
      await promise
      signal.removeEventListener('abort', onAbort)
      if (!signal.aborted) return
      throw new AttemptFailure({ kind: 'cancelled', message: 'The run was interrupted' })
    },
  }
}

/** Removes the one that ends first, of equal ones the one with the lowest trial. */
function takeFirst(waiting: Waiting[]): Waiting | undefined {
  const [first, ...others] = waiting
  if (!first) return undefined
  const next = others.reduce((best, other) => {
    const earlier =
      other.endSeconds < best.endSeconds ||
      (other.endSeconds === best.endSeconds && other.trial < best.trial)
    return earlier ? other : best
  }, first)
  waiting.splice(waiting.indexOf(next), 1)
  return next
}
