import { describe, expect, test } from 'vitest'
import { workerStatuses } from '#src/worker/status.ts'
import { WorkerStatus } from '#src/worker/worker.ts'
import { exampleHello, PoolDriver, point, rules } from './pool-driver.ts'

const memory = { residentBytes: 400e6, deviceBytes: null }

function statusOf(pool: PoolDriver, name = 'w00'): WorkerStatus {
  const found = workerStatuses(pool.state, pool.nowMs).find((status) => status.name === name)
  return WorkerStatus.parse(found)
}

describe('the status of a worker', () => {
  test('says what it runs on, and that it is idle', () => {
    const pool = PoolDriver.opened()
    const { critical } = exampleHello.fingerprint
    expect(statusOf(pool)).toMatchObject({
      state: 'idle',
      local: true,
      on: { device: critical.device, python: critical.python, torch: critical.torch },
      memory: null,
      tasks: [],
      finishedCount: 0,
      heardSecondsAgo: 0,
    })
  })

  test('says the memory of its last heartbeat', () => {
    const pool = PoolDriver.opened()
    pool.say('w00', { type: 'heartbeat', memory })
    pool.say('w00', { type: 'heartbeat' })
    expect(statusOf(pool).memory).toEqual(memory)
  })

  test('says what it is at, since when, and what it last heard of it', () => {
    const pool = PoolDriver.opened()
    pool.submit('t000003', { lease: 1 })
    const lease = rules.leaseBase + 1
    pool.say('w00', { type: 'started', task: 't000003', lease })
    pool.nowMs += 1500
    pool.say('w00', { type: 'progress', task: 't000003', lease, point })
    expect(statusOf(pool)).toMatchObject({
      state: 'working',
      tasks: [
        { task: 't000003', attempt: 1, kind: 'describe', runningSeconds: 1.5, started: true },
      ],
    })
    expect(statusOf(pool).tasks[0]?.lastWord).toEqual(point)
    pool.say('w00', { type: 'reported', task: 't000003', lease, report: { step: 7 } })
    expect(statusOf(pool).tasks[0]?.lastWord).toEqual({ step: 7 })
  })

  test('keeps nothing of a lease that is not its own', () => {
    const pool = PoolDriver.opened()
    pool.submit('t000003')
    pool.say('w00', { type: 'reported', task: 't000003', lease: 1, report: { step: 7 } })
    pool.finish('w00', 't000003', 1)
    expect(statusOf(pool)).toMatchObject({ finishedCount: 0, tasks: [{ lastWord: null }] })
  })

  test('counts what it finished and what failed on it, but not what was cancelled', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    const failed = (task: string, kind: 'data' | 'cancelled') => {
      const failure = { kind, message: 'It failed' }
      pool.say('w00', { type: 'failed', task, lease: rules.leaseBase, failure })
    }
    pool.submit('a')
    pool.finish('w00', 'a')
    pool.submit('b')
    failed('b', 'data')
    pool.submit('c')
    pool.do({ kind: 'aborted', task: 'c' })
    failed('c', 'cancelled')
    expect(statusOf(pool)).toMatchObject({ state: 'idle', finishedCount: 1, failedCount: 1 })
  })

  test('follows it through silence, death and restart', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.nowMs += 2.5 * rules.heartbeatMs + 1
    expect(statusOf(pool)).toMatchObject({ state: 'silent', heardSecondsAgo: 5.001 })
    pool.say('w00', { type: 'heartbeat', memory })
    expect(statusOf(pool)).toMatchObject({ state: 'idle', heardSecondsAgo: 0 })
    pool.exit('w00')
    expect(statusOf(pool)).toMatchObject({
      state: 'restarting',
      on: null,
      memory: null,
      restarts: 1,
      heardSecondsAgo: null,
    })
    pool.nowMs += 1000
    pool.do({ kind: 'ticked' })
    expect(statusOf(pool).state).toBe('starting')
  })

  test('names its GPUs', () => {
    const pool = new PoolDriver({ workers: 1, rules: { device: 'cuda' } })
    pool.do({ kind: 'opened' })
    const gpu = { name: 'H100', memoryBytes: 80e9, driver: '1', capability: '9.0' }
    const { fingerprint } = exampleHello
    const critical = { ...fingerprint.critical, device: 'cuda' as const, gpus: [gpu, gpu] }
    pool.start('w00', { fingerprint: { ...fingerprint, critical } })
    expect(statusOf(pool).on).toMatchObject({ device: 'cuda', hardware: '2 × H100' })
  })
})
