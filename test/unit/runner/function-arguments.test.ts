import { describe, expect, it } from 'vitest'
import type { TypeHint } from '#src/environment/inspection.ts'
import {
  bindArguments,
  signatureObstacles,
  signatureProblems,
} from '#src/runner/function-arguments.ts'
import { inspectedFunction, inspectedParameter } from '#test/fixtures/inspected-function.ts'

const name = 'training:train'

describe('bindArguments', () => {
  it('tells what the worker makes from what the input gives', () => {
    const found = inspectedFunction({
      parameters: [
        inspectedParameter('reporter'),
        inspectedParameter('rate'),
        inspectedParameter('units', { default: { text: '3', value: 3 } }),
        inspectedParameter('rest', { kind: 'var-positional' }),
        inspectedParameter('device', { kind: 'keyword-only' }),
        inspectedParameter('more', { kind: 'var-keyword' }),
      ],
    })
    expect(bindArguments(found).map(({ from }) => from)).toEqual([
      ...['worker', 'input', 'input', 'nothing', 'worker', 'rest'],
    ])
    expect(bindArguments(found)[1]?.words).toBe('the parameter of that name, which must be given')
  })

  it('names the class that the configuration becomes', () => {
    const hint: TypeHint = { kind: 'fields', name: 'Settings', fields: [] }
    const found = inspectedFunction({ parameters: [inspectedParameter('configuration', { hint })] })
    expect(bindArguments(found)[0]?.words).toBe('all parameters of the trial, as Settings')
  })

  it('says nothing of a signature that cannot be read', () => {
    expect(bindArguments(inspectedFunction({ parameters: null }))).toEqual([])
  })
})

describe('signatureProblems', () => {
  it('finds none in a usual function', () => {
    const parameters = [inspectedParameter('configuration'), inspectedParameter('reporter')]
    expect(signatureProblems(name, inspectedFunction({ parameters }))).toEqual([])
  })

  it.each([
    [{ what: 'coroutine' }, /is async/],
    [{ what: 'generator' }, /is a generator/],
    [{ parameters: null }, /cannot be read/],
    [{ home: 'posixpath' }, /defined in posixpath.*name posixpath:train/],
    [{ parameters: [inspectedParameter('x', { kind: 'positional-only' })] }, /x can be given by/],
  ] as const)('finds what no experiment can call: %j', (changes, sentence) => {
    const found = inspectedFunction(changes as Partial<ReturnType<typeof inspectedFunction>>)
    expect(signatureObstacles(name, found)).toEqual([expect.stringMatching(sentence)])
    expect(signatureProblems(name, found)).toEqual([expect.stringMatching(sentence)])
  })

  it('allows what a package of the module defines', () => {
    expect(signatureProblems(name, inspectedFunction({ home: 'training.loops' }))).toEqual([])
  })

  it('finds values that will not arrive as their hint says', () => {
    const kind = (isPlain: boolean): TypeHint => ({
      kind: 'enum',
      name: 'Kind',
      values: ['a'],
      isPlain,
    })
    const parameters = [
      inspectedParameter('kind', { hint: kind(false) }),
      inspectedParameter('level', { hint: kind(true) }),
      inspectedParameter('path', { hint: { kind: 'other' } }),
      inspectedParameter('other', { hint: { kind: 'other' }, default: { text: 'x', value: null } }),
    ]
    const found = inspectedFunction({ parameters })
    expect(signatureObstacles(name, found)).toEqual([])
    expect(signatureProblems(name, found)).toEqual([
      expect.stringMatching(/^kind arrives as a plain value; make the member with Kind\(kind\)$/),
      expect.stringMatching(/^path must be given/),
    ])
  })

  it('finds packages that are missing', () => {
    const versions = { python: '3.12.1', torch: null, packages: { numpy: '2.0.0', timm: null } }
    expect(signatureProblems(name, inspectedFunction({ versions }))).toEqual([
      'Its module imports timm, which is not installed',
    ])
  })
})
