/**
 * The long form of the fault-injection suite: every scenario of test/fixtures/faults several times, and
 * five hundred kills over one run. docs/robustness.md has its figures.
 *
 * `npm run bench -- faults [--rounds 5] [--kills 500] [--training-kills 60] [--only TEXT] [--out FILE]` prints one line a
 * scenario and writes bench/results/faults.json.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { projectFolder } from '#src/environment/folders.ts'
import { replayRun, runExperiment } from '#src/runner/run.ts'
import { readJournal } from '#src/store/journal.ts'
import { cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'
import { archloom } from '#test/fixtures/command-line.ts'
import { Arena } from '#test/fixtures/faults/arena.ts'
import { faultScenarios } from '#test/fixtures/faults/catalog.ts'
import {
  cheapRun,
  type KillReport,
  killCampaign,
  trainingRun,
} from '#test/fixtures/faults/kill-campaign.ts'
import { pooledDocument } from '#test/fixtures/faults/pooled-run.ts'
import type { FaultScenario, Figures } from '#test/fixtures/faults/scenario.ts'
import { trajectory as trainingTrajectory } from '#test/fixtures/run-events.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

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
      'training-kills': { type: 'string', default: '60' },
      only: { type: 'string', default: '' },
      out: { type: 'string', default: join(import.meta.dirname, 'results/faults.json') },
    },
  })
  const chosen = faultScenarios.filter(({ name }) => name.includes(values.only))
  const scenarios: Played[] = []
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
  const write = (kills: readonly unknown[]) =>
    writeFileSync(values.out, `${JSON.stringify({ machine, scenarios, kills }, null, 2)}\n`)
  for (const scenario of chosen) {
    const played = await playAll(scenario, Number(values.rounds))
    scenarios.push(played)
    write([])
    console.log(line(played))
  }
  const kills = await killAll(Number(values.kills), Number(values['training-kills']))
  for (const campaign of kills) console.log(JSON.stringify(campaign))
  write(kills)
  const failed = scenarios.some(({ failures }) => failures.length > 0)
  process.exitCode = failed || kills.some(({ holds }) => holds !== true) ? 1 : 0
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

/** The two campaigns: many kills over cheap trials, and some over real trainings. */
async function killAll(kills: number, trainingKills: number) {
  const campaigns: Record<string, unknown>[] = []
  if (kills > 0) campaigns.push(await killCheapRun(kills))
  if (trainingKills > 0) campaigns.push(await killTraining(trainingKills))
  return campaigns
}

async function killCheapRun(kills: number) {
  await using calm = await temporaryFolder()
  await using stormy = await temporaryFolder()
  const trials = 10 * kills
  await runExperiment(cellExperiment(pooledDocument(trials)), {
    folder: join(calm.path, 'run'),
    logger: pino({ level: 'silent' }),
  })
  using undisturbed = readJournal(join(calm.path, 'run'))
  const plan = { folder: stormy.path, kills, seed: 1, ...cheapRun(trials) }
  const report = await killCampaign(plan)
  const { proposalCount } = replayRun(join(stormy.path, 'run'), cellExtensions())
  const isReplayed = proposalCount === trials
  const isSame = isReplayed && trajectory(report.entries) === trajectory(undisturbed.entries())
  return judged('a run of cheap trials', report, { trials, kills, isSame })
}

async function killTraining(kills: number) {
  await using calm = await temporaryFolder()
  await using stormy = await temporaryFolder()
  // Long enough that a fast machine does not finish before the kills are spent.
  const trials = 16 * kills
  const args = [join(projectFolder(), 'configs/quickstart.yaml')]
  const settings = [`budget.trials=${trials}`, 'fidelity.epochs=2', 'maxAttempts=1000']
  const all = [...args, ...settings.flatMap((setting) => ['--set', setting])]
  const undisturbed = join(calm.path, 'run')
  const { status, stderr } = archloom(['run', ...all, '--out', undisturbed])
  if (status !== 0) throw new Error(stderr)
  const plan = { folder: stormy.path, kills, seed: 2, ...trainingRun(all) }
  const report = await killCampaign(plan)
  const course = (folder: string) => JSON.stringify(trainingTrajectory(folder))
  const isReplayed = replayRun(join(stormy.path, 'run')).proposalCount === trials
  const isSame = isReplayed && course(join(stormy.path, 'run')) === course(undisturbed)
  return judged('a search that trains in PyTorch', report, { trials, kills, isSame })
}

function judged(
  name: string,
  { entries, ...report }: KillReport,
  {
    trials,
    kills,
    isSame,
  }: { readonly trials: number; readonly kills: number; readonly isSame: boolean },
) {
  const isClean = report.processesLeft.length === 0 && report.filesLeft.length === 0
  const isSpent = report.orchestratorKills + report.workerKills === kills
  const holds = isSpent && isSame && isClean && report.keptAll && report.repeated.length === 0
  return { name, holds, isSameTrajectory: isSame, trials, entryCount: entries.length, ...report }
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
