import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Evaluator } from '#src/evaluator/evaluator.ts'
import { readWorkers, reportWorkers } from '#src/runner/workers-file.ts'
import { simulatedClock } from '#src/time/clock.ts'
import type { WorkerStatus } from '#src/worker/worker.ts'

const logger = pino({ level: 'silent' })

function evaluatorWith(workers?: () => readonly WorkerStatus[]): Evaluator {
  return {
    name: 'own',
    slots: 1,
    fingerprints: new Map(),
    evaluate: () => Promise.reject(new Error('It is not asked for anything here')),
    ...(workers && { workers }),
    async [Symbol.asyncDispose]() {},
  }
}

const worker: WorkerStatus = {
  name: 'w00',
  local: true,
  state: 'starting',
  pid: 7,
  on: null,
  memory: null,
  tasks: [],
  finishedCount: 0,
  failedCount: 0,
  restarts: 0,
  heardSecondsAgo: null,
}

describe('workers.json', () => {
  let place: string
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'archloom-test-'))
  })
  afterAll(() => rm(place, { recursive: true }))

  test('is renewed about once a second, and says the end', async () => {
    const folder = await mkdtemp(join(place, 'run-'))
    const clock = simulatedClock(5000)
    let looks = 0
    const evaluator = evaluatorWith(() => {
      looks++
      return [{ ...worker, finishedCount: looks }]
    })
    const report = reportWorkers({ folder, name: 'mine', evaluator, clock, logger })
    const said = { version: 1, name: 'mine', pid: process.pid, ended: false }
    await vi.waitFor(() => expect(readWorkers(folder)).toMatchObject({ ...said, writtenMs: 5000 }))
    await clock.advance(999)
    expect(looks).toBe(1)
    await clock.advance(1)
    await vi.waitFor(() => expect(readWorkers(folder)?.writtenMs).toBe(6000))
    await report[Symbol.asyncDispose]()
    expect(readWorkers(folder)).toMatchObject({ ...said, ended: true })
    expect(readWorkers(folder)?.workers[0]?.finishedCount).toBe(3)
    expect(clock.pendingCount).toBe(0)
    expect(await readdir(folder)).toEqual(['workers.json'])
  })

  test('is not written for an evaluator without workers', async () => {
    const folder = await mkdtemp(join(place, 'run-'))
    const clock = simulatedClock()
    const evaluator = evaluatorWith()
    await reportWorkers({ folder, name: 'mine', evaluator, clock, logger })[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
    expect(readWorkers(folder)).toBeNull()
  })

  test('that cannot be written is a warning, once, and nothing more', async () => {
    const warnings: string[] = []
    const clock = simulatedClock()
    const log = pino({ level: 'warn' }, { write: (line) => warnings.push(line) })
    const folder = join(place, 'none')
    const evaluator = evaluatorWith(() => [])
    const report = reportWorkers({ folder, name: 'mine', evaluator, clock, logger: log })
    await vi.waitFor(() => expect(warnings).toHaveLength(1))
    await report[Symbol.asyncDispose]()
    expect(warnings).toHaveLength(1)
  })
})
