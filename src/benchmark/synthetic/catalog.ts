import { branin } from './branin.ts'
import { countingOnes } from './counting-ones.ts'
import { hartmann3, hartmann6 } from './hartmann.ts'
import type { SyntheticFunction } from './synthetic-function.ts'

/** Every test function that ships; the only file that names them. */
export const syntheticCatalog: readonly SyntheticFunction[] = [
  branin,
  hartmann3,
  hartmann6,
  countingOnes,
]
