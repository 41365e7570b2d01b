import type { BenchmarkFormat } from '../benchmark.ts'
import { isNatsFolder, readNatsFolder } from './nats-bench.ts'
import { isSheet201, readSheet201 } from './sheet.ts'

/** @see Dong and Yang 2020, "NAS-Bench-201"; Dong et al. 2021, "NATS-Bench"; D-X-Y/NATS-Bench. */
export const nasBench201: BenchmarkFormat = {
  name: 'nas-bench-201',
  summary:
    'the unpacked folder NATS-tss-v1_0-…-simple (pickle.pbz2 files), or the compact sheet nas-bench-201.csv.gz',
  source: 'Dong and Yang 2020, "NAS-Bench-201"; Dong et al. 2021, "NATS-Bench"',
  recognizes: async (path) => (await isNatsFolder(path)) || (await isSheet201(path)),
  read: async (path, context) =>
    (await isNatsFolder(path)) ? readNatsFolder(path, context) : readSheet201(path, context),
}
