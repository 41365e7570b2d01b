import { describe, expect, it } from 'vitest'
import { starterObjective } from '#src/runner/starter-objective.ts'
import { inspectedFunction } from '#test/fixtures/inspected-function.ts'

const linesOf = (...returnedKeys: string[]) =>
  starterObjective(inspectedFunction({ returnedKeys })).lines.filter(
    (line) => !line.startsWith('#'),
  )

describe('starterObjective', () => {
  it('takes the share of the validation split, and tests its counterpart', () => {
    expect(linesOf('loss', 'accuracy', 'val_acc', 'test_loss', 'test_acc')).toEqual([
      'objective: val_acc',
      'test: test_acc',
    ])
  })

  it('never takes a test metric for the search', () => {
    expect(linesOf('test_accuracy', 'val_loss').join('\n')).not.toMatch(/objective.*test/)
  })

  it('minimizes a loss, over a range that is a guess', () => {
    const { lines, notes } = starterObjective(inspectedFunction({ returnedKeys: ['val_loss'] }))
    expect(lines[1]).toBe('objective: { metric: val_loss, goal: minimize, range: [ 0, 10 ] }')
    expect(notes).toHaveLength(1)
  })

  it('guesses where the source tells nothing', () => {
    expect(linesOf()).toEqual([
      'objective: { metric: val_accuracy, goal: maximize, range: [ 0, 1 ] }',
    ])
  })
})
