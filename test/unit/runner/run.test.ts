import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ExperimentInput } from '#src/config/schema.ts'
import { contentHash } from '#src/encoding/hash.ts'
import type { JournalEntry } from '#src/experiment/experiment.ts'
import { RunResult } from '#src/runner/result.ts'
import { type RunOptions, replayRun, resumeRun, runExperiment } from '#src/runner/run.ts'
import type { RunSnapshot } from '#src/runner/snapshot.ts'
import { createJournal, readJournal } from '#src/store/journal.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { systemClock } from '#src/time/clock.ts'
import { type CellHooks, cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const logger = pino({ level: 'silent' })
let temporary: TemporaryFolder
let folder: string

beforeEach(async () => {
  temporary = await temporaryFolder()
  folder = join(temporary.path, 'run')
})
afterEach(() => temporary[Symbol.asyncDispose]())

function run(
  changes: Partial<ExperimentInput> = {},
  hooks: CellHooks = {},
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  return runExperiment(cellExperiment(changes, hooks), { folder, logger, ...options })
}

function resume(hooks: CellHooks = {}, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return resumeRun({ folder, logger, extensions: cellExtensions(hooks), ...options })
}

function entries(of = folder): JournalEntry[] {
  using journal = readJournal(of)
  return [...journal.entries()]
}

function types(): string[] {
  return entries().map(({ event }) => event.type)
}

const parallel: Partial<ExperimentInput> = {
  evaluator: { name: 'cell-function', slots: 3, failures: true, points: 1 },
  visibility: { window: 4 },
}

/** The same experiment in a folder of its own, undisturbed. */
async function undisturbed(changes: Partial<ExperimentInput>): Promise<string> {
  const other = join(temporary.path, 'undisturbed')
  await run(changes, {}, { folder: other })
  return trajectory(entries(other))
}

describe('a run', () => {
  test('ends with the best trial, tested once, and says so in its files', async () => {
    const result = await run()
    const files = runFiles(folder)
    expect(JSON.parse(readFileSync(files.result, 'utf8'))).toEqual(result)
    expect(RunResult.parse(result)).toEqual(result)
    expect(result).toMatchObject({
      name: 'cells',
      status: 'finished',
      seed: '7',
      trials: { proposed: 20, ended: 20, byOutcome: { completed: 20 } },
      budget: { limits: { trials: 20 }, spent: { trials: 20, epochs: 20 } },
      confounded: false,
    })
    const accuracies = entries().flatMap(({ event }) =>
      event.type === 'trial-finished' ? [event.result.metrics.valAccuracy] : [],
    )
    expect(result.best?.valAccuracy).toBe(Math.max(...accuracies))
    expect(result.best?.testAccuracy).toBe((result.best?.valAccuracy ?? 0) * 0.9)
    expect(types().filter((type) => type === 'test-measured')).toHaveLength(1)
    expect(types().at(-1)).toBe('run-finished')
  })

  test('leaves a resolved document that hashes to what the result says', async () => {
    const result = await run()
    const document = parse(readFileSync(runFiles(folder).config, 'utf8'))
    expect(contentHash(document)).toBe(result.documentHash)
    expect(document.optimizer).toMatchObject({ populationSize: 8, removal: 'oldest' })
    expect(JSON.parse(readFileSync(runFiles(folder).environment, 'utf8'))).toEqual({
      [result.fingerprints[0] ?? '']: { machine: 'toy' },
    })
    expect(existsSync(runFiles(folder).artifacts)).toBe(true)
  })

  test('is the same with one slot or many, fast or slow', async () => {
    const expected = await undisturbed(parallel)
    let turn = 0
    await run(
      { ...parallel, evaluator: { name: 'cell-function', slots: 4, failures: true } },
      { delay: async () => await turns((turn++ * 7) % 5) },
    )
    expect(trajectory(entries())).toBe(expected)
  })

  test('never starts more than its slots, and uses them all', async () => {
    let now = 0
    let most = 0
    await run(
      { evaluator: { name: 'cell-function', slots: 3 }, visibility: { window: 8 } },
      {
        before: () => {
          now += 1
          most = Math.max(most, now)
        },
        delay: async () => {
          await turns(2)
          now -= 1
        },
      },
    )
    expect(most).toBe(3)
  })

  test('commits each start before the evaluator hears of it', async () => {
    await run(parallel, {
      before: ({ trial, attempt }) => {
        const started = entries().some(
          ({ event }) =>
            event.type === 'attempt-started' && event.trial === trial && event.attempt === attempt,
        )
        expect(started).toBe(true)
      },
      beforeTest: () => expect(types().at(-1)).toBe('trial-selected'),
    })
    expect(types().at(-1)).toBe('run-finished')
  })

  test('gives every attempt of a trial the same seed, and each trial another', async () => {
    const seeds = new Map<number, Set<string>>()
    await run(parallel, {
      before: ({ trial, seed }) => {
        seeds.set(trial, (seeds.get(trial) ?? new Set()).add(seed))
      },
    })
    const attempts = entries().filter(({ event }) => event.type === 'attempt-started')
    expect(attempts.length).toBeGreaterThan(20)
    expect([...seeds.values()].every(({ size }) => size === 1)).toBe(true)
    expect(new Set([...seeds.values()].flatMap((set) => [...set])).size).toBe(20)
  })

  test('records progress, and leaves out what is invalid or late', async () => {
    let late: (() => void) | undefined
    await run(
      { evaluator: { name: 'cell-function', points: 2 }, budget: { trials: 3 } },
      {
        before: ({ onProgress }) => {
          late?.()
          const point = {
            epoch: 1,
            trainLoss: Number.NaN,
            trainAccuracy: 0,
            valLoss: 0,
            valAccuracy: 0,
            learningRate: 0,
            seconds: 0,
          }
          onProgress(point)
          late = () => onProgress({ ...point, trainLoss: 77 })
        },
      },
    )
    const points = entries().flatMap(({ event }) =>
      event.type === 'trial-progressed' ? [[event.trial, event.point.epoch]] : [],
    )
    expect(points).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ])
  })

  test('tells how it stands', async () => {
    const snapshots: RunSnapshot[] = []
    await run(parallel, {}, { onUpdate: (snapshot) => snapshots.push(snapshot) })
    const first = snapshots[0]
    expect(first).toMatchObject({ phase: 'searching', trialsDone: 0, trialsTotal: 20, best: null })
    expect(first?.running.map(({ trial }) => trial)).toEqual([0, 1, 2])
    expect(snapshots.at(-1)).toMatchObject({ phase: 'finished', trialsDone: 20, running: [] })
    const best = snapshots.map((snapshot) => snapshot.best?.valAccuracy ?? 0)
    expect(best).toEqual([...best].sort((a, b) => a - b))
  })

  test('refuses a folder that holds a run', async () => {
    await run()
    await expect(run()).rejects.toMatchObject({ code: 'store/exists' })
  })
})

describe('replaying', () => {
  test('proves a run without writing anything', async () => {
    const result = await run(parallel)
    const before = readFileSync(runFiles(folder).journal)
    const report = replayRun(folder, cellExtensions())
    expect(report).toEqual({ entryCount: entries().length, proposalCount: 20, result })
    expect(readFileSync(runFiles(folder).journal).equals(before)).toBe(true)
  })

  test('names the first proposal that does not follow', async () => {
    await run(parallel)
    using database = closing(new DatabaseSync(runFiles(folder).journal))
    database.value.exec(
      `UPDATE event SET body = replace(body, 'nor_conv', 'skip_connect')
       WHERE type = 'trial-proposed' AND json_extract(body, '$.trial') = 12`,
    )
    expect(() => replayRun(folder, cellExtensions())).toThrow(
      expect.objectContaining({
        code: 'verify/replay',
        message: expect.stringMatching(/^Trial 12 does not follow from the journal: expected/),
      }),
    )
    await expect(resume()).rejects.toMatchObject({ code: 'verify/replay' })
  })

  test('works while the run goes on', async () => {
    let counts: number[] = []
    await run(
      { budget: { trials: 6 } },
      {
        before: () => {
          counts = [...counts, replayRun(folder, cellExtensions()).proposalCount]
        },
      },
    )
    expect(counts).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('says which extension is missing', async () => {
    await run()
    expect(() => replayRun(folder)).toThrow(
      expect.objectContaining({ code: 'config/unknown-name' }),
    )
  })
})

describe('interrupting and resuming', () => {
  test('keeps what was measured, says how to go on, and goes on the same way', async () => {
    const expected = await undisturbed(parallel)
    const stopping = new AbortController()
    const hooks: CellHooks = {
      before: ({ trial }) => {
        if (trial === 9) stopping.abort()
      },
    }
    await expect(run(parallel, hooks, { signal: stopping.signal })).rejects.toMatchObject({
      code: 'run/interrupted',
      details: { folder, resume: `archloom resume ${folder}` },
    })
    expect(types().at(-1)).toBe('run-interrupted')
    expect((await resume()).status).toBe('finished')
    expect(trajectory(entries())).toBe(expected)
  })

  test('again and again, whenever the signal comes', async () => {
    const expected = await undisturbed(parallel)
    for (let round = 0; ; round += 1) {
      const stopping = new AbortController()
      let updates = 0
      const options = {
        signal: stopping.signal,
        onUpdate: () => {
          updates += 1
          if (updates === 1 + (round % 2)) stopping.abort()
        },
      }
      const result = round === 0 ? run(parallel, {}, options) : resume({}, options)
      const status = await result.then(
        ({ status }) => status,
        (error) => error.code,
      )
      if (status === 'finished') break
      expect(status).toBe('run/interrupted')
    }
    expect(entries().filter(({ event }) => event.type === 'run-resumed').length).toBeGreaterThan(4)
    expect(trajectory(entries())).toBe(expected)
    expect(replayRun(folder, cellExtensions()).proposalCount).toBe(20)
  })

  test('tells evaluations to stop, and records those that end in spite of it', async () => {
    const stopping = new AbortController()
    const cancelled: number[] = []
    const hooks: CellHooks = {
      delay: async ({ trial, signal }) => {
        if (trial < 4) return
        if (trial === 6) stopping.abort()
        while (!signal.aborted) await turns(1)
        cancelled.push(trial)
      },
    }
    const begun = run({ ...parallel, visibility: { window: 3 } }, hooks, {
      signal: stopping.signal,
    })
    await expect(begun).rejects.toMatchObject({ code: 'run/interrupted' })
    expect(cancelled.length).toBeGreaterThan(0)
    const ended = entries().flatMap(({ event }) =>
      event.type === 'trial-finished' || event.type === 'attempt-failed' ? [event.trial] : [],
    )
    expect(ended).toEqual(expect.arrayContaining(cancelled))
    const again: number[] = []
    await resume({ before: ({ trial }) => again.push(trial) })
    const done = new Set(
      entries().flatMap(({ event }) => (event.type === 'trial-finished' ? [event.trial] : [])),
    )
    expect(again.filter((trial) => cancelled.includes(trial) && !done.has(trial))).toEqual([])
  })

  test('before it begins, records nothing but the run itself', async () => {
    await expect(run({}, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'run/interrupted',
    })
    expect(types()).toEqual([
      'run-started',
      'trial-proposed',
      'environment-seen',
      'run-interrupted',
    ])
    expect((await resume()).trials.ended).toBe(20)
  })

  test('goes on from a journal whose process died before its first event', async () => {
    const { document, hash, source } = cellExperiment()
    const header = {
      archloomVersion: '0.0.1',
      document: JSON.parse(JSON.stringify(document)),
      documentHash: hash,
      source,
      createdMs: 0,
    }
    createJournal(folder, header, systemClock())[Symbol.dispose]()
    const result = await resume()
    expect(result).toMatchObject({ status: 'finished', archloomVersion: '0.0.1' })
    expect(types()[0]).toBe('run-started')
  })

  test('of a finished run gives its result and starts nothing', async () => {
    const result = await run()
    const count = entries().length
    const life: string[] = []
    expect(await resume({ life: (event) => life.push(event) })).toEqual(result)
    expect([life, entries().length]).toEqual([[], count])
  })

  test('disposes the evaluator, however the run ends', async () => {
    const life: string[] = []
    const hooks: CellHooks = {
      life: (event) => life.push(event),
      before: () => {
        throw new Error('The toy is broken')
      },
    }
    await expect(run({}, hooks)).rejects.toThrow('The toy is broken')
    expect(life).toEqual(['started', 'disposed'])
  })
})

/** Lets the event loop turn so many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((done) => setImmediate(done))
}

function closing(database: DatabaseSync): Disposable & { readonly value: DatabaseSync } {
  return { value: database, [Symbol.dispose]: () => database.close() }
}
