/** The shell of every page: head with its security policy, top bar, sections, footer. */
import { hash } from 'node:crypto'
import { type Html, type HtmlValue, html, markupOf, trusted } from './html.ts'
import { pageScript } from './script.ts'
import { renderSection, type Section } from './section.ts'
import { pageStyle } from './style.ts'

export interface PageParts {
  /** What the page is of. */
  readonly name: string
  readonly archloomVersion: string
  /** Above the sections. */
  readonly overview: Html
  readonly sections: readonly Section[]
  /** What the page was computed from. */
  readonly footer: HtmlValue
  /** Styles that only this page needs; archloom's own. */
  readonly style?: string
}

/** One HTML document that loads nothing, which its own security policy enforces. */
export function renderPage(parts: PageParts): string {
  const { overview, sections, footer } = parts
  const page = html`<!doctype html>
<html lang="en">
${head(parts)}
<body>
<a class="skip" href="#main">Skip to the report</a>
${topBar(sections)}
<main id="main">
${overview}
${sections.map(renderSection)}
</main>
<footer>${footer}</footer>
</body>
</html>
`
  return markupOf(page)
}

const icon =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E%3Cpath d=%22M2 4h12M2 8h12M2 12h12M4 2v12M8 2v12M12 2v12%22 stroke=%22%230a6ebd%22 stroke-width=%222%22/%3E%3C/svg%3E'

/** Only this page's own script runs, whatever markup a run could smuggle in. */
function head({ name, archloomVersion, style = '' }: PageParts): Html {
  const scriptHash = hash('sha256', pageScript, 'base64')
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; img-src data:; base-uri 'none'; form-action 'none'`
  return html`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="archloom ${archloomVersion}">
<title>${name} · archloom report</title>
<link rel="icon" href="${trusted(icon)}">
<style>${trusted(pageStyle + style)}</style>
<script>${trusted(pageScript)}</script>
</head>`
}

function topBar(sections: readonly Section[]): Html {
  return html`<div class="top-bar"><div class="brand"><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M2 4h12M2 8h12M2 12h12M4 2v12M8 2v12M12 2v12"/></svg>archloom</div>
<nav aria-label="Sections">${sections.map(({ id, title, short }) => html`<a href="#${id}">${short ?? title}</a>`)}</nav>
<button type="button" class="theme" aria-label="Switch between light and dark">Theme</button></div>`
}
