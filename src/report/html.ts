/** HTML and SVG by tagged templates: every value is escaped unless it is markup already. */

const made: unique symbol = Symbol('markup')

/** Markup that `html` or `trusted` made; a string from elsewhere can never be one. */
export interface Html {
  readonly [made]: string
}

/** What may stand in a template; nothing is printed for null, undefined and false. */
export type HtmlValue = string | number | Html | null | undefined | false | readonly HtmlValue[]

/**
 * Markup with every value escaped, for element content and for quoted attributes.
 *
 * @remarks Attributes must be quoted in the template; never put a value into a tag's name, a script
 * or a style element.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = parts[0] ?? ''
  for (const [index, value] of values.entries()) {
    markup += printed(value) + (parts[index + 1] ?? '')
  }
  return { [made]: markup }
}

/** Takes a string as markup: only for what archloom itself wrote, such as its style sheet. */
export function trusted(markup: string): Html {
  return { [made]: markup }
}

export function markupOf(value: Html): string {
  return value[made]
}

function printed(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string') return escaped(value)
  if (typeof value === 'number') return String(value)
  if (made in value) return value[made]
  return value.map(printed).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => entities[character] ?? '')
}
