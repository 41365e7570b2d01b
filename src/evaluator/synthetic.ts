/** Test functions with a known optimum, in place of trainings. */
import {
  SyntheticChoice,
  syntheticObjective,
} from '#src/benchmark/synthetic/synthetic-objective.ts'
import type { EvaluatorEntry } from './evaluator.ts'
import { simulatedEvaluator, simulationSettings } from './simulated.ts'

const Settings = SyntheticChoice.extend(simulationSettings)

export const syntheticEntry: EvaluatorEntry<typeof Settings> = {
  name: 'synthetic',
  summary: 'Computes a test function whose optimum is known, on a simulated clock',
  settings: Settings,
  hasTest: () => true,
  objective: async ({ workers: _, ...choice }, space) => syntheticObjective(choice, space),
  start: async ({ workers, ...choice }, context) =>
    simulatedEvaluator('synthetic', syntheticObjective(choice, context.space), workers, context),
}
