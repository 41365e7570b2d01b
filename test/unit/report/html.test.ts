import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html, markupOf, trusted } from '#src/report/html.ts'

describe('html', () => {
  it('escapes values in content and in attributes', () => {
    const hostile = `"><script>alert('x')</script>&\``
    const markup = markupOf(html`<p title="${hostile}">${hostile}</p>`)
    const safe = '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&#96;'
    expect(markup).toBe(`<p title="${safe}">${safe}</p>`)
  })

  it('leaves markup of its own as it is, nested and in lists', () => {
    const items = ['a', 'b'].map((item) => html`<li>${item}</li>`)
    expect(markupOf(html`<ul>${items}</ul>`)).toBe('<ul><li>a</li><li>b</li></ul>')
    expect(markupOf(html`${trusted('<b>')}`)).toBe('<b>')
  })

  it('prints nothing for null, undefined and false, but prints zero', () => {
    expect(markupOf(html`[${null}${undefined}${false}${0}]`)).toBe('[0]')
  })

  it('takes nothing from outside for markup, whatever its shape', () => {
    const forged = JSON.parse('{"markup":"<script>","Symbol(markup)":"<script>"}')
    expect(markupOf(html`${[String(forged.markup)]}`)).toBe('&lt;script&gt;')
    expect(() => markupOf(html`${forged}`)).toThrow()
  })

  it('lets no text open a tag or leave an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const markup = markupOf(html`${text}`)
        expect(markup).not.toMatch(/[<>"'`]/)
        expect(markup.replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&')
      }),
    )
  })
})
