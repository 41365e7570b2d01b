import { type Html, type HtmlValue, html } from './html.ts'

/** One part of the page, with an anchor; the navigation lists them. */
export interface Section {
  readonly id: string
  readonly title: string
  /** For the navigation, where the title is long. */
  readonly short?: string
  readonly body: HtmlValue
}

export function renderSection({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>`
}

/** Text that a reader will want elsewhere, with a button that copies it where scripts run. */
export function copyable(text: string, label: string): Html {
  return html`<div class="copyable"><pre tabindex="0" aria-label="${label}"><code>${text}</code></pre><button type="button" class="copy" aria-label="Copy ${label}">Copy</button></div>`
}

/** A link to a trial's row; plain text when the table does not show it. */
export function trialLink(trial: number, shown: ReadonlySet<number>): Html {
  return shown.has(trial) ? html`<a href="#trial-${trial}">${trial}</a>` : html`${trial}`
}

/** A word with a tone: an outcome, a kind of failure. */
export function chip(words: string, tone: 'good' | 'bad' | 'warn' | 'calm'): Html {
  return html`<span class="chip ${tone}">${words}</span>`
}

/** A notice that must not be overlooked. */
export function banner(tone: 'bad' | 'warn' | 'calm', title: string, body: HtmlValue): Html {
  return html`<div class="banner ${tone}" role="note"><strong>${title}</strong><div>${body}</div></div>`
}
