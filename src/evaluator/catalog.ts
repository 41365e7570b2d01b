import type { EvaluatorEntry } from './evaluator.ts'
import { lcbenchEntry } from './lcbench.ts'
import { pipelineEntry } from './pipeline.ts'
import { syntheticEntry } from './synthetic.ts'
import { tabularEntry } from './tabular.ts'
import { trainEntry } from './train.ts'

/** Every evaluator that ships; the only file that names them. */
export const evaluatorCatalog: readonly EvaluatorEntry[] = [
  trainEntry,
  pipelineEntry,
  tabularEntry,
  syntheticEntry,
  lcbenchEntry,
]
