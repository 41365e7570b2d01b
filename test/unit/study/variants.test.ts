import { describe, expect, it } from 'vitest'
import { expandVariants } from '#src/study/variants.ts'

const base = { label: 'RE', settings: { size: 10, removal: 'oldest', inner: { a: 1, b: 2 } } }
const labels = (variants: readonly { readonly label: string }[]) =>
  variants.map(({ label }) => label)

describe('variants of a method', () => {
  it('change one setting at a time, and leave out what the method has already', () => {
    const variants = expandVariants(base, {
      mode: 'one-at-a-time',
      settings: { size: [10, 20, 30], removal: ['worst'] },
    })
    expect(labels(variants)).toEqual(['RE size=20', 'RE size=30', 'RE removal=worst'])
    expect(variants[2]).toEqual({
      label: 'RE removal=worst',
      settings: { ...base.settings, removal: 'worst' },
      variant: { of: 'RE', changes: { removal: 'worst' } },
    })
  })

  it('of a grid are every combination', () => {
    const variants = expandVariants(base, {
      mode: 'grid',
      settings: { size: [10, 20], removal: ['oldest', 'worst'] },
    })
    expect(labels(variants)).toEqual([
      'RE removal=worst',
      'RE size=20',
      'RE size=20, removal=worst',
    ])
  })

  it('reach settings inside others, and leave their neighbours alone', () => {
    const [variant] = expandVariants(base, { mode: 'one-at-a-time', settings: { 'inner.b': [5] } })
    expect(variant?.settings).toEqual({ ...base.settings, inner: { a: 1, b: 5 } })
    expect(base.settings.inner.b).toBe(2)
  })

  it('make mappings on the way to a setting that is not there yet', () => {
    const [variant] = expandVariants(base, {
      mode: 'one-at-a-time',
      settings: { 'new.one': [{ x: 1 }] },
    })
    expect(variant).toMatchObject({
      label: 'RE new.one={"x":1}',
      settings: { new: { one: { x: 1 } } },
    })
  })
})
