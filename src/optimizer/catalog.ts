import type { OptimizerEntry } from './optimizer.ts'

/** Every optimizer that ships; the only file that names them. */
export const optimizerCatalog: readonly OptimizerEntry[] = []
