import { describe, expect, it } from 'vitest'
import { answerLines } from '#src/cli/bench-output.ts'
import type { QueryAnswer } from '#src/runner/query-benchmark.ts'

const answer: QueryAnswer = {
  benchmark: 'mine',
  contentHash: '',
  row: 3,
  architecture: 'a=1',
  canonical: 'a=1',
  sizes: [],
  measurements: [
    { dataset: 'wine', epochs: 9, epoch: 9, repeat: 'mean', valAccuracy: 0.855, trainSeconds: 270 },
  ],
}
const none = { parameterCount: null, multiplyAdds: null }
const table = [
  'data set  epochs  repeat  validation        time',
  'wine           9    mean      85.50%  4 min 30 s',
]

describe('what was measured, for a person', () => {
  it('has no line for sizes that the table does not have', () => {
    const sizes = [{ dataset: 'wine', ...none }]
    expect(answerLines('a=1', { ...answer, sizes })).toEqual(['a=1', 'row 3 of mine', '', ...table])
  })

  it('says sizes once where they are equal, and by data set where not', () => {
    const wine = { dataset: 'wine', ...none, parameterCount: 1200 }
    const equal = [wine, { ...wine, dataset: 'iris' }, { dataset: 'adult', ...none }]
    expect(answerLines('a=1', { ...answer, sizes: equal }).slice(2, 4)).toEqual([
      '1,200 parameters',
      '',
    ])
    const differing = [wine, { ...wine, dataset: 'iris', parameterCount: 1300 }]
    expect(answerLines('a=1', { ...answer, sizes: differing }).slice(2, 5)).toEqual([
      'wine: 1,200 parameters',
      'iris: 1,300 parameters',
      '',
    ])
  })
})
