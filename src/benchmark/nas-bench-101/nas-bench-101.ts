import type { BenchmarkFormat } from '../benchmark.ts'
import { isFile, startOf } from '../source-file.ts'
import { readRecords } from './records.ts'
import { findSheet101, readSheet101 } from './sheet.ts'
import { startsRecords } from './tfrecord.ts'

/** @see Ying et al. 2019, "NAS-Bench-101"; google-research/nasbench. */
export const nasBench101: BenchmarkFormat = {
  name: 'nas-bench-101',
  summary:
    'nasbench_full.tfrecord or nasbench_only108.tfrecord, or the folder of the compact sheet (cells.csv.gz, hashes.bin)',
  source: 'Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search"',
  async recognizes(path) {
    if ((await findSheet101(path)) !== null) return true
    if (!(await isFile(path))) return false
    return /\.tfrecord(\.gz)?$/.test(path) || startsRecords((await startOf(path, 12)).start)
  },
  async read(path, context) {
    const sheet = await findSheet101(path)
    return sheet === null ? readRecords(path, context) : readSheet101(sheet, context)
  },
}
