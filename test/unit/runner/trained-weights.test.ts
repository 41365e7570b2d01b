/** Runs whose trials start from the weights of others: what is kept, for how long, and after a stop. */
import { readdirSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resolveDocument } from '#src/config/resolve.ts'
import type { ExperimentInput, LoadedExperiment } from '#src/config/schema.ts'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import type { Evaluator, EvaluatorEntry } from '#src/evaluator/evaluator.ts'
import type { JournalEntry } from '#src/experiment/experiment.ts'
import { Random } from '#src/random/random.ts'
import { replayRun, resumeRun, runExperiment } from '#src/runner/run.ts'
import { trainedWeights } from '#src/runner/trained-weights.ts'
import { readJournal } from '#src/store/journal.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { share } from '#test/fixtures/cell-experiment.ts'
import { toyPlan, toyResult, trajectory } from '#test/fixtures/simulated-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const logger = pino({ level: 'silent' })
const populationSize = 6
const slots = 3
const trials = 90

interface Hooks {
  /** Called with the number of evaluations begun so far, in this process. */
  readonly onEvaluation?: (count: number) => void
  /** Called with how many files there are whenever one was written. */
  readonly onFiles?: (count: number) => void
  readonly inheritsWeights?: boolean
}

/**
 * "Weights" are a file with a text that depends on the architecture, the seed and the weights of the
 * parent, and so on the whole line of ancestors; the accuracy depends on them.
 */
function heirEvaluator({
  onEvaluation,
  onFiles,
  inheritsWeights = true,
}: Hooks): EvaluatorEntry<z.ZodType> {
  return {
    name: 'heirs',
    summary: 'Stands for a training',
    settings: z.strictObject({}),
    hasTest: () => false,
    inheritsWeights: () => inheritsWeights,
    async start(_settings, { runFolder }): Promise<Evaluator> {
      const folder = join(runFolder, 'artifacts')
      await mkdir(folder, { recursive: true })
      let count = 0
      return {
        name: 'heirs',
        slots,
        fingerprints: new Map([['toy', { toy: true }]]),
        async evaluate({ trial, architecture, seed, weightsFrom, signal }) {
          onEvaluation?.(count++)
          const parent =
            weightsFrom && (await readFile(join(runFolder, weightsFrom.checkpoint.path), 'utf8'))
          if (weightsFrom) expect(sha256(parent ?? '')).toBe(weightsFrom.checkpoint.sha256)
          const draw = share(`${architecture} ${seed}`)
          if (draw < 0.1) throw new AttemptFailure({ kind: 'diverged', message: 'The toy failed' })
          await new Promise((resolve) => setImmediate(resolve))
          if (signal.aborted) throw new AttemptFailure({ kind: 'cancelled', message: 'Stopped' })
          const weights = sha256(`${parent ?? 'fresh'} ${architecture} ${seed}`)
          const path = `artifacts/${trial}`
          await writeFile(join(runFolder, path), weights)
          onFiles?.((await readdir(folder)).length)
          return {
            metrics: { valAccuracy: share(weights) },
            cost: { seconds: 1, epochs: 1 },
            curve: [],
            checkpoint: { path, sha256: sha256(weights) },
            fingerprint: 'toy',
          }
        },
        retainWeights(needed) {
          // What is written from now on is of trials under way.
          const doomed = readdirSync(folder).filter((name) => !needed.has(Number(name)))
          for (const name of doomed) rmSync(join(folder, name))
        },
        async [Symbol.asyncDispose]() {},
      }
    },
  }
}

function experiment(
  hooks: Hooks = {},
  order: 'ordered' | 'arrival' = 'ordered',
  settings = {},
): LoadedExperiment {
  const extensions = { evaluators: [heirEvaluator(hooks)] }
  const input: ExperimentInput = {
    version: 1,
    name: 'heirs',
    seed: 5,
    space: { name: 'chain' },
    optimizer: { name: 'large-scale-evolution', populationSize, ...settings },
    evaluator: { name: 'heirs' },
    budget: { trials },
    visibility: { order, window: 4 },
  }
  const document = resolveDocument(input, extensions, 'heirs.ts')
  return {
    document,
    hash: contentHash(document),
    extensions,
    source: { path: 'heirs.ts', sha256: sha256('heirs'), overrides: [] },
  }
}

function entriesOf(folder: string): readonly JournalEntry[] {
  using journal = readJournal(folder)
  return [...journal.entries()]
}

function proposalsOf(folder: string) {
  return entriesOf(folder).flatMap(({ event }) =>
    event.type === 'trial-proposed' ? [event.proposal] : [],
  )
}

describe('a run whose trials inherit', () => {
  it('keeps the weights of the living and of what is under way, and at its end the best', async () => {
    await using temporary = await temporaryFolder()
    const folder = temporary.path
    let most = 0
    const onFiles = (count: number) => {
      most = Math.max(most, count)
    }
    const { status, best } = await runExperiment(experiment({ onFiles }), { folder, logger })
    expect(status).toBe('finished')
    const heirs = proposalsOf(folder).filter(({ weightsFrom }) => weightsFrom !== undefined)
    expect(heirs.length).toBeGreaterThan(trials / 2)
    // The living, four under way or untold, their parents that died meanwhile, and the one just written.
    expect(most).toBeLessThanOrEqual(populationSize + 4 + 4 + 1)
    expect(await readdir(join(folder, 'artifacts'))).toEqual([String(best?.trial)])
    expect(replayRun(folder, { evaluators: [heirEvaluator({})] }).proposalCount).toBe(trials)
  })

  it.each(['ordered', 'arrival'] as const)(
    'goes on with them after it was stopped again and again, %s',
    async (order) => {
      await using temporary = await temporaryFolder()
      const whole = join(temporary.path, 'whole')
      await runExperiment(experiment({}, order), { folder: whole, logger })
      const folder = join(temporary.path, 'stopped')
      const random = Random.named(8, 'stops', order)
      let stops = 0
      for (let isOver = false; !isOver; ) {
        const stopping = new AbortController()
        const last = random.int(12)
        const onEvaluation = (count: number) => {
          if (count === last) stopping.abort()
        }
        const { extensions } = experiment({ onEvaluation })
        const options = { folder, logger, extensions, signal: stopping.signal }
        const session =
          stops === 0
            ? runExperiment(experiment({ onEvaluation }, order), options)
            : resumeRun(options)
        isOver = await session.then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'run/interrupted' })
            stops += 1
            return false
          },
        )
      }
      expect(stops).toBeGreaterThan(5)
      if (order === 'ordered') {
        expect(trajectory(entriesOf(folder))).toBe(trajectory(entriesOf(whole)))
      }
      expect(await readdir(join(folder, 'artifacts'))).toHaveLength(1)
    },
  )
})

describe('a run whose trials inherit nothing', () => {
  it.each([
    ['the evaluator cannot hand weights on', { inheritsWeights: false }, {}],
    ['the optimizer is told not to', {}, { inheritWeights: false }],
    ['the optimizer never does', {}, { name: 'regularized-evolution', sampleSize: 3 }],
  ])('is one where %s; it keeps the best alone', async (_, hooks, settings) => {
    await using temporary = await temporaryFolder()
    const folder = temporary.path
    let most = 0
    const onFiles = (count: number) => {
      most = Math.max(most, count)
    }
    const run = experiment({ ...hooks, onFiles }, 'ordered', settings)
    await runExperiment(run, { folder, logger })
    expect(proposalsOf(folder).every(({ weightsFrom }) => weightsFrom === undefined)).toBe(true)
    expect(JSON.stringify(entriesOf(folder)[0])).not.toContain('inheritsWeights')
    // The best, and those under way.
    expect(most).toBeLessThanOrEqual(1 + 4 + 1)
    expect(await readdir(join(folder, 'artifacts'))).toHaveLength(1)
  })
})

describe('trained weights', () => {
  it('are known from the proposal and the result, and no longer once they are let go of', () => {
    const weights = trainedWeights()
    const proposal = { architecture: 'max2', fidelity: { epochs: 1 }, origin: 'toy' }
    const checkpoint = { path: 'artifacts/3', sha256: '00' }
    const plan = { ...toyPlan, inheritsWeights: true as const }
    weights.see({ type: 'run-started', plan })
    weights.see({ type: 'trial-proposed', trial: 3, told: 0, proposal })
    expect(() => weights.of(3)).toThrow(/weights of trial 3 are asked for, but it left none/)
    const result = { ...toyResult(3, 0.5), checkpoint }
    weights.see({ type: 'trial-finished', trial: 3, attempt: 0, result })
    expect(weights.of(3)).toEqual({ trial: 3, architecture: 'max2', checkpoint })
    weights.retain(new Set([3, 4]))
    expect(weights.of(3).trial).toBe(3)
    weights.retain(new Set([4]))
    expect(() => weights.of(3)).toThrow(/let go of/)
  })
})
