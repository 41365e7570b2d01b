import { describe, expect, it } from 'vitest'
import { writeConfigSpace } from '#src/parameter/configspace-write.ts'
import { readDeclaredSpace, spaceProblems } from '#src/runner/function-space.ts'
import { inspectedFunction, inspectedParameter } from '#test/fixtures/inspected-function.ts'

const rate = { kind: 'float', name: 'rate', lower: 0.001, upper: 0.1, log: true }

function declared(document: unknown, problem: string | null = null) {
  const searchSpace = { where: 'train.search_space', document, problem }
  return readDeclaredSpace('training:train', inspectedFunction({ searchSpace }))
}

describe('readDeclaredSpace', () => {
  it('finds none where none is declared', () => {
    expect(readDeclaredSpace('training:train', inspectedFunction())).toBeNull()
  })

  it('takes a list of parameters, and a dict with conditions', () => {
    expect(declared([rate])?.space.parameters).toMatchObject([{ ...rate, defaultValue: 0.01 }])
    const layers = { kind: 'integer', name: 'layers', lower: 1, upper: 3 }
    const condition = {
      child: 'rate',
      test: { kind: 'greater-than', parameter: 'layers', value: 1 },
    }
    const document = { parameters: [layers, rate], conditions: [condition] }
    expect(declared(document)?.space.conditions).toEqual([condition])
    expect(declared(document)?.settings).toEqual(document)
  })

  it('takes a document of ConfigSpace', () => {
    const own = declared([rate])
    const document = own && writeConfigSpace(own.space)
    expect(declared(document)?.space).toEqual(own?.space)
    expect(declared(document)?.settings).toEqual({ configSpace: document })
  })

  it('names the place of what is wrong', () => {
    expect(() => declared([{ ...rate, upper: 'much' }])).toThrow(
      'In train.search_space of training:train, parameters[0].upper: expected a number',
    )
    expect(() => declared({ parameter: [rate] })).toThrow(/unknown key "parameter"/)
    expect(() => declared([{ ...rate, lower: 1 }])).toThrow(/wrong at/)
    expect(() => declared(null, 'found 3')).toThrow(/a ConfigurationSpace; found 3$/)
  })
})

describe('spaceProblems', () => {
  const problemsWith = (...parameters: ReturnType<typeof inspectedParameter>[]) => {
    const space = declared([rate])
    return space && spaceProblems(space, inspectedFunction({ parameters }))
  }

  it('finds parameters that go nowhere', () => {
    expect(problemsWith(inspectedParameter('learning_rate'))).toEqual([
      'train.search_space has rate, which the function does not take; add it, or **kwargs',
    ])
  })

  it.each([
    inspectedParameter('rate'),
    inspectedParameter('configuration'),
    inspectedParameter('more', { kind: 'var-keyword' }),
  ])('finds nothing where one of them takes it: $name', (parameter) => {
    expect(problemsWith(parameter)).toEqual([])
  })
})
