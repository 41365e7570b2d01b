import { describe, expect, it } from 'vitest'
import type { ExperimentEvent, JournalEntry } from '#src/experiment/experiment.ts'
import { renderReport } from '#src/report/report.ts'
import { summarizeRun } from '#src/report/summary.ts'
import { tabledTrials } from '#src/report/trials-section.ts'
import {
  cpuFingerprint,
  cpuFingerprintHash,
  type SyntheticRun,
  syntheticRun,
} from '#test/fixtures/synthetic-run.ts'

const extras = {
  runFolder: 'runs/digits',
  configYaml: 'version: 1\nname: digits-cells\n',
  pictureSvg: null,
}

function pageOf({ header, entries }: SyntheticRun): string {
  return renderReport(summarizeRun({ header, entries: () => entries.values() }), extras)
}

/** The visible words of a part of a page. */
function words(page: string, id?: string): string {
  const part =
    id === undefined ? page : (page.split(`<section id="${id}"`)[1]?.split('</section>')[0] ?? '')
  const content = id === undefined ? part.replace(/<head>[\s\S]*<\/head>/, '') : `<section${part}`
  return content
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([.,;])/g, '$1')
}

function withEvents(
  run: SyntheticRun,
  change: (event: ExperimentEvent) => ExperimentEvent,
): SyntheticRun {
  return {
    ...run,
    entries: run.entries.map((entry): JournalEntry => ({ ...entry, event: change(entry.event) })),
  }
}

const whole = syntheticRun()
const page = pageOf(whole)

describe('the page of a finished run', () => {
  it('states the result in one sentence, the test accuracy as measured once', () => {
    expect(words(page)).toContain(
      'The best of 56 trained architectures reaches 98.26% validation accuracy and 97.22% test accuracy, measured once, after it had been selected.',
    )
  })

  it('has every section, each linked from the navigation', () => {
    const ids = [
      'architecture',
      'search',
      'trials',
      'failures',
      'environment',
      'reproduce',
      'config',
    ]
    for (const id of ids) {
      expect(page).toContain(`<section id="${id}"`)
      expect(page).toContain(`<a href="#${id}">`)
    }
  })

  it('lists every trial, the best first, with its outcome', () => {
    expect(page.match(/<tr id="trial-\d+"/g)).toHaveLength(60)
    const first = page.match(/<tr id="trial-(\d+)" class="selected"/)?.[1]
    expect(page.indexOf(`<tr id="trial-${first}"`)).toBe(page.indexOf('<tr id="trial-'))
    for (const outcome of ['completed', 'diverged', 'infeasible', 'failed', 'timed out']) {
      expect(words(page, 'trials')).toContain(outcome)
    }
  })

  it('links every trial to its parent', () => {
    const links = [...page.matchAll(/of <a href="#trial-(\d+)">/g)].map(([, trial]) => trial)
    expect(links.length).toBeGreaterThan(30)
    for (const trial of links) expect(page).toContain(`<tr id="trial-${trial}"`)
  })

  it('has no link to an anchor that is not there', () => {
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${id}"`)
  })

  it('tells each failure with its cause, what came of it and the traceback', () => {
    const failures = words(page, 'failures')
    expect(failures).toContain('7 attempts failed: 3 × internal')
    expect(failures).toContain('Worker w01 ended with signal SIGKILL')
    expect(failures).toContain('tried again')
    expect(failures).toContain('Traceback (most recent call last)')
  })

  it('gives the commands that reproduce, check and resume it', () => {
    const reproduce = words(page, 'reproduce')
    expect(reproduce).toContain(
      'archloom run /home/ada/search/configs/digits-cells.yaml --set seed=7 --set budget.trials=60',
    )
    expect(reproduce).toContain('archloom run runs/digits/config.resolved.yaml')
    expect(reproduce).toContain('archloom replay runs/digits archloom resume runs/digits')
    expect(reproduce).toContain(whole.header.documentHash)
    expect(words(page, 'config')).toContain('name: digits-cells')
  })

  it('says on what it ran', () => {
    const environment = words(page, 'environment')
    expect(environment).toContain('PyTorch 2.13.0+cpu')
    expect(environment).toContain(`${cpuFingerprintHash} 56 results`)
  })

  it('is the same, byte for byte, from the same journal', () => {
    expect(pageOf(syntheticRun())).toBe(page)
  })

  it('loads nothing: no address of another file in it', () => {
    const attributes = [...page.matchAll(/(?:src|href|action|data|poster)="([^"]*)"/g)].map(
      ([, to]) => to,
    )
    for (const to of attributes) expect(to).toMatch(/^(#|data:image\/svg\+xml,)/)
    expect(page).not.toMatch(/@import|url\(|https?:\/\/(?!www\.w3\.org)/)
  })
})

describe('the page of a run that is not finished', () => {
  it('says so, gives the command to resume it and calls the best a leader', () => {
    const cut = { ...whole, entries: whole.entries.slice(0, 330) }
    const text = words(pageOf(cut))
    expect(text).toContain('Not finished')
    expect(text).toContain('Continue it with archloom resume runs/digits')
    expect(text).toMatch(/The best of \d+ trained architectures so far reaches/)
    expect(text).not.toContain('test accuracy')
  })

  it('exists from the first entry on', () => {
    for (const count of [0, 1, 2, 3, 4, 5]) {
      const text = words(pageOf({ ...whole, entries: whole.entries.slice(0, count) }))
      expect(text).toContain('No trial has been completed yet')
      expect(text).not.toMatch(/NaN|undefined|Infinity/)
    }
  })

  it('names the failure that ended an aborted run', () => {
    const [, , proposal] = whole.entries
    const failure = { kind: 'data' as const, message: 'Data set digits is corrupt' }
    const entries = [
      ...whole.entries.slice(0, 3),
      {
        sequence: 4,
        timeMs: proposal?.timeMs ?? 0,
        event: {
          type: 'attempt-failed' as const,
          trial: 0,
          attempt: 0,
          failure,
          verdict: 'abort-run' as const,
        },
      },
    ]
    const text = words(pageOf({ ...whole, entries }))
    expect(text).toContain('Aborted')
    expect(text).toContain('The run was ended by a failure Data set digits is corrupt')
  })

  it('says why there is no test accuracy', () => {
    const failure = { kind: 'crashed' as const, message: 'The tester died' }
    const untested = withEvents(whole, (event) =>
      event.type === 'test-measured'
        ? { type: 'test-failed', trial: event.trial, attempt: 0, failure, verdict: 'failed' }
        : event,
    )
    const text = words(pageOf(untested))
    expect(text).toContain('its test accuracy has not been measured')
    expect(text).toContain('The test split could not be measured The tester died')
  })
})

describe('environments', () => {
  const drift = [{ package: 'torch', locked: '2.13.0', installed: '2.12.0' }]
  const other = {
    ...cpuFingerprint,
    critical: { ...cpuFingerprint.critical, torch: '2.12.0', drift },
  }
  const opening: ExperimentEvent = { type: 'environment-seen', hash: 'other', fingerprint: other }
  const mixedRun = withEvents(whole, (event) =>
    event.type === 'trial-finished' && event.trial > 30
      ? { ...event, result: { ...event.result, fingerprint: 'other' } }
      : event,
  )
  const [first, ...rest] = mixedRun.entries
  const mixed = pageOf({
    ...mixedRun,
    entries: first === undefined ? [] : [first, { ...first, event: opening }, ...rest],
  })

  it('that differ among results are said on top and marked in the table', () => {
    expect(words(mixed)).toContain('Results of 2 environments are mixed 28 results from')
    expect(mixed).toContain('<tr class="differs"><th scope="row">PyTorch')
    expect(mixed.indexOf('are mixed')).toBeLessThan(mixed.indexOf('class="tiles"'))
  })

  it('that drifted from their lock are said on top', () => {
    expect(words(mixed)).toContain('Environment other differs from its lock file in 1 package')
    expect(words(mixed)).toContain('torch : locked 2.13.0, installed 2.12.0')
  })

  it('include the data: how they were split, and whether results used different splits', () => {
    expect(words(page, 'environment')).toContain('Validation samples 287')
    const resplit = withEvents(whole, (event) => {
      if (event.type !== 'trial-finished' || event.trial < 40 || event.result.dataset === undefined)
        return event
      return {
        ...event,
        result: { ...event.result, dataset: { ...event.result.dataset, splitHash: 'other' } },
      }
    })
    expect(words(pageOf(resplit))).toContain('Results of 2 data splits are mixed')
    expect(words(page)).not.toContain('data splits are mixed')
  })

  it('are not called mixed where all results come from one', () => {
    expect(words(page)).not.toContain('are mixed')
  })
})

describe('inherited weights', () => {
  it('are said to have been trained before, by the epochs of all that they come from', () => {
    expect(words(page, 'architecture')).not.toContain('of those whose weights it began with')
    const heirs = withEvents(whole, (event) => {
      if (event.type !== 'trial-proposed' || event.proposal.parent === undefined) return event
      return { ...event, proposal: { ...event.proposal, weightsFrom: event.proposal.parent } }
    })
    const { trials, selected } = summarizeRun({ ...heirs, entries: () => heirs.entries.values() })
    let count = 0
    let from = trials[selected ?? -1]?.weightsFrom ?? null
    for (; from !== null; from = trials[from]?.weightsFrom ?? null) count += 1
    expect(count).toBeGreaterThan(1)
    expect(words(pageOf(heirs), 'architecture')).toContain(
      `8 and ${8 * count} of those whose weights it began with`,
    )
  })
})

describe('hostile text', () => {
  const hostile = `</pre></script><img src=x onerror=alert(1)>"'\`<script>alert(2)</script><!--`
  const attacked = withEvents(whole, (event): ExperimentEvent => {
    switch (event.type) {
      case 'trial-proposed':
        return { ...event, proposal: { ...event.proposal, architecture: hostile, origin: hostile } }
      case 'attempt-failed': {
        const failure = { ...event.failure, message: hostile, traceback: hostile }
        return { ...event, failure }
      }
      case 'environment-seen':
        return {
          ...event,
          fingerprint: {
            [hostile]: { [hostile]: hostile },
            critical: { drift: [{ package: hostile, locked: hostile, installed: hostile }] },
          },
        }
      case 'trial-finished':
        return { ...event, result: { ...event.result, fingerprint: hostile } }
      default:
        return event
    }
  })
  const header = {
    ...whole.header,
    document: { name: hostile, description: hostile },
    documentHash: hostile,
    archloomVersion: hostile,
    source: { path: hostile, sha256: hostile, overrides: [hostile] },
  }
  const summary = summarizeRun({ header, entries: () => attacked.entries.values() })
  const page = renderReport(summary, { runFolder: hostile, configYaml: hostile, pictureSvg: null })

  it('makes no element, closes none and starts no comment', () => {
    expect(page).not.toContain('<img')
    expect(page).not.toContain('<!--')
    expect(page.match(/<script>/g)).toHaveLength(1)
    expect(page).not.toContain('onerror=alert(1)>')
  })

  it('leaves every tag that this page has, in the same number as without it', () => {
    const tags = (text: string) =>
      text.match(/<\/?(script|style|pre|section|table|html|body|head)\b/g) ?? []
    const plain = renderReport(
      summarizeRun({
        header: { ...whole.header, source: { ...whole.header.source, overrides: ['a=1'] } },
        entries: () => whole.entries.values(),
      }),
      extras,
    )
    const difference = tags(page).filter(
      (tag) => tag === '<script' || tag === '<style' || tag === '<html',
    )
    expect(difference).toEqual(
      tags(plain).filter((tag) => tag === '<script' || tag === '<style' || tag === '<html'),
    )
    for (const name of ['pre', 'section', 'table', 'body', 'head']) {
      const opened = tags(page).filter((tag) => tag === `<${name}`).length
      expect(tags(page).filter((tag) => tag === `</${name}`)).toHaveLength(opened)
    }
  })

  it('runs no script but the page’s own', () => {
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;;[^"]*script-src &#39;sha256-/,
    )
  })
})

describe('the table of a large run', () => {
  const large = syntheticRun({ trials: 1200, epochs: 1, trouble: false })
  const summary = summarizeRun({ header: large.header, entries: () => large.entries.values() })

  it('has the best 500 and says so', () => {
    const rows = tabledTrials(summary)
    expect(rows).toHaveLength(500)
    expect(rows[0]?.trial).toBe(summary.selected)
    const kept = new Set(rows.map(({ trial }) => trial))
    const worst = rows.at(-1)?.metrics?.valAccuracy ?? 1
    for (const { trial, metrics } of summary.trials) {
      if (!kept.has(trial)) expect(metrics?.valAccuracy).toBeLessThanOrEqual(worst)
    }
    const text = words(renderReport(summary, extras), 'trials')
    expect(text).toContain('The best 500 of 1,200 trials are listed; the journal has all.')
  })

  it('links only to rows that it has', () => {
    const page = renderReport(summary, extras)
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${id}"`)
  })
})
