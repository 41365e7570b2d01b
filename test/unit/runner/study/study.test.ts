import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { resolveStudy } from '#src/config/resolve-study.ts'
import { ArchloomError } from '#src/errors.ts'
import { randomSearch } from '#src/optimizer/random-search.ts'
import { localExecutor, type StudyExecutor } from '#src/runner/study/executor.ts'
import type { WorkshopSetting } from '#src/runner/study/job.ts'
import { openStudy } from '#src/runner/study/result.ts'
import { resumeStudy, runStudy, type StudySnapshot } from '#src/runner/study/study.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { studyFiles } from '#src/store/study-folder.ts'
import type { Study } from '#src/study/study.ts'
import { tabulateStudy } from '#src/study/table.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { loadToyStudy, runToyStudy, toyExtensions, toyInput } from '#test/fixtures/toy-study.ts'

async function failure(work: Promise<unknown>): Promise<ArchloomError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ArchloomError) return error
  throw error ?? new Error('Expected an ArchloomError')
}

/** Everything that a study measured, real time aside. */
function measured(study: Study) {
  return study.cells.map(({ key, incumbents, ...cell }) => {
    const { secondsWithOverhead: _, ...curve } = incumbents
    const { askSeconds, tellSeconds, overheadSeconds, ...trajectory } = study.trajectory(key)
    return { key, curve, seconds: cell.seconds, reason: cell.reason, trajectory }
  })
}

async function measuredStudy(input?: unknown) {
  await using folder = await temporaryFolder()
  await runToyStudy(folder.path, input)
  using study = openStudy(folder.path)
  return measured(study)
}

/** Several jobs at a time, each ending when its turn has come. */
function shuffledExecutor(slots: number, order: readonly number[], stop: () => void) {
  return (setting: WorkshopSetting): StudyExecutor => {
    const inner = localExecutor(setting)
    const waiting: (() => void)[] = []
    let turn = 0
    const release = () => {
      const pick = (order[turn++ % order.length] ?? 0) % waiting.length
      if (turn > order.length) stop()
      waiting.splice(pick, 1)[0]?.()
    }
    return {
      slots,
      async run(job) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          setImmediate(() => waiting.length > 0 && release())
        })
        return await inner.run(job)
      },
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    }
  }
}

describe('a study', () => {
  it('has every cell, pairs them by seed and says what it is', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path)
    using study = openStudy(folder.path)
    expect(study.cells).toHaveLength(12)
    expect(study.missing).toEqual([])
    expect(
      study.cells.map(({ key }) => `${key.benchmark} ${key.method} ${key.seed}`).slice(0, 4),
    ).toEqual([
      'first random-search 0',
      'first random-search 1',
      'first random-search 2',
      'first evolution 0',
    ])
    expect(study.benchmarks[0]).toMatchObject({
      trialLimit: 12,
      checkpoints: { trials: [4, 12], costSeconds: [] },
      hasTest: true,
      protocol: { budget: { trials: 12 }, workers: 1, space: { name: 'nas-bench-macro' } },
    })
    expect(Object.keys(study.environments)).toEqual([study.cells[0]?.fingerprint])
    // The first population of evolution is the first trials of random search.
    const first = study.trajectory({ benchmark: 'first', method: 'random-search', seed: '1' })
    const second = study.trajectory({ benchmark: 'first', method: 'evolution', seed: '1' })
    expect(second.architectures.slice(0, 4)).toEqual(first.architectures.slice(0, 4))
    expect(second.architectures.slice(4)).not.toEqual(first.architectures.slice(4))
  })

  it('writes what it is into its folder', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path)
    const files = studyFiles(folder.path)
    const read = (path: string) => readFileSync(path, 'utf8')
    expect(parse(read(files.config))).toMatchObject({ name: 'toy-study', seeds: { count: 3 } })
    expect(Object.values(JSON.parse(read(files.environment)))).toMatchObject([
      { node: process.versions.node },
    ])
    const lines = read(files.cells).trim().split('\n')
    expect(lines).toHaveLength(1 + 12 * 2)
    expect(lines[1]).toMatch(/^first,random-search,0,trials,4,[0-3],0\.\d+,0\.\d+,12,/)
    expect(JSON.parse(read(files.result))).toMatchObject({
      status: 'finished',
      confounded: false,
      cells: { finished: 12, missing: 0 },
    })
  })

  const parameters = {
    name: 'hyperparameters',
    parameters: [
      { kind: 'categorical', name: 'choice', choices: ['a', 'b'], weights: [9, 1] },
      { kind: 'integer', name: 'size', lower: 1, upper: 9, log: true },
    ],
    conditions: [{ child: 'size', test: { kind: 'equals', parameter: 'choice', value: 'a' } }],
  }

  it.each([
    ['cells', toyInput.benchmarks],
    ['parameters', [{ label: 'first', name: 'toy', space: parameters }]],
    ['what partly fails', [{ label: 'first', name: 'toy', failing: 0.4, space: parameters }]],
  ])(
    'computes what random search of %s finds on average, near what its searches found',
    async (_, benchmarks) => {
      await using folder = await temporaryFolder()
      await runToyStudy(folder.path, {
        ...toyInput,
        benchmarks,
        methods: ['random-search'],
        seeds: 60,
      })
      using study = openStudy(folder.path)
      for (const { expected, rows } of tabulateStudy(study)) {
        for (const [index, exact] of (expected ?? []).entries()) {
          const found = rows[0]?.values[index]
          // Searches of failures alone have no incumbent, in the expectation as well.
          const count = found?.count ?? 0
          expect(count).toBeGreaterThan(30)
          // Five standard errors: a false alarm once in two million.
          const tolerance = (5 * exact.deviation) / Math.sqrt(count)
          expect(Math.abs((found?.mean ?? 0) - exact.mean)).toBeLessThan(tolerance)
        }
        expect(expected).toHaveLength(2)
      }
    },
  )

  it('says which methods cannot search a benchmark, and goes on with the others', async () => {
    await using folder = await temporaryFolder()
    const entry = {
      name: 'picky',
      summary: 'Searches one space',
      source: 'a test',
      settings: z.strictObject({}),
      misfit: (space: SearchSpace) => (space.count().value > 100n ? null : 'needs a larger space'),
      create: (space: SearchSpace) => randomSearch(space, { unique: false, maxDraws: 1 }),
    }
    const extensions = { ...toyExtensions, optimizers: [entry] }
    const resolved = resolveStudy({ ...toyInput, methods: ['picky'] }, extensions, 'toy.ts')
    const study = { ...loadToyStudy(), ...resolved, extensions }
    await runStudy(study, { folder: folder.path, makeExecutor: localExecutor })
    using opened = openStudy(folder.path)
    expect(opened.missing).toEqual([])
    expect(opened.cells.filter(({ key }) => key.method === 'picky')).toHaveLength(3)
    expect(opened.benchmarks.map(({ notApplicable }) => notApplicable)).toEqual([
      {},
      { picky: 'needs a larger space' },
    ])
    const [, second] = tabulateStudy(opened)
    expect(second?.rows.map(({ method }) => method)).toEqual(['random-search'])
  })

  it('compares on a benchmark the methods that it lists, their variants and random search', async () => {
    await using folder = await temporaryFolder()
    const [first, second] = toyInput.benchmarks
    await runToyStudy(folder.path, {
      ...toyInput,
      methods: [...toyInput.methods, { name: 'random-search', label: 'unique', unique: true }],
      vary: [{ method: 'evolution', settings: { removal: ['worst'] } }],
      benchmarks: [
        { ...first, methods: ['evolution'] },
        { ...second, methods: ['evolution removal=worst'] },
      ],
    })
    using study = openStudy(folder.path)
    expect(study.benchmarks.map(({ methods }) => methods)).toEqual([
      ['random-search', 'evolution', 'evolution removal=worst'],
      ['random-search', 'evolution removal=worst'],
    ])
    expect(study.methods.filter(({ isControl }) => isControl)).toHaveLength(1)
    expect(study.cells).toHaveLength(5 * 3)
    expect(study.missing).toEqual([])
  })

  it('counts simulated seconds, and has checkpoints in them', async () => {
    await using folder = await temporaryFolder()
    const change = { budget: { costSeconds: 300 }, checkpoints: { costSeconds: [100, 900] } }
    await runToyStudy(folder.path, { ...toyInput, ...change })
    using study = openStudy(folder.path)
    expect(study.benchmarks[0]?.checkpoints).toEqual({ trials: [], costSeconds: [100, 300] })
    expect(study.benchmarks[0]?.trialLimit).toBeNull()
    expect(study.benchmarks[0]?.randomSearch).toBeNull()
    expect(study.benchmarks[0]?.expectationGap).toBe('the budget does not limit trials')
    for (const cell of study.cells) {
      expect(cell.reason).toBe('costSeconds')
      expect(cell.seconds).toBeGreaterThanOrEqual(300)
    }
  })
})

describe('an interrupted study', () => {
  it('goes on to the same result, wherever it was stopped and whatever ends first', async () => {
    const whole = await measuredStudy()
    const stops = fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(stops, fc.integer({ min: 1, max: 3 }), async (orders, slots) => {
        await using folder = await temporaryFolder()
        for (const order of orders) {
          const controller = new AbortController()
          const makeExecutor = shuffledExecutor(slots, order, () => controller.abort())
          const options = { makeExecutor, signal: controller.signal }
          const ended = await runToyStudy(folder.path, toyInput, options).catch(
            (error: unknown) => error,
          )
          if (ended !== undefined) expect(ended).toMatchObject({ code: 'run/interrupted' })
        }
        await runToyStudy(folder.path)
        using study = openStudy(folder.path)
        expect(measured(study)).toEqual(whole)
      }),
      { numRuns: 12, seed: 11 },
    )
  })

  it('names the command that continues it, and shows what it has', async () => {
    await using folder = await temporaryFolder()
    const controller = new AbortController()
    const onUpdate = ({ finished }: StudySnapshot) => finished >= 5 && controller.abort()
    const error = await failure(
      runToyStudy(folder.path, toyInput, { signal: controller.signal, onUpdate }),
    )
    expect(error.exitCode).toBe(130)
    expect(error.message).toContain(`archloom compare --resume ${folder.path}`)
    using study = openStudy(folder.path)
    expect(study.cells.length).toBeGreaterThanOrEqual(5)
    expect(study.cells.length + study.missing.length).toBe(12)
    const key = study.missing[0] ?? { method: '', benchmark: '', seed: '' }
    expect(() => study.trajectory(key)).toThrow(/holds no cell/)
  })

  it('computes nothing twice', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path)
    const snapshots: StudySnapshot[] = []
    await runToyStudy(folder.path, toyInput, {
      onUpdate: (snapshot) => snapshots.push(snapshot),
      makeExecutor: () => {
        throw new Error('There is nothing to compute')
      },
    })
    expect(snapshots).toEqual([])
  })

  it('is resumed from its folder alone where nothing in it is of a script', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path)
    // The toy benchmark is an extension, and this document names no script to find it in.
    const error = await failure(resumeStudy({ folder: folder.path }))
    expect(error.code).toBe('config/unknown-name')
  })

  it('stops at the first cell that breaks, and names it', async () => {
    await using folder = await temporaryFolder()
    const broken = (setting: WorkshopSetting): StudyExecutor => {
      const inner = localExecutor(setting)
      return {
        ...inner,
        run: (job) =>
          job.type === 'search' && job.keys[0]?.benchmark === 'second'
            ? Promise.reject(new ArchloomError('internal/invariant', 'It broke'))
            : inner.run(job),
      }
    }
    const error = await failure(runToyStudy(folder.path, toyInput, { makeExecutor: broken }))
    expect(error.message).toBe('It broke')
    using study = openStudy(folder.path)
    expect(study.cells.length).toBeGreaterThan(0)
  })
})

describe('a folder with cells', () => {
  const grown = {
    ...toyInput,
    seeds: 4,
    checkpoints: { trials: [2, 4] },
    methods: [...toyInput.methods, { name: 'random-search', label: 'unique', unique: true }],
  }

  it('takes more seeds, methods and checkpoints, and keeps what it has', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path)
    let first: StudySnapshot | undefined
    await runToyStudy(folder.path, grown, { onUpdate: (snapshot) => (first ??= snapshot) })
    expect(first).toMatchObject({ finished: 12, total: 24 })
    using study = openStudy(folder.path)
    expect(measured(study)).toEqual(await measuredStudy(grown))
    expect(study.benchmarks[0]?.checkpoints.trials).toEqual([2, 4, 12])
  })

  const [first, second] = toyInput.benchmarks
  it.each([
    [
      'another content',
      { benchmarks: [{ ...first, salt: 'other' }, second] },
      ['objective.salt is  there and other here', 'the benchmark another label'],
    ],
    ['another budget', { budget: { trials: 13 } }, ['budget.trials is 12 there and 13 here']],
    ['other workers', { workers: 2 }, ['workers is 1 there and 2 here']],
    [
      'another visibility',
      { visibility: 'arrival' },
      ['visibility is ordered there and arrival here'],
    ],
    [
      'other settings of the space',
      {
        benchmarks: [
          { ...first, space: { name: 'nas-bench-macro', blocksPerStage: [2, 3], channels: 8 } },
          second,
        ],
      },
      ['space.settings.channels is 32 there and 8 here'],
    ],
    [
      'several differences at once',
      { workers: 3, budget: { trials: 5 } },
      ['budget.trials is 12 there and 5 here', 'workers is 1 there and 3 here'],
    ],
    [
      'other settings of a method',
      {
        methods: [
          { name: 'regularized-evolution', label: 'evolution', populationSize: 5, sampleSize: 2 },
        ],
      },
      ['settings.populationSize is 4 there and 5 here', 'the method another label'],
    ],
    [
      'another method of that label',
      { methods: [{ name: 'random-search', label: 'evolution', unique: true }] },
      ['method is regularized-evolution there and random-search here'],
    ],
  ])('refuses %s, naming each difference', async (_, change, words) => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path, { ...toyInput, seeds: 1 })
    const error = await failure(runToyStudy(folder.path, { ...toyInput, seeds: 1, ...change }))
    expect(error.code).toBe('confounded/comparison')
    expect(error.exitCode).toBe(4)
    for (const part of words) expect(error.message).toContain(part)
  })

  it('refuses cells of another environment unless they are allowed by name', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path, { ...toyInput, seeds: 1 })
    {
      using database = new DatabaseSync(studyFiles(folder.path).database)
      database.exec(`
        UPDATE cell SET fingerprint = 'elsewhere';
        INSERT INTO fact SELECT kind, 'elsewhere', json_set(body, '$.processor', 'Other') FROM fact WHERE kind = 'environment';
      `)
    }
    // Nothing is added, so nothing is pooled.
    await runToyStudy(folder.path, { ...toyInput, seeds: 1 })
    const error = await failure(runToyStudy(folder.path))
    expect(error.code).toBe('confounded/comparison')
    expect(error.message).toMatch(/processor is Other there and .* here/)
    await runToyStudy(folder.path, toyInput, { allowMixed: true })
    using study = openStudy(folder.path)
    expect(Object.keys(study.environments)).toHaveLength(2)
    expect(JSON.parse(readFileSync(studyFiles(folder.path).result, 'utf8'))).toMatchObject({
      confounded: true,
    })
  })
})
