/**
 * The long form of the fault-injection suite: every scenario of test/fixtures/faults several times, and
 * five hundred kills over one run. docs/robustness.md has its figures.
 *
 * `npm run bench -- faults [--rounds 5] [--kills 500] [--only TEXT] [--out FILE]` prints one line a
 * scenario and writes bench/results/faults.json.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { runExperiment } from '#src/runner/run.ts'
import { readJournal } from '#src/store/journal.ts'
import { cellExperiment } from '#test/fixtures/cell-experiment.ts'
import { Arena } from '#test/fixtures/faults/arena.ts'
import { faultScenarios } from '#test/fixtures/faults/catalog.ts'
import { killCampaign } from '#test/fixtures/faults/kill-campaign.ts'
import { pooledDocument } from '#test/fixtures/faults/pooled-run.ts'
import type { FaultScenario, Figures } from '#test/fixtures/faults/scenario.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'

interface Played {
  readonly name: string
  readonly injected: string
  readonly holds: string
  readonly rounds: number
  /** Rounds in which something did not hold, with what. */
  readonly failures: readonly string[]
  /** Medians and maxima over the rounds. */
  readonly figures: Readonly<Record<string, { readonly median: number; readonly max: number }>>
  readonly skipped?: string
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      kills: { type: 'string', default: '500' },
      only: { type: 'string', default: '' },
      out: { type: 'string', default: join(import.meta.dirname, 'results/faults.json') },
    },
  })
  const chosen = faultScenarios.filter(({ name }) => name.includes(values.only))
  const scenarios: Played[] = []
  for (const scenario of chosen) {
    const played = await playAll(scenario, Number(values.rounds))
    scenarios.push(played)
    console.log(line(played))
  }
  const kills = Number(values.kills) > 0 ? await killAll(Number(values.kills)) : null
  if (kills !== null) console.log(JSON.stringify(kills))
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
  writeFileSync(values.out, `${JSON.stringify({ machine, scenarios, kills }, null, 2)}\n`)
  const failed = scenarios.some(({ failures }) => failures.length > 0)
  process.exitCode = failed || kills?.holds === false ? 1 : 0
}

async function playAll(scenario: FaultScenario, rounds: number): Promise<Played> {
  const { name, injected, holds } = scenario
  const skipped = scenario.missing?.() ?? undefined
  const facts = { name, injected, holds }
  if (skipped !== undefined) return { ...facts, rounds: 0, failures: [], figures: {}, skipped }
  const failures: string[] = []
  const found: Figures[] = []
  const arena = new Arena('long')
  for (let round = 0; round < rounds; round++) {
    try {
      found.push(await scenario.play(arena))
    } catch (error) {
      failures.push(`round ${round}: ${error instanceof Error ? error.message : error}`)
    }
  }
  await arena.end().catch((error: unknown) => failures.push(`afterwards: ${error}`))
  return { ...facts, rounds, failures, figures: summary(found) }
}

function summary(rounds: readonly Figures[]): Played['figures'] {
  const names = [...new Set(rounds.flatMap((figures) => Object.keys(figures)))]
  return Object.fromEntries(
    names.map((name) => {
      const values = rounds.flatMap((figures) => figures[name] ?? []).sort((a, b) => a - b)
      const median = values[Math.floor(values.length / 2)] ?? 0
      return [name, { median, max: values.at(-1) ?? 0 }]
    }),
  )
}

async function killAll(kills: number) {
  const folder = mkdtempSync(join(tmpdir(), 'archloom-kills-'))
  const calm = mkdtempSync(join(tmpdir(), 'archloom-kills-'))
  const trials = 10 * kills
  try {
    await runExperiment(cellExperiment(pooledDocument(trials)), {
      folder: join(calm, 'run'),
      logger: pino({ level: 'silent' }),
    })
    using undisturbed = readJournal(join(calm, 'run'))
    const { entries, ...report } = await killCampaign({ folder, kills, trials, seed: 1 })
    const isSame = trajectory(entries) === trajectory(undisturbed.entries())
    const isClean = report.processesLeft.length === 0 && report.filesLeft.length === 0
    const holds = isSame && isClean && report.keptAll && report.repeated.length === 0
    return { holds, isSameTrajectory: isSame, trials, entryCount: entries.length, ...report }
  } finally {
    for (const path of [folder, calm]) rmSync(path, { recursive: true, force: true })
  }
}

function line({ name, rounds, failures, figures, skipped }: Played): string {
  if (skipped !== undefined) return `- ${name}: skipped, ${skipped}`
  const verdict = failures.length === 0 ? 'holds' : `FAILS: ${failures.join('; ')}`
  const shown = Object.entries(figures).map(
    ([figure, { median, max }]) => `${figure} ${median} (max ${max})`,
  )
  return `- ${name}, ${rounds} times: ${verdict}; ${shown.join(', ')}`
}

await main()
