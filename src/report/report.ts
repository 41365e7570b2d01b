/** The whole page: one file that needs nothing else. */
import { resumeCommand } from '#src/store/run-folder.ts'
import { architectureSection } from './architecture-section.ts'
import { curveFigure } from './curve-chart.ts'
import { environmentSection } from './environment-section.ts'
import { failuresSection } from './failures-section.ts'
import { figure } from './figure.ts'
import { timestamp } from './format.ts'
import { type Html, html, trusted } from './html.ts'
import { overview } from './overview.ts'
import { renderPage } from './page.ts'
import { type ReproduceFacts, reproduceSections } from './reproduce-section.ts'
import type { RunSummary } from './run-summary.ts'
import { overSimulatedParts, overTimeParts, overTrialsParts } from './search-charts.ts'
import type { Section } from './section.ts'
import { sizeFigure } from './size-chart.ts'
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
  return renderPage({
    name: summary.name,
    archloomVersion: summary.header.archloomVersion,
    overview: overview(summary, resumeCommand(extras.runFolder)),
    sections,
    footer: footer(summary),
  })
}

function figures(summary: RunSummary): Html {
  const simulated = overSimulatedParts(summary)
  return html`<div class="figures">${figure(overTrialsParts(summary))}${figure(overTimeParts(summary))}${simulated && figure(simulated)}${curveFigure(summary)}${sizeFigure(summary)}</div>`
}

function footer({ header, lastMs }: RunSummary): Html {
  const last = lastMs === null ? '' : `, up to its entry of ${timestamp(lastMs)}`
  return html`Computed from the run’s journal${last}, by archloom ${header.archloomVersion}.`
}
