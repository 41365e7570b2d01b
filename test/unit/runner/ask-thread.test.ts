import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import type { ExperimentInput } from '#src/config/schema.ts'
import { answer, startMethod } from '#src/experiment/method.ts'
import { replayRun, resumeRun, runExperiment } from '#src/runner/run.ts'
import { readJournal } from '#src/store/journal.ts'
import { type CellHooks, cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'
import { sensitiveOptimizer, trajectory } from '#test/fixtures/simulated-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const logger = pino({ level: 'silent' })
let temporary: TemporaryFolder

beforeEach(async () => {
  temporary = await temporaryFolder()
})
afterEach(() => temporary[Symbol.asyncDispose]())

/** Fits nets from its fourth trial on; asks in a thread. */
const modelled: Partial<ExperimentInput> = {
  optimizer: { name: 'bananas', initialTrials: 3, roundSize: 2, epochs: 5 },
  evaluator: { name: 'cell-function', slots: 2, failures: true },
  visibility: { window: 2 },
  budget: { trials: 10 },
}

function trajectoryOf(folder: string): string {
  using journal = readJournal(folder)
  return trajectory(journal.entries())
}

/** A script whose optimizer sleeps 150 milliseconds in each ask and throws in the ask of one trial. */
function script(throwsAt: number): string {
  const path = join(temporary.path, 'sleepy.ts')
  writeFileSync(
    path,
    `import { defineExperiment, functionEvaluator, z } from 'archloom'
const sleepy = {
  name: 'sleepy',
  summary: 'Sleeps, then draws',
  source: 'Nobody 2026',
  settings: z.strictObject({}),
  mayBlock: true,
  create: (space) => ({
    name: 'sleepy',
    init: () => null,
    ask: (state, { random, trial, fullFidelity }) => {
      if (trial === ${throwsAt}) throw new Error('the model broke')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150)
      return [{ architecture: space.format(space.sample(random)), fidelity: fullFidelity, origin: 'random' }, state]
    },
    tell: (state) => state,
  }),
}
export default defineExperiment({
  version: 1,
  name: 'sleepy',
  space: { name: 'nas-bench-201' },
  optimizer: { name: 'sleepy' },
  evaluator: { name: 'length' },
  budget: { trials: 6 },
  extensions: {
    optimizers: [sleepy],
    evaluators: [functionEvaluator('length', { measure: ({ text }) => ({ valAccuracy: (text.length % 97) / 97, costSeconds: 1 }) })],
  },
})
`,
  )
  return path
}

describe('asks in a thread', () => {
  test('are those that this thread would have made', async () => {
    const folder = join(temporary.path, 'run')
    await runExperiment(cellExperiment(modelled), { folder, logger })
    // Computes every proposal again, here, and compares.
    const { proposalCount } = replayRun(folder, cellExtensions())
    expect(proposalCount).toBe(10)
    expect(trajectoryOf(folder)).toContain('"origin": "model"')
  })

  test('go on identically after an interruption in their midst', async () => {
    const whole = join(temporary.path, 'whole')
    await runExperiment(cellExperiment(modelled), { folder: whole, logger })
    const folder = join(temporary.path, 'run')
    const controller = new AbortController()
    const hooks: CellHooks = {
      before: ({ trial }) => {
        if (trial === 6) controller.abort()
      },
    }
    const { signal } = controller
    await expect(
      runExperiment(cellExperiment(modelled, hooks), { folder, logger, signal }),
    ).rejects.toMatchObject({ code: 'run/interrupted' })
    await resumeRun({ folder, logger, extensions: cellExtensions() })
    expect(trajectoryOf(folder)).toBe(trajectoryOf(whole))
  })

  test('leave the event loop free', async () => {
    const folder = join(temporary.path, 'run')
    const experiment = await loadExperiment(script(-1))
    const running = runExperiment(experiment, { folder, logger })
    let isOver = false
    void running.finally(() => {
      isOver = true
    })
    let turns = 0
    for (; !isOver; turns++) await setTimeout(10)
    expect((await running).trials.ended).toBe(6)
    // Six asks sleep 900 milliseconds: on this thread the loop would have turned some ten times.
    expect(turns).toBeGreaterThan(30)
  })

  test('break the run as they would here, resumably', async () => {
    const folder = join(temporary.path, 'run')
    const experiment = await loadExperiment(script(4))
    await expect(runExperiment(experiment, { folder, logger })).rejects.toThrow('the model broke')
    using journal = readJournal(folder)
    const types = [...journal.entries()].map(({ event }) => event.type)
    expect(types.at(-1)).toBe('run-interrupted')
    expect(types.filter((type) => type === 'trial-finished')).toHaveLength(4)
  })

  test('are refused when the script has changed since', async () => {
    const folder = join(temporary.path, 'run')
    const path = script(4)
    const experiment = await loadExperiment(path)
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n// Another.\n`)
    await expect(runExperiment(experiment, { folder, logger })).rejects.toMatchObject({
      code: 'config/invalid',
    })
  })
})

describe('an ask in two halves', () => {
  test('is the ask', () => {
    const plan = { seed: '3', fidelity: { epochs: 2 } }
    const optimizer = sensitiveOptimizer()
    const whole = startMethod(optimizer, plan)
    const halves = startMethod(optimizer, plan)
    for (let trial = 0; trial < 5; trial++) {
      const request = JSON.parse(JSON.stringify(halves.request(trial)))
      const proposal = halves.accept(trial, answer(sensitiveOptimizer(), request, halves.history))
      expect(proposal).toEqual(whole.ask(trial))
      const observation = {
        trial,
        architecture: proposal.architecture,
        fidelity: proposal.fidelity,
        outcome: 'completed',
        valAccuracy: trial / 10,
        parameterCount: null,
        costSeconds: 1,
      } as const
      whole.tell(observation)
      halves.tell(observation)
    }
  })
})
