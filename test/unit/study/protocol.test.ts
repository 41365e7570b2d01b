import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { protocolDifferences, refuseConfounded } from '#src/study/protocol.ts'

describe('differences of protocols', () => {
  it('tells a name within itself once', () => {
    const of = (signal: string) => ({ objective: { objective: { signal } } })
    expect(protocolDifferences(of('validation'), of('test'))).toEqual([
      { fact: 'objective.signal', expected: 'validation', found: 'test' },
    ])
  })

  it('are none for equal ones, whatever the order of keys', () => {
    const one = { budget: { trials: 3, epochs: 4 }, workers: 1 }
    const other = { workers: 1, budget: { epochs: 4, trials: 3 } }
    expect(protocolDifferences(one, other)).toEqual([])
  })

  it('name the leaves that differ, those that only one side states among them', () => {
    const one = { objective: { hash: 'x', at: { dataset: 'cifar10', epochs: 12 } }, workers: 1 }
    const other = { objective: { hash: 'x', at: { dataset: 'cifar10', epochs: 200 } }, budget: [1] }
    expect(protocolDifferences(one, other)).toEqual([
      { fact: 'budget', expected: null, found: [1] },
      { fact: 'objective.at.epochs', expected: 12, found: 200 },
      { fact: 'workers', expected: 1, found: null },
    ])
  })
})

describe('the refusal', () => {
  it('names every difference and what to do, and exits with 4', () => {
    const refuse = () =>
      refuseConfounded(
        'These cells',
        protocolDifferences(
          { content: 'a'.repeat(64), workers: 1 },
          { content: 'b'.repeat(64), workers: 4 },
        ),
        'do something else',
      )
    expect(refuse).toThrow(
      'These cells may not be pooled: content is aaaaaaaaaaaa there and bbbbbbbbbbbb here, workers is 1 there and 4 here; do something else',
    )
    try {
      refuse()
    } catch (error) {
      expect(error).toBeInstanceOf(ArchloomError)
      expect((error as ArchloomError).exitCode).toBe(4)
      expect((error as ArchloomError).details.differences).toHaveLength(2)
    }
  })

  it('lets pass what does not differ', () => {
    expect(() => refuseConfounded('These cells', [], '')).not.toThrow()
  })
})
