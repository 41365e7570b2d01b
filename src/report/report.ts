/** The whole page: one file that needs nothing else. */
import { hash } from 'node:crypto'
import { resumeCommand } from '#src/store/run-folder.ts'
import { architectureSection } from './architecture-section.ts'
import { curveFigure } from './curve-chart.ts'
import { environmentSection } from './environment-section.ts'
import { failuresSection } from './failures-section.ts'
import { figure } from './figure.ts'
import { timestamp } from './format.ts'
import { type Html, html, markupOf, trusted } from './html.ts'
import { overview } from './overview.ts'
import { type ReproduceFacts, reproduceSections } from './reproduce-section.ts'
import type { RunSummary } from './run-summary.ts'
import { pageScript } from './script.ts'
import { overSimulatedParts, overTimeParts, overTrialsParts } from './search-charts.ts'
import { renderSection, type Section } from './section.ts'
import { sizeFigure } from './size-chart.ts'
import { pageStyle } from './style.ts'
import { tabledTrials, trialsSection } from './trials-section.ts'

export interface ReportExtras extends ReproduceFacts {
  /** SVG of the best architecture, as `renderSvg` writes it; null where it cannot be drawn. */
  readonly pictureSvg: string | null
}

/**
 * The report of a run, finished or not, as one HTML document.
 *
 * @remarks Pure: the same summary gives the same bytes. It loads nothing, which its own security
 * policy enforces, and everything but sorting, copying, hints and the theme works without scripts.
 */
export function renderReport(summary: RunSummary, extras: ReportExtras): string {
  const rows = tabledTrials(summary)
  const shown = new Set(rows.map(({ trial }) => trial))
  const picture = extras.pictureSvg === null ? null : trusted(extras.pictureSvg)
  const sections: readonly Section[] = [
    architectureSection(summary, picture, shown),
    { id: 'search', title: 'Search', body: figures(summary) },
    trialsSection(summary, rows),
    failuresSection(summary, shown),
    environmentSection(summary),
    ...reproduceSections(summary, extras),
  ]
  const page = html`<!doctype html>
<html lang="en">
${head(summary)}
<body>
<a class="skip" href="#main">Skip to the report</a>
${topBar(sections)}
<main id="main">
${overview(summary, resumeCommand(extras.runFolder))}
${sections.map(renderSection)}
</main>
${footer(summary)}
</body>
</html>
`
  return markupOf(page)
}

function figures(summary: RunSummary): Html {
  const simulated = overSimulatedParts(summary)
  return html`<div class="figures">${figure(overTrialsParts(summary))}${figure(overTimeParts(summary))}${simulated && figure(simulated)}${curveFigure(summary)}${sizeFigure(summary)}</div>`
}

const icon =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E%3Cpath d=%22M2 4h12M2 8h12M2 12h12M4 2v12M8 2v12M12 2v12%22 stroke=%22%230a6ebd%22 stroke-width=%222%22/%3E%3C/svg%3E'

/** Only this page's own script runs, whatever markup a run could smuggle in. */
function head(summary: RunSummary): Html {
  const scriptHash = hash('sha256', pageScript, 'base64')
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; img-src data:; base-uri 'none'; form-action 'none'`
  return html`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="archloom ${summary.header.archloomVersion}">
<title>${summary.name} · archloom report</title>
<link rel="icon" href="${trusted(icon)}">
<style>${trusted(pageStyle)}</style>
<script>${trusted(pageScript)}</script>
</head>`
}

function topBar(sections: readonly Section[]): Html {
  return html`<div class="top-bar"><div class="brand"><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M2 4h12M2 8h12M2 12h12M4 2v12M8 2v12M12 2v12"/></svg>archloom</div>
<nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${shortTitle(title)}</a>`)}</nav>
<button type="button" class="theme" aria-label="Switch between light and dark">Theme</button></div>`
}

function shortTitle(title: string): string {
  return title.startsWith('Best architecture') ? 'Architecture' : title
}

function footer({ header, lastMs }: RunSummary): Html {
  const last = lastMs === null ? '' : `, up to its entry of ${timestamp(lastMs)}`
  return html`<footer>Computed from the run’s journal${last}, by archloom ${header.archloomVersion}.</footer>`
}
