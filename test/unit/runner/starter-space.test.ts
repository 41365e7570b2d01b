import { describe, expect, it } from 'vitest'
import type { NamedHint } from '#src/environment/inspection.ts'
import { parameterSpace } from '#src/parameter/define.ts'
import { starterSpace } from '#src/runner/starter-space.ts'
import {
  inspectedFunction,
  inspectedParameter,
  namedHint,
} from '#test/fixtures/inspected-function.ts'

const given = (text: string, value: string | number | boolean | null) => ({
  default: { text, value },
})

function guessed(changes: Partial<NamedHint>) {
  const parameters = [inspectedParameter('x', changes)]
  const { guesses } = starterSpace(inspectedFunction({ parameters }))
  // Whatever is guessed must be a space.
  for (const { parameter } of guesses) parameterSpace({ name: 'guess', parameters: [parameter] })
  return guesses[0]?.parameter
}

const range = (lower: number, upper: number, log: boolean) => ({ lower, upper, log })

describe('a guessed range', () => {
  it.each([
    ['0.001', 0.001, range(0.0001, 0.01, true)],
    ['1e-05', 1e-5, range(1e-6, 1e-4, true)],
    ['0.3', 0.3, range(0, 1, false)],
    ['0.0', 0, range(0, 1, false)],
    ['1.0', 1, range(0.1, 10, true)],
    ['-2.0', -2, range(-4, 0, false)],
  ])('of a float lies around its default %s', (text, value, expected) => {
    expect(guessed(given(text, value))).toMatchObject({
      kind: 'float',
      ...expected,
      defaultValue: value,
    })
  })

  it.each([
    ['64', 64, range(16, 256, true)],
    ['3', 3, range(1, 12, false)],
    ['1', 1, range(1, 4, false)],
    ['0', 0, range(0, 4, false)],
    ['-1', -1, range(-4, 0, false)],
  ])('of an integer lies around its default %s', (text, value, expected) => {
    expect(guessed(given(text, value))).toMatchObject({
      kind: 'integer',
      ...expected,
      defaultValue: value,
    })
  })

  it('is of floats where the hint says so, though the default is whole', () => {
    expect(guessed({ hint: { kind: 'float' }, ...given('1', 1) })?.kind).toBe('float')
    expect(guessed({ hint: { kind: 'int' }, ...given('2.0', 2) })?.kind).toBe('integer')
  })

  it('without a default is a mere guess', () => {
    expect(guessed({ hint: { kind: 'int' } })).toMatchObject({ lower: 1, upper: 10 })
    expect(guessed({ hint: { kind: 'float' } })).toMatchObject({ lower: 0, upper: 1 })
  })
})

describe('a guessed choice', () => {
  it('has the values of a Literal or an Enum', () => {
    const hint = { kind: 'choices', values: ['sgd', 'adam'] } as const
    const choices = ['sgd', 'adam']
    expect(
      guessed({ hint: { ...hint, values: choices }, ...given("'adam'", 'adam') }),
    ).toMatchObject({ kind: 'categorical', choices, defaultValue: 'adam' })
    const kind = { kind: 'enum', name: 'Kind', values: choices, isPlain: false } as const
    expect(guessed({ hint: { ...kind, values: choices } })).toMatchObject({ choices })
  })

  it('is a truth value by hint or default', () => {
    expect(guessed({ hint: { kind: 'bool' } })).toMatchObject({ choices: [false, true] })
    expect(guessed(given('True', true))).toMatchObject({ defaultValue: true })
  })

  it('is none where there is one value', () => {
    expect(guessed({ hint: { kind: 'choices', values: ['sgd'] } })).toBeUndefined()
  })
})

describe('starterSpace', () => {
  it('leaves alone what nothing is known of', () => {
    const parameters = [
      inspectedParameter('data'),
      inspectedParameter('act', given("'relu'", 'relu')),
      inspectedParameter('limit', { hint: { kind: 'int' }, ...given('None', null) }),
      inspectedParameter('reporter'),
      inspectedParameter('more', { kind: 'var-keyword' }),
    ]
    const { guesses, missing, kept } = starterSpace(inspectedFunction({ parameters }))
    expect(guesses).toEqual([])
    expect(missing).toEqual(['data'])
    expect(kept.map(({ name }) => name)).toEqual(['act', 'limit'])
  })

  it.each([...['epochs', 'num_epochs', 'n_epochs', 'max_epochs', 'epoch_count', 'numEpochs']])(
    'gives the epochs of a trial to %s',
    (name) => {
      const parameters = [inspectedParameter(name, given('5', 5))]
      const found = starterSpace(inspectedFunction({ parameters }))
      expect(found.epochs?.name).toBe(name)
      expect(found.guesses).toEqual([])
    },
  )

  it('gives the seed to random_state', () => {
    const parameters = [inspectedParameter('random_state', given('0', 0))]
    const found = starterSpace(inspectedFunction({ parameters }))
    expect([found.seed, found.guesses]).toEqual(['random_state', []])
  })

  it('looks into the class of the configuration, or else into the source', () => {
    const keys = [namedHint('units', given('8', 8)), namedHint('rate')]
    const plain = inspectedParameter('configuration')
    const bySource = starterSpace(
      inspectedFunction({ parameters: [plain], configurationKeys: keys }),
    )
    expect(bySource.guesses.map(({ parameter }) => parameter.name)).toEqual(['units'])
    expect(bySource.missing).toEqual(['rate'])
    const hint = { kind: 'fields' as const, name: 'S', fields: [namedHint('depth', given('2', 2))] }
    const byHint = starterSpace(
      inspectedFunction({ parameters: [{ ...plain, hint }], configurationKeys: keys }),
    )
    expect(byHint.guesses.map(({ parameter }) => parameter.name)).toEqual(['depth'])
    expect(byHint.missing).toEqual([])
  })

  it('guesses nothing beside a space that decides', () => {
    const parameters = [
      inspectedParameter('rate', { hint: { kind: 'float' } }),
      inspectedParameter('units', { hint: { kind: 'int' } }),
    ]
    const found = starterSpace(inspectedFunction({ parameters }), ['rate'])
    expect([found.guesses, found.missing]).toEqual([[], ['units']])
  })
})
