import { expect, it } from 'vitest'
import { suggest } from '#src/config/suggest.ts'

it.each([
  ['batchsize', ['batchSize', 'evaluationBatchSize'], 'batchSize'],
  ['regularised-evolution', ['random-search', 'regularized-evolution'], 'regularized-evolution'],
  ['xyz', ['batchSize', 'optimizer'], null],
  ['a', [], null],
] as const)('suggests for %s', (name, known, expected) => {
  expect(suggest(name, known)).toBe(expected)
})
