import type { EvaluatorEntry } from './evaluator.ts'

/** Every evaluator that ships; the only file that names them. */
export const evaluatorCatalog: readonly EvaluatorEntry[] = []
