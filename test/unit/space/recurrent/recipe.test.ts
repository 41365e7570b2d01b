import { describe, expect, it } from 'vitest'
import { formatNlp } from '#src/space/recurrent/nlp-form.ts'
import { NlpRecipe, readRecipe } from '#src/space/recurrent/recipe.ts'

const gru = {
  r: { op: 'linear', input: ['x', 'h_prev_0'] },
  r_act: { op: 'activation_sigm', input: ['r'] },
  z: { op: 'linear', input: ['x', 'h_prev_0'] },
  z_act: { op: 'activation_sigm', input: ['z'] },
  rh: { op: 'elementwise_prod', input: ['r_act', 'h_prev_0'] },
  h_tilde: { op: 'linear', input: ['x', 'rh'] },
  h_tilde_act: { op: 'activation_tanh', input: ['h_tilde'] },
  h_new_0: { op: 'blend', input: ['z_act', 'h_prev_0', 'h_tilde_act'] },
} as const

const read = (recipe: unknown) => formatNlp(readRecipe(NlpRecipe.parse(recipe)))

describe('a recipe', () => {
  it('is read whatever the order and the names of its nodes', () => {
    const renamed = Object.entries(gru)
      .toReversed()
      .map(([name, { op, input }]) => {
        const other = (ref: string) => (/^(x|h_prev_0|h_new_0)$/.test(ref) ? ref : `node_${ref}`)
        return [other(name), { op, input: input.map(other) }]
      })
    const text =
      'linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|product(h0,3)|linear(x,5)|tanh(6)|blend(4,h0,7)=h0'
    expect(read(gru)).toBe(text)
    expect(read(Object.fromEntries(renamed))).toBe(text)
  })

  it('keeps the order of what a blend takes', () => {
    const blend = { op: 'blend', input: ['z_act', 'h_tilde_act', 'h_prev_0'] }
    expect(read({ ...gru, h_new_0: blend })).toContain('blend(4,7,h0)=h0')
  })

  it('may have several states', () => {
    expect(
      read({
        h_new_1: { op: 'activation_tanh', input: ['h_new_0'] },
        h_new_0: { op: 'linear', input: ['h_prev_1', 'x', 'h_prev_0'] },
      }),
    ).toBe('linear(x,h0,h1)=h0|tanh(1)=h1')
  })

  it.each([
    [{ ...gru, r: { op: 'linear', input: ['x', 'h_old'] } }, 'node r', 'h_prev_0 and on'],
    [{ ...gru, r: { op: 'linear', input: ['x', 'rh'] } }, 'the recipe', 'after their inputs'],
    [{ r: { op: 'linear', input: ['x', 'h_prev_0'] } }, 'the states', '1 to 3 states'],
    [{ h_new_0: { op: 'linear', input: ['x', 'h_prev_1'] } }, 'node 1', 'x, h0 or the number'],
    [{ h_new_0: { op: 'activation_tanh', input: ['x'] } }, 'node 1', 'x in linear alone'],
    [{ h_new_0: { op: 'linear', input: ['x', 'h_prev_0'] }, r: gru.r }, 'node', 'to be used'],
  ])('%j is refused at %s', (recipe, place, expected) => {
    expect(() => read(recipe)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({
          place: expect.stringContaining(place),
          expected: expect.stringContaining(expected),
        }),
      }),
    )
  })

  it.each([{ h_new_0: { op: 'conv', input: ['x'] } }, { h_new_0: { op: 'linear' } }, { h: [] }])(
    '%j is none',
    (recipe) => {
      expect(NlpRecipe.safeParse(recipe).success).toBe(false)
    },
  )
})
