import type { BenchmarkFormat } from './benchmark.ts'
import { nasBench101 } from './nas-bench-101/nas-bench-101.ts'
import { nasBench201 } from './nas-bench-201/nas-bench-201.ts'
import { nasBenchMacro } from './nas-bench-macro/nas-bench-macro.ts'
import { ownTable } from './own-table/own-table.ts'

/** Every format that can be imported; the only file that names them. */
export const benchmarkFormats: readonly BenchmarkFormat[] = [
  nasBench101,
  nasBench201,
  nasBenchMacro,
  ownTable,
]
