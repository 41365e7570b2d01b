import type { AnsweredSpace, TableDescription } from '../compact-format.ts'

/** The one data set. */
export const dataset = 'cifar10'

/** Networks of other widths and depths were not trained. */
const network = { channels: 128, stacks: 3, cellsPerStack: 3 }

const answers: readonly AnsweredSpace[] = [
  { name: 'nas-bench-101', settings: network, atMost: { maxEdges: 9 } },
  { name: 'nas-bench-1shot1', settings: network, atMost: {} },
]

export function describe101(words: Pick<TableDescription, 'summary' | 'notes'>): TableDescription {
  return {
    name: 'nas-bench-101',
    ...words,
    source: 'Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search"',
    space: { name: 'nas-bench-101', settings: { vertices: 7, maxEdges: 9, ...network } },
    answers: [...answers],
    rowOf: 'canonical',
  }
}
