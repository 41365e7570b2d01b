/** Compares runs that were made one by one, from their journals. */
import { z } from 'zod'
import { contentHash } from '#src/encoding/hash.ts'
import { canonicalJson, type Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { readJournal } from '#src/store/journal.ts'
import { cellName } from '#src/study/cells.ts'
import {
  type Difference,
  type Protocol,
  protocolDifferences,
  refuseConfounded,
} from '#src/study/protocol.ts'
import type { CellSummary, Study, StudyBenchmark, StudyMethod } from '#src/study/study.ts'
import { summarizeCell } from '#src/study/summary.ts'
import { type RunTrials, readRunTrials } from '../run-trials.ts'

const Named = z.looseObject({ name: z.string() })
const Document = z.looseObject({
  name: z.string(),
  seed: z.string(),
  space: Named,
  optimizer: Named,
  evaluator: Named,
})

interface ComparedRun {
  readonly folder: string
  readonly trials: RunTrials
  readonly seed: string
  readonly method: { readonly name: string; readonly settings: Json; readonly hash: string }
  readonly protocol: Protocol
}

/**
 * Puts finished runs side by side: those of one optimizer with the same settings are its seeds.
 *
 * @param folders - run folders
 * @param options.allowMixed - let runs of several environments be pooled; every table then says so
 * @throws confounded/comparison naming each difference in space, evaluator, data, split, budget,
 *   visibility or environment; config/usage for runs that are not finished, or two of one method and
 *   seed; store/* as journals do
 */
export function compareRuns(
  folders: readonly string[],
  { allowMixed = false }: { readonly allowMixed?: boolean } = {},
): Study {
  const runs = folders.map(readRun)
  const [first] = runs
  if (first === undefined || runs.length < 2) {
    throw new ArchloomError('config/usage', 'A comparison needs at least two run folders')
  }
  for (const run of runs) refuseDifferent(first, run, allowMixed)
  refuseTwice(runs)
  const methods = methodsOf(runs)
  const benchmark = benchmarkOf(runs, first, methods)
  const byCell = new Map<string, RunTrials>()
  const cells = runs.map((run): CellSummary => {
    const { hash } = run.method
    const method = methods.find((one) => one.hash === hash)?.label ?? ''
    const key = { method, benchmark: benchmark.label, seed: run.seed }
    byCell.set(cellName(key), run.trials)
    const { trajectory, incumbents, reason } = run.trials
    const fingerprint = [...run.trials.environments.keys()].join(' ')
    return summarizeCell({ key, trajectory, incumbents, reason, fingerprint })
  })
  return {
    name: 'runs',
    description: `${runs.length} runs`,
    methods,
    benchmarks: [benchmark],
    cells,
    missing: [],
    environments: environmentsOf(runs),
    trajectory(key) {
      const found = byCell.get(cellName(key))
      if (found) return found.trajectory
      throw new ArchloomError('config/usage', `No run has seed ${key.seed} of ${key.method}`)
    },
  }
}

function readRun(folder: string): ComparedRun {
  using journal = readJournal(folder)
  const { header } = journal
  const { seed, space, optimizer, evaluator } = Document.parse(header.document)
  const trials = readRunTrials(journal, folder)
  const { name, ...settings } = optimizer
  const { plan, dataset } = trials
  return {
    folder,
    trials,
    seed,
    method: {
      name,
      // A stored document is JSON.
      settings: settings as Json,
      hash: contentHash({ name, settings }),
    },
    protocol: {
      space: space as Json,
      evaluator: evaluator as Json,
      data: dataset as Json,
      budget: plan.budget as Json,
      visibility: plan.visibility as Json,
      fidelity: plan.fidelity as Json,
      maxAttempts: plan.maxAttempts,
    },
  }
}

function refuseDifferent(first: ComparedRun, other: ComparedRun, allowMixed: boolean): void {
  refuseConfounded(
    `The runs in ${first.folder} and ${other.folder}`,
    protocolDifferences(first.protocol, other.protocol),
    'compare runs that differ in optimizer and seed alone',
  )
  if (allowMixed) return
  refuseConfounded(
    `The runs in ${first.folder} and ${other.folder}`,
    environmentDifferences(first.trials, other.trials),
    'repeat one of them, or say --allow-mixed, which every table then says too',
  )
}

/** Of the facts that decide; what is only recorded may differ. */
function environmentDifferences(first: RunTrials, other: RunTrials): readonly Difference[] {
  const known = new Set(first.environments.keys())
  const [expected] = first.environments.values()
  return [...other.environments].flatMap(([hash, fingerprint]) =>
    known.has(hash) ? [] : protocolDifferences(decisive(expected), decisive(fingerprint)),
  )
}

const Facts = z.record(z.string(), z.json())

function decisive(fingerprint: unknown): Protocol {
  const facts = Facts.safeParse(fingerprint).data ?? {}
  return Facts.safeParse(facts.critical).data ?? facts
}

function refuseTwice(runs: readonly ComparedRun[]): void {
  for (const [index, run] of runs.entries()) {
    const twin = runs
      .slice(0, index)
      .find(({ seed, method }) => seed === run.seed && method.hash === run.method.hash)
    if (twin === undefined) continue
    throw new ArchloomError(
      'config/usage',
      `The runs in ${twin.folder} and ${run.folder} are the same search: ${run.method.name} with seed ${run.seed}; give one of them`,
    )
  }
}

/** Each optimizer and its settings once, labelled by what tells it from others of its name. */
function methodsOf(runs: readonly ComparedRun[]): readonly StudyMethod[] {
  const kinds = [...new Map(runs.map(({ method }) => [method.hash, method])).values()]
  return kinds.map(({ name, settings, hash }) => {
    const namesakes = kinds.filter((kind) => kind.name === name)
    const seeds = runs.filter((run) => run.method.hash === hash).map(({ seed }) => seed)
    return {
      label: namesakes.length === 1 ? name : `${name} ${differing(settings, namesakes)}`,
      name,
      settings,
      hash,
      seeds: seeds.toSorted((a, b) => Number(BigInt(a) - BigInt(b))),
      isControl: isPlainControl(name, settings),
      variant: null,
    }
  })
}

/** Whether it is plain random search, as in a study. */
function isPlainControl(name: string, settings: Json): boolean {
  const control = optimizerCatalog.find((entry) => entry.name === name && entry.isControl === true)
  return (
    control !== undefined &&
    canonicalJson(settings) === canonicalJson(control.settings.parse({}) as Json)
  )
}

function differing(settings: Json, namesakes: readonly { readonly settings: Json }[]): string {
  const own = Facts.parse(settings)
  const others = namesakes.map((namesake) => Facts.parse(namesake.settings))
  const keys = Object.keys(own).filter((key) =>
    others.some((other) => canonicalJson(other[key] ?? null) !== canonicalJson(own[key] ?? null)),
  )
  return keys.map((key) => `${key}=${JSON.stringify(own[key])}`).join(', ')
}

function benchmarkOf(
  runs: readonly ComparedRun[],
  { protocol, trials }: ComparedRun,
  methods: readonly StudyMethod[],
): StudyBenchmark {
  const lastTrial = Math.max(...runs.map((run) => run.trials.trajectory.trialCount))
  const { plan, simulation, incumbents } = trials
  const space = Named.parse(protocol.space)
  return {
    label: space.name,
    description:
      simulation?.description ?? `${space.name}, ${Named.parse(protocol.evaluator).name}`,
    mark: simulation?.mark ?? null,
    protocol,
    hash: contentHash(protocol),
    hasSeconds: simulation?.hasSeconds ?? true,
    hasTest: !Number.isNaN(incumbents.testAccuracies.at(-1) ?? Number.NaN),
    trialLimit: plan.budget.trials ?? null,
    // The end of every run: the test was measured there alone.
    checkpoints: { trials: [lastTrial], costSeconds: [] },
    optimum: { valAccuracy: null, testAccuracy: null },
    randomSearch: null,
    methods: methods.map(({ label }) => label),
    notApplicable: {},
  }
}

function environmentsOf(runs: readonly ComparedRun[]): Study['environments'] {
  return Object.fromEntries(
    runs.flatMap(({ trials }) =>
      [...trials.environments].map(([hash, fingerprint]) => [hash, fingerprint as Json]),
    ),
  )
}
