/** Learning curves of perceptrons on tabular tasks, from a surrogate. */
import { LcbenchChoice, lcbenchObjective } from '#src/benchmark/lcbench/lcbench-objective.ts'
import type { EvaluatorEntry } from './evaluator.ts'
import { simulatedEvaluator, simulationSettings } from './simulated.ts'

const Settings = LcbenchChoice.extend(simulationSettings)

export const lcbenchEntry: EvaluatorEntry<typeof Settings> = {
  name: 'lcbench',
  summary: "Asks YAHPO Gym's surrogate of LCBench for learning curves, on a simulated clock",
  settings: Settings,
  hasTest: () => true,
  objective: async ({ workers: _, ...choice }, space) => lcbenchObjective(choice, space),
  start: async ({ workers, ...choice }, context) =>
    simulatedEvaluator('lcbench', lcbenchObjective(choice, context.space), workers, context),
}
