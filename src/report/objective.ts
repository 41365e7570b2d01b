/** The objective of a user's own pipeline: by its own name, and on its own scale. */
import { z } from 'zod'
import { percent } from './format.ts'

/** What shares of the range stand for: 0 is `worst`, 1 is `best`. */
export interface ObjectiveSummary {
  /** As the pipeline spells it. */
  readonly metric: string
  readonly worst: number
  readonly best: number
}

/** Loose, since it reads what any version of archloom has written. */
const Document = z.looseObject({
  evaluator: z.looseObject({
    name: z.literal('pipeline'),
    objective: z.looseObject({
      metric: z.string(),
      goal: z.enum(['maximize', 'minimize']),
      range: z.tuple([z.number(), z.number()]),
    }),
  }),
})

/** Null for every evaluator whose objective is an accuracy. */
export function objectiveOf(document: unknown): ObjectiveSummary | null {
  const { data } = Document.safeParse(document)
  if (data === undefined) return null
  const { metric, goal, range } = data.evaluator.objective
  const [low, high] = [Math.min(...range), Math.max(...range)]
  return goal === 'maximize'
    ? { metric, worst: low, best: high }
    : { metric, worst: high, best: low }
}

/** A share as a person reads it: percent, or the value that it stands for in its range. */
export function valueWords(share: number, objective: ObjectiveSummary | null): string {
  if (objective === null || isShare(objective)) return percent(share)
  const { worst, best } = objective
  return String(Number((worst + share * (best - worst)).toPrecision(4)))
}

/** ` from 4 to 0`, for axes in percent of a range; empty where percent says it all. */
export function rangeWords(objective: ObjectiveSummary): string {
  return isShare(objective) ? '' : ` from ${objective.worst} to ${objective.best}`
}

function isShare({ worst, best }: ObjectiveSummary): boolean {
  return worst === 0 && best === 1
}
