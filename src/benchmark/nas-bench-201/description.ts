import type { TableDescription } from '../compact-format.ts'

/** Data sets as the benchmark names them. `cifar10-valid` trains on half of CIFAR-10's images. */
export const datasets = ['cifar10-valid', 'cifar10', 'cifar100', 'ImageNet16-120'] as const
export type Dataset = (typeof datasets)[number]

/** Networks of other sizes were not trained. */
const network = { cellsPerStage: 5, channels: 16 }

/** A cell trained under another label is another row, though it may be the same network. */
export function describe201(words: Pick<TableDescription, 'summary' | 'notes'>): TableDescription {
  return {
    name: 'nas-bench-201',
    ...words,
    source:
      'Dong and Yang 2020, "NAS-Bench-201"; Dong et al. 2021, "NATS-Bench", topology search space',
    space: { name: 'nas-bench-201', settings: network },
    answers: [{ name: 'nas-bench-201', settings: network, atMost: {} }],
    rowOf: 'text',
  }
}
