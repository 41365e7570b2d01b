/**
 * What inheriting weights is worth: large-scale evolution with real training on digits, with and without,
 * by the best validation accuracy after so many epochs of training in all.
 *
 *   npm run bench -- inheritance [--seeds 10] [--trials 80] [--epochs 2] [--json]
 *
 * Both arms have the same settings, seeds and start; they differ in `inheritWeights` alone. An heir's
 * accuracy has its ancestors' training in it, so epochs are counted over the whole search, and what the
 * two arms select is trained anew at the end, for as long as each other, to be compared as networks.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { z } from 'zod'
import { resolveDocument } from '#src/config/resolve.ts'
import type { ExperimentInput, Extensions, LoadedExperiment } from '#src/config/schema.ts'
import { contentHash } from '#src/encoding/hash.ts'
import type { OptimizerEntry } from '#src/optimizer/optimizer.ts'
import { runExperiment } from '#src/runner/run.ts'
import { moments, wilcoxonSignedRank } from '#src/stats/paired-test.ts'
import { median } from '#src/stats/quantile.ts'
import { readJournal } from '#src/store/journal.ts'

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '10' },
    trials: { type: 'string', default: '80' },
    epochs: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed)
const trials = Number(options.trials)
const epochs = Number(options.epochs)
const levels = [0.9, 0.95, 0.97]
const anewEpochs = 30

const settings: ExperimentInput = {
  version: 1,
  name: 'inheritance',
  seed: 0,
  space: {
    name: 'multi-branch',
    maxLayers: 8,
    stemChannels: 16,
    operations: ['conv3-16', 'conv5-16', 'conv3s2-16', 'conv3-32', 'conv5-32', 'conv3s2-32'],
  },
  optimizer: { name: 'large-scale-evolution', populationSize: 10 },
  evaluator: {
    name: 'train',
    workers: 1,
    dataset: { name: 'digits' },
    recipe: {
      batchSize: 50,
      schedule: { kind: 'constant' },
      optimizer: { kind: 'sgd', learningRate: 0.02, momentum: 0.9, nesterov: false },
    },
  },
  budget: { trials },
  fidelity: { epochs },
}

/** Proposes what it is given, one after the other. */
const listed: OptimizerEntry = {
  name: 'listed',
  summary: 'The networks of this measurement',
  source: 'bench/inheritance.ts',
  settings: z.strictObject({ architectures: z.array(z.string()) }),
  create: (_space, { architectures }) => ({
    name: 'listed',
    init: () => null,
    ask: (state, { trial, fullFidelity }) => [
      { architecture: architectures[trial] ?? '', fidelity: fullFidelity, origin: 'listed' },
      state,
    ],
    tell: (state) => state,
  }),
}

const arms = [true, false].map((inheritWeights) => ({
  name: inheritWeights ? 'inherited' : 'fresh',
  optimizer: { ...settings.optimizer, inheritWeights },
}))
const measured: Arm[] = []
for (const { name, optimizer } of arms) {
  const runs = []
  for (const seed of seeds) runs.push(await search({ ...settings, seed, optimizer }))
  const anew = await trainAnew(runs.map(({ selected }) => selected))
  measured.push({ name, runs: runs.map((run, index) => ({ ...run, anew: anew[index] ?? 0 })) })
}
report()

interface Arm {
  readonly name: string
  readonly runs: readonly (SearchRun & { readonly anew: number })[]
}

interface SearchRun {
  /** Best validation accuracy so far, after each trial. */
  readonly best: readonly number[]
  readonly selected: string
  readonly testAccuracy: number
}

async function search(input: ExperimentInput): Promise<SearchRun> {
  const { results, selected, testAccuracy } = await run(input, {})
  let best = 0
  const curve = results.map((accuracy) => {
    best = Math.max(best, accuracy)
    return best
  })
  return { best: curve, selected, testAccuracy }
}

/** Validation accuracies of networks trained from scratch, each as long. */
async function trainAnew(architectures: readonly string[]): Promise<readonly number[]> {
  const input: ExperimentInput = {
    ...settings,
    optimizer: { name: 'listed', architectures: [...architectures] },
    budget: { trials: architectures.length },
    fidelity: { epochs: anewEpochs },
  }
  return (await run(input, { optimizers: [listed] })).results
}

async function run(input: ExperimentInput, extensions: Extensions) {
  const folder = await mkdtemp(join(tmpdir(), 'archloom-inheritance-'))
  try {
    const document = resolveDocument(input, extensions, 'inheritance.ts')
    const hash = contentHash(document)
    const source = { path: 'inheritance.ts', sha256: hash, overrides: [] }
    const experiment: LoadedExperiment = { document, hash, extensions, source }
    const logger = pino({ level: 'silent' })
    const { best } = await runExperiment(experiment, { folder, logger, allowMixed: true })
    using journal = readJournal(folder)
    const results = Array.from({ length: input.budget.trials ?? 0 }, () => 0)
    for (const { event } of journal.entries()) {
      if (event.type === 'trial-finished') {
        results[event.trial] = event.result.metrics.valAccuracy
      }
    }
    return {
      results,
      selected: best?.architecture ?? '',
      testAccuracy: best?.testAccuracy ?? 0,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function report(): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ settings, measured }, null, 2)}\n`)
    return
  }
  const line = (text: string) => process.stdout.write(`${text}\n`)
  line(`${seeds.length} seeds, ${trials} trials of ${epochs} epochs`)
  for (const share of [0.25, 0.5, 1]) {
    const place = Math.round(share * trials) - 1
    compare(`best after ${(place + 1) * epochs} epochs`, ({ best }) => best[place] ?? 0)
  }
  compare('test accuracy of the selected', ({ testAccuracy }) => testAccuracy)
  compare(`the selected, ${anewEpochs} epochs anew`, ({ anew }) => anew)
  for (const level of levels) {
    const counts = measured.map(({ name, runs }) => {
      const reached = runs.map(({ best }) => best.findIndex((accuracy) => accuracy >= level))
      const spent = reached.map((trial) => (trial < 0 ? trials + 1 : trial + 1) * epochs)
      const never = reached.filter((trial) => trial < 0).length
      const middle = median(spent)
      return `${name} ${middle > trials * epochs ? 'more than all' : middle} (${never} never)`
    })
    line(`median epochs to ${level}: ${counts.join(', ')}`)
  }

  function compare(what: string, read: (run: Arm['runs'][number]) => number) {
    const [one = [], two = []] = measured.map(({ runs }) => runs.map(read))
    const words = measured.map(({ name, runs }) => {
      const { mean, deviation } = moments(runs.map(read))
      return `${name} ${mean.toFixed(4)} +- ${deviation.toFixed(4)}`
    })
    const { pValue } = wilcoxonSignedRank(one.map((value, index) => value - (two[index] ?? 0)))
    line(`${what}: ${words.join(', ')}; p ${pValue.toFixed(4)}`)
  }
}
