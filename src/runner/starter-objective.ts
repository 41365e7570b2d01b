/** Which metric a search should begin with, by what a function returns. Pure. */
import type { InspectedFunction } from '#src/environment/inspection.ts'
import { isTestName } from '#src/evaluator/pipeline-metrics.ts'
import { yamlLine } from './yaml-line.ts'

export interface StarterObjective {
  /** Of the evaluator `pipeline`. */
  readonly lines: readonly string[]
  /** What a person has to look at; clauses. */
  readonly notes: readonly string[]
}

/** Shares of which more is better. */
const shares = /acc|f1|auc|precision|recall|score|iou|dice/i
const losses = /loss|error|err$|mse|mae|perplexity/i

export function starterObjective({ returnedKeys }: InspectedFunction): StarterObjective {
  const names = returnedKeys.filter((name) => !isTestName(name))
  const validated = [...names.filter((name) => /val/i.test(name)), ...names]
  const share = validated.find((name) => shares.test(name))
  const loss = validated.find((name) => losses.test(name))
  const test = returnedKeys.find((name) => isTestName(name) && shares.test(name) === !!share)
  const testLines = test === undefined ? [] : [`test: ${yamlLine(test)}`]
  if (share !== undefined) {
    return { lines: [`objective: ${yamlLine(share)}`, ...testLines], notes: [] }
  }
  const metric = loss ?? validated[0] ?? 'val_accuracy'
  const settings = {
    metric,
    goal: loss === undefined ? 'maximize' : 'minimize',
    range: [0, loss === undefined ? 1 : 10],
  }
  return {
    lines: [
      '# A guess: which metric, and the worst and best that it can be.',
      `objective: ${yamlLine(settings)}`,
      ...testLines,
    ],
    notes: [
      'evaluator.objective is a guess: name the metric that the function returns, and its range',
    ],
  }
}
