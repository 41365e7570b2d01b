/**
 * From what a pipeline returns and reports to what archloom keeps. Pure. Only metrics that the
 * experiment names are read; whatever else a pipeline returns, test metrics among it, is dropped before
 * anything can see it.
 */
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { KnownPoint, Metrics, TestMetrics } from '#src/trial/metrics.ts'

/** A metric's name as the pipeline spells it; one that speaks of the test split is refused. */
const ValidationMetric = z
  .string()
  .min(1)
  .refine((name) => !isTestName(name), {
    message:
      'a metric of validation data, since a search may see that alone (put a test metric under evaluator.test)',
  })

/** What the search maximizes or minimizes. */
export const ObjectiveMetric = z
  .strictObject({
    metric: ValidationMetric,
    goal: z.enum(['maximize', 'minimize']).default('maximize'),
    /**
     * The worst and the best that it can be, in either order: 0 and 1 for an accuracy. Values are laid
     * out between them, so that every report can speak of shares.
     */
    range: z.tuple([z.number(), z.number()]).default([0, 1]),
  })
  .refine(({ range: [a, b] }) => a !== b, {
    path: ['range'],
    message: 'needs two different ends',
  })
export type ObjectiveMetric = z.infer<typeof ObjectiveMetric>

/** Short for a share that is to be as high as possible. */
export const ObjectiveSetting = z
  .union([ValidationMetric.transform((metric) => ({ metric })), ObjectiveMetric])
  .pipe(ObjectiveMetric)

/** What else is kept where the pipeline tells it, by the pipeline's own names. */
export const OtherMetrics = z.strictObject({
  valLoss: ValidationMetric.nullable().default(null),
  /** A share from 0 to 1. */
  trainAccuracy: ValidationMetric.nullable().default(null),
  trainLoss: ValidationMetric.nullable().default(null),
  learningRate: ValidationMetric.nullable().default(null),
})
export type OtherMetrics = z.infer<typeof OtherMetrics>

export interface MetricNames {
  readonly objective: ObjectiveMetric
  readonly others: OtherMetrics
}

/** Whether a name speaks of the test split: `test_accuracy`, `accTest`, `test/loss`. */
export function isTestName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/)
  return words.some((word) => /^test(s|ing|set)?$/i.test(word))
}

/**
 * The validation metrics of what a pipeline returned: a dict, or a lone number for the objective.
 *
 * @param where - the function, for messages
 * @throws config/invalid when the objective is not there, is no number, or is better than its range
 */
export function metricsOf(
  output: Json,
  { objective, others }: MetricNames,
  where: string,
): Metrics {
  const found = valuesOf(output, objective.metric)
  const value = numberIn(found, objective.metric)
  if (value === null) {
    throw new ArchloomError(
      'config/invalid',
      `${where} must return its objective as a number under ${JSON.stringify(objective.metric)}, but ${returned(output)}; return it, or mend the name in evaluator.objective`,
      { details: { function: where, metric: objective.metric } },
    )
  }
  const loss = others.valLoss === null ? null : numberIn(found, others.valLoss)
  const valLoss = loss ?? (objective.goal === 'minimize' ? value : null)
  return {
    valAccuracy: shareOf(value, objective, where),
    ...(valLoss !== null && { valLoss }),
    ...trainingOf(found, others),
  }
}

/**
 * The test metrics of what a pipeline returned, on the scale of the objective.
 *
 * @throws AttemptFailure of kind `invalid_task` when the metric is not there
 */
export function testMetricsOf(
  output: Json,
  { metric, objective }: { readonly metric: string; readonly objective: ObjectiveMetric },
  where: string,
): TestMetrics {
  const value = numberIn(valuesOf(output, metric), metric)
  if (value === null) {
    throw new AttemptFailure({
      kind: 'invalid_task',
      message: `${where} must return the test metric as a number under ${JSON.stringify(metric)}, but ${returned(output)}; mend the name in evaluator.test`,
    })
  }
  return {
    testAccuracy: clamp(place(value, objective)),
    ...(objective.goal === 'minimize' && { testLoss: value }),
  }
}

/**
 * A report as a point of the learning curve; null for one without a step from 1 on, or without the
 * objective.
 */
export function pointOf(
  report: Readonly<Record<string, Json>>,
  { objective, others }: MetricNames,
  seconds: number,
): KnownPoint | null {
  const { step } = report
  const value = numberIn(report, objective.metric)
  if (typeof step !== 'number' || !Number.isInteger(step) || step < 1 || value === null) return null
  const valLoss = others.valLoss === null ? null : numberIn(report, others.valLoss)
  const rate = others.learningRate === null ? null : numberIn(report, others.learningRate)
  return {
    epoch: step,
    valAccuracy: clamp(place(value, objective)),
    seconds,
    ...(valLoss !== null && { valLoss }),
    ...(rate !== null && rate >= 0 && { learningRate: rate }),
    ...trainingOf(report, others),
  }
}

type Values = Readonly<Record<string, Json>>

function valuesOf(output: Json, lone: string): Values {
  if (typeof output === 'number') return { [lone]: output }
  const isDict = typeof output === 'object' && output !== null && !Array.isArray(output)
  return isDict ? (output as Values) : {}
}

function numberIn(values: Values, name: string): number | null {
  const value = Object.hasOwn(values, name) ? values[name] : null
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function trainingOf(
  values: Values,
  { trainAccuracy, trainLoss }: OtherMetrics,
): Pick<Metrics, 'trainAccuracy' | 'trainLoss'> {
  const accuracy = trainAccuracy === null ? null : numberIn(values, trainAccuracy)
  const loss = trainLoss === null ? null : numberIn(values, trainLoss)
  return {
    ...(accuracy !== null && accuracy === clamp(accuracy) && { trainAccuracy: accuracy }),
    ...(loss !== null && { trainLoss: loss }),
  }
}

/** Rounding of sums and means, relative to the range: no metric is told apart by less. */
const roundingShare = 1e-6

/** Worse than the range is as bad as it gets; better would make the best ones equal, so it is refused. */
function shareOf(value: number, objective: ObjectiveMetric, where: string): number {
  const share = place(value, objective)
  if (share <= 1 + roundingShare) return clamp(share)
  const [worst, best] = ends(objective)
  throw new ArchloomError(
    'config/invalid',
    `${where} returned ${objective.metric} = ${value}, which is better than the best of its range (worst ${worst}, best ${best}); widen evaluator.objective.range, or mend its goal, ${objective.goal}`,
    { details: { function: where, metric: objective.metric, value } },
  )
}

/** 0 at the worst end of the range, 1 at the best. */
function place(value: number, objective: ObjectiveMetric): number {
  const [worst, best] = ends(objective)
  return (value - worst) / (best - worst)
}

function ends({ goal, range: [a, b] }: ObjectiveMetric): [worst: number, best: number] {
  const [low, high] = a < b ? [a, b] : [b, a]
  return goal === 'maximize' ? [low, high] : [high, low]
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

/** What came instead, without a value: names alone, of test metrics, too, tell nothing. */
function returned(output: Json): string {
  const names = Object.keys(valuesOf(output, 'a number'))
  if (names.length > 0) return `returned ${names.map((name) => JSON.stringify(name)).join(', ')}`
  return output === null ? 'returned nothing' : 'returned no dict of numbers'
}
