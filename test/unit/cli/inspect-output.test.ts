import { describe, expect, it } from 'vitest'
import { inspectionLines } from '#src/cli/inspect-output.ts'
import { categorical, equals, float, parameterSpace, when } from '#src/parameter/define.ts'
import { bindArguments } from '#src/runner/function-arguments.ts'
import type { InspectedCall } from '#src/runner/inspect-function.ts'
import { inspectedFunction, inspectedParameter } from '#test/fixtures/inspected-function.ts'

const {
  kind: _,
  searchSpace: __,
  ...facts
} = inspectedFunction({
  docstring: 'Trains\na network.\n\nAnd more.',
  returns: 'dict',
  parameters: [
    inspectedParameter('rate', { annotation: 'float', default: { text: '0.1', value: 0.1 } }),
    inspectedParameter('seed', { kind: 'keyword-only' }),
    inspectedParameter('more', { kind: 'var-keyword' }),
  ],
  versions: { python: '3.12.1', torch: null, packages: { numpy: '2.0.0', timm: null } },
})

function linesOf(changes: Partial<InspectedCall> = {}): readonly string[] {
  return inspectionLines({
    function: 'training:train',
    environment: 'cpu',
    ...facts,
    arguments: bindArguments(inspectedFunction(facts)),
    declaredAt: null,
    searchSpace: null,
    problems: [],
    ...changes,
  })
}

describe('inspectionLines', () => {
  it('says what a worker would call a function with', () => {
    expect(linesOf()).toEqual([
      'training:train  function, training',
      'Trains a network.',
      'Returns dict',
      '',
      'Arguments',
      '  rate: float = 0.1  ← input       the parameter of that name',
      "  seed               ← worker      the trial's seed",
      '  **more             ← input       parameters that no other argument takes',
      '',
      'Space  none declared; archloom init --from guesses one',
      '',
      'Installed',
      '  Python        3.12.1, environment cpu',
      '  PyTorch       not installed',
      '  numpy         2.0.0',
      '  timm          not installed',
      '',
      'A worker can call it as it is.',
    ])
  })

  it('shows a declared space with its conditions', () => {
    const space = parameterSpace({
      name: 'declared',
      parameters: [categorical('kind', ['a', 'b']), float('rate', 0, 1)],
      conditions: [when('rate', equals('kind', 'a'))],
    })
    const where = 'train.search_space'
    const lines = linesOf({ declaredAt: where, searchSpace: { where, settings: {}, space } })
    expect(lines).toContain('Space  train.search_space')
    expect(lines).toContain('  rate          float from 0 to 1; default 0.5; if kind = "a"')
  })

  it('ends with what is wrong', () => {
    const lines = linesOf({ problems: ['It is async'], declaredAt: 'SEARCH_SPACE' })
    expect(lines).toContain('Space  SEARCH_SPACE, which is wrong')
    expect(lines.slice(-2)).toEqual(['', 'PROBLEM  It is async'])
  })

  it('lists the methods of a session', () => {
    const step = { name: 'step', docstring: 'Steps.', parameters: [], returns: null }
    const lines = linesOf({ what: 'class', methods: [step] })
    expect(lines.slice(lines.indexOf('Methods'))).toContain('  step()        Steps.')
    expect(lines.join('\n')).not.toContain('none declared')
  })
})
