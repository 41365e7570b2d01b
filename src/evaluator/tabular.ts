/** Looks results up in an imported benchmark; the time of training is simulated. */
import { z } from 'zod'
import { ObjectiveChoice } from '#src/benchmark/objective.ts'
import { openBenchmark } from '#src/benchmark/open-benchmark.ts'
import { tableObjective } from '#src/benchmark/table-objective.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { EvaluatorEntry } from './evaluator.ts'
import { simulatedEvaluator, simulationSettings } from './simulated.ts'

const Settings = z.strictObject({
  /** A name that `archloom bench list` shows, or the path of an imported file. */
  benchmark: z.string().min(1),
  /** Where imported benchmarks lie, before the usual places; null for the usual places alone. */
  benchmarkFolder: z.string().min(1).nullable().default(null),
  ...ObjectiveChoice.shape,
  ...simulationSettings,
})
type Settings = z.infer<typeof Settings>

export const tabularEntry: EvaluatorEntry<typeof Settings> = {
  name: 'tabular',
  summary: 'Looks results up in a table of trained networks, on a simulated clock',
  settings: Settings,
  hasTest: ({ report }) => report !== null,
  objective: async (settings, space) => open(settings, space),
  async start(settings, context) {
    const objective = open(settings, context.space)
    try {
      return simulatedEvaluator('tabular', objective, settings.workers, context)
    } catch (error) {
      objective[Symbol.dispose]()
      throw error
    }
  },
}

function open(
  { benchmark: name, benchmarkFolder, workers: _, ...choice }: Settings,
  space: SearchSpace,
) {
  const benchmark = openBenchmark(name, benchmarkFolder ?? undefined)
  try {
    return tableObjective(benchmark, space, choice)
  } catch (error) {
    benchmark[Symbol.dispose]()
    throw error
  }
}
