/** How to get the same again: commands, hashes, and the whole configuration. */
import { resumeCommand, shellQuoted } from '#src/store/run-folder.ts'
import { plural, timestamp } from './format.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import type { RunSummary } from './run-summary.ts'
import { copyable, type Section } from './section.ts'

/** Lines of configuration that are shown without a click. */
const openLines = 45

export interface ReproduceFacts {
  /** As a person would type it. */
  readonly runFolder: string
  /** The resolved experiment, as YAML. */
  readonly configYaml: string
}

export function reproduceSections(summary: RunSummary, facts: ReproduceFacts): Section[] {
  return [
    { id: 'reproduce', title: 'Reproduce', body: reproduceBody(summary, facts) },
    { id: 'config', title: 'Configuration', body: configBody(summary, facts.configYaml) },
  ]
}

function reproduceBody(summary: RunSummary, { runFolder }: ReproduceFacts): Html {
  const { source } = summary.header
  const overrides = source.overrides.map((override) => ` --set ${shellQuoted(override)}`).join('')
  const folder = runFolder.replace(/\/+$/, '')
  return html`<p class="muted">The same experiment again, from the file that it was started from:</p>
${copyable(`archloom run ${shellQuoted(source.path)}${overrides}`, 'command that reproduces the run')}
<p class="muted">The same from the run folder alone, every default written out:</p>
${copyable(`archloom run ${shellQuoted(`${folder}/config.resolved.yaml`)}`, 'command that reproduces the run from its folder')}
<p class="muted">${summary.status === 'finished' ? 'Check that its decisions follow from its observations, or resume a copy that was cut off:' : 'Continue it on the same trajectory, or check the decisions so far:'}</p>
${copyable(`archloom replay ${shellQuoted(runFolder)}\n${resumeCommand(runFolder)}`, 'commands that replay and resume the run')}
<div class="card">${provenance(summary)}</div>`
}

function provenance({ header, plan, environments, startedMs, lastMs }: RunSummary): Html {
  const facts: readonly (readonly [string, HtmlValue])[] = [
    ['archloom', header.archloomVersion],
    ['Seed', plan?.seed],
    ['Visibility', plan && `${plan.visibility.order}, window ${plan.visibility.window}`],
    ['Attempts', plan && `at most ${plural(plan.maxAttempts, 'attempt')} a trial`],
    ['Created', timestamp(header.createdMs)],
    ['First entry', startedMs !== null && timestamp(startedMs)],
    ['Last entry', lastMs !== null && timestamp(lastMs)],
    ['Resolved configuration', hash(header.documentHash)],
    ['Source file', hash(header.source.sha256)],
    ...environments.map(({ hash: value }) => ['Environment', hash(value)] as const),
  ]
  const known = facts.filter(
    ([, value]) => value !== null && value !== undefined && value !== false,
  )
  return html`<dl class="fact-list rows">${known.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

function hash(value: string): Html {
  return html`<code class="hash">${value}</code>`
}

function configBody({ header }: RunSummary, yaml: string): Html {
  const open = yaml.split('\n').length <= openLines && html` open`
  return html`<details class="config"${open}><summary>The resolved experiment, every default written out</summary>
${copyable(yaml.trimEnd(), 'resolved configuration')}
<p class="muted">SHA-256 of its canonical JSON: ${hash(header.documentHash)}</p></details>`
}
