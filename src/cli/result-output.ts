import { duration, integer, percent, plural, points } from '#src/report/format.ts'
import { rangeWords, valueWords } from '#src/report/objective.ts'
import { type RunSummary, testFailureOf } from '#src/report/run-summary.ts'
import { simulatedWords } from '#src/report/simulation.ts'
import type { RunResult } from '#src/runner/result.ts'

/** What a person reads at the end of a run. */
export function resultLines(result: RunResult, summary: RunSummary, reportPath: string): string[] {
  const { best } = result
  if (best === null) {
    const { total, kept } = summary.failures
    return [
      `No trial of ${result.trials.ended} completed; ${plural(total, 'attempt')} failed, see the report`,
      ...kept
        .slice(0, 1)
        .map(
          ({ trial, failure }) => `First       trial ${trial}: ${failure.message.split('\n')[0]}`,
        ),
      `Report      ${reportPath}`,
    ]
  }
  return [
    `Best        ${best.architecture}`,
    `            trial ${best.trial} of ${result.trials.ended}${sizeWords(best.counts)}`,
    `${summary.simulation?.mark ? 'Told        ' : 'Validation  '}${objectiveWords(best.valAccuracy, summary)}${randomWords(best.valAccuracy, summary)}${markWords(summary)}`,
    ...testLines(best.testAccuracy, summary),
    `Searched    ${duration(result.budget.spent.seconds)}, ${integer(result.budget.spent.epochs)} epochs${simulatedClause(summary)}${failureWords(summary)}`,
    `Report      ${reportPath}`,
  ]
}

/** `99.41%`, `f1 99.41%`, or `rmse 0.169, 95.77% of the way from 4 to 0`. */
function objectiveWords(valAccuracy: number, { objective }: RunSummary): string {
  if (objective === null) return percent(valAccuracy)
  const range = rangeWords(objective)
  const place = range === '' ? '' : `, ${percent(valAccuracy)} of the way${range}`
  return `${objective.metric} ${valueWords(valAccuracy, objective)}${place}`
}

function testLines(testAccuracy: number | null, summary: RunSummary): string[] {
  if (testAccuracy !== null) {
    const value = valueWords(testAccuracy, summary.objective)
    return [`Test        ${value}, measured once, after the selection`]
  }
  const failure = testFailureOf(summary)
  return failure === null ? [] : [`Test        not measured: ${failure.message}`]
}

/** Whatever must be said of a search that was told test accuracies. */
function markWords({ simulation }: RunSummary): string {
  const mark = simulation?.mark ?? null
  return mark === null ? '' : `, ${mark}`
}

function simulatedClause(summary: RunSummary): string {
  const words = simulatedWords(summary)
  return words === null ? '' : `, ${words}`
}

function sizeWords(counts: NonNullable<RunResult['best']>['counts']): string {
  if (counts === null) return ''
  const { parameterCount, multiplyAdds } = counts
  const work = multiplyAdds === undefined ? '' : `, ${integer(multiplyAdds)} multiply-adds`
  return `, ${integer(parameterCount)} parameters${work}`
}

function randomWords(valAccuracy: number, { random }: RunSummary): string {
  if (random === null) return ''
  const gain = points(valAccuracy - random.medianValAccuracy)
  return `, ${gain} points over the median of ${random.count} random architectures`
}

function failureWords({ failures }: RunSummary): string {
  return failures.total === 0 ? '' : `, ${plural(failures.total, 'failed attempt')}`
}
