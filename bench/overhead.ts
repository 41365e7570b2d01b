/**
 * What the bridge costs: the wall time of training the same children through archloom against one
 * plain PyTorch script that takes the same steps (`plain_training.py`), in turn, in one run.
 *
 *   npm run bench -- overhead [--rounds 3] [--seconds 10] [--json]
 *
 * Measured from the first dispatch to the last result, worker start-up left out on both sides. Aim:
 * at most 1.02 times for tasks of ten seconds, with one worker and with two.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { z } from 'zod'
import { resolveDocument } from '#src/config/resolve.ts'
import type { Extensions, LoadedExperiment } from '#src/config/schema.ts'
import { contentHash } from '#src/encoding/hash.ts'
import { resolveEnvironment } from '#src/environment/resolve.ts'
import type { OptimizerEntry } from '#src/optimizer/optimizer.ts'
import { runExperiment } from '#src/runner/run.ts'
import { median } from '#src/stats/quantile.ts'
import { readJournal } from '#src/store/journal.ts'
import { systemClock } from '#src/time/clock.ts'

/** Children of different sizes, so that the ratio is not that of one network. */
const cells = [
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|',
  '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|',
  '|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|',
  '|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|',
]

const plan = { channels: 8, batchSize: 64, trainCount: 899, valCount: 449, threads: 1 }

/** Proposes the children of this measurement, one after the other. */
const listedCells: OptimizerEntry = {
  name: 'listed-cells',
  summary: 'The children of this measurement',
  source: 'bench/overhead.ts',
  settings: z.strictObject({}),
  create: () => ({
    name: 'listed-cells',
    init: () => null,
    ask: (state, { trial, fullFidelity }) => [
      { architecture: cells[trial % cells.length] ?? '', fidelity: fullFidelity, origin: 'listed' },
      state,
    ],
    tell: (state) => state,
  }),
}

const PlainAnswer = z.object({
  seconds: z.number(),
  perChild: z.array(z.number()),
  parameterCounts: z.array(z.int()),
})

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
})

const { python } = await resolveEnvironment('cpu', { allowDrift: true })
const epochs = await epochsFor(Number(options.seconds))
const results = []
for (const workers of [1, 2]) {
  const rounds = []
  for (let round = 0; round < Number(options.rounds); round++) {
    // Which goes first alternates, so that a drifting machine favours neither.
    const archloomFirst = round % 2 === 0
    const first = archloomFirst ? await throughArchloom(workers) : await plainly(workers)
    const second = archloomFirst ? await plainly(workers) : await throughArchloom(workers)
    const [archloomSeconds, plainSeconds] = archloomFirst ? [first, second] : [second, first]
    rounds.push({ archloomSeconds, plainSeconds, ratio: archloomSeconds / plainSeconds })
  }
  const ratio = median(rounds.map((round) => round.ratio))
  results.push({
    workers,
    childSeconds: ((rounds[0]?.plainSeconds ?? 0) * workers) / cells.length,
    ratio,
    rounds,
  })
}
if (options.json) {
  process.stdout.write(`${JSON.stringify({ epochs, node: process.version, results }, null, 2)}\n`)
} else {
  process.stdout.write(`${cells.length} children of ${epochs} epochs each\n`)
  for (const { workers, childSeconds, ratio, rounds } of results) {
    const each = rounds.map((round) => round.ratio.toFixed(3)).join(' ')
    process.stdout.write(
      `${workers} worker${workers > 1 ? 's' : ' '}  a child ${childSeconds.toFixed(1)} s  archloom / plain ${ratio.toFixed(3)}  (${each})\n`,
    )
  }
}

/** As many epochs as make an average child last about so long. */
async function epochsFor(seconds: number): Promise<number> {
  const probe = 4
  const { seconds: taken } = await plainProcess(cells, probe).then(({ go }) => go())
  return Math.max(1, Math.round((seconds * probe * cells.length) / taken))
}

/** Seconds of wall time from the start of the first training to the end of the last. */
async function plainly(workers: number): Promise<number> {
  const shares = Array.from({ length: workers }, (_, worker) =>
    cells.filter((_, index) => index % workers === worker),
  )
  const processes = await Promise.all(shares.map((share) => plainProcess(share, epochs)))
  const clock = systemClock()
  const startMs = clock.monotonicMs()
  await Promise.all(processes.map(({ go }) => go()))
  return (clock.monotonicMs() - startMs) / 1000
}

async function plainProcess(share: readonly string[], epochCount: number) {
  const script = fileURLToPath(new URL('plain_training.py', import.meta.url))
  const threads = String(plan.threads)
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.write(`${JSON.stringify({ ...plan, cells: share, epochs: epochCount })}\n`)
  await lines.next()
  return {
    async go() {
      child.stdin.end('go\n')
      const answer = await lines.next()
      return PlainAnswer.parse(JSON.parse(String(answer.value)))
    },
  }
}

async function throughArchloom(workers: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'archloom-overhead-'))
  try {
    await runExperiment(listedExperiment(workers), { folder, logger: pino({ level: 'silent' }) })
    return searchSeconds(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function searchSeconds(folder: string): number {
  using journal = readJournal(folder)
  let firstMs = Number.NaN
  let lastMs = Number.NaN
  for (const { timeMs, event } of journal.entries()) {
    if (event.type === 'attempt-started' && Number.isNaN(firstMs)) firstMs = timeMs
    if (event.type === 'trial-finished') lastMs = timeMs
  }
  return (lastMs - firstMs) / 1000
}

function listedExperiment(workers: number): LoadedExperiment {
  const extensions: Extensions = { optimizers: [listedCells] }
  const document = resolveDocument(
    {
      version: 1,
      name: 'overhead',
      space: { name: 'nas-bench-201', cellsPerStage: 1, channels: plan.channels },
      optimizer: { name: 'listed-cells' },
      evaluator: {
        name: 'train',
        workers,
        threadsPerWorker: plan.threads,
        dataset: { name: 'digits', validationShare: 1 / 3, testShare: 0.25 },
        recipe: { batchSize: plan.batchSize, optimizer: { kind: 'sgd', learningRate: 0.05 } },
      },
      fidelity: { epochs },
      budget: { trials: cells.length },
      visibility: { window: workers },
    },
    extensions,
    'bench/overhead.ts',
  )
  const source = { path: fileURLToPath(import.meta.url), sha256: '', overrides: [] }
  return { document, hash: contentHash(document), extensions, source }
}
