import { describe, expect, test } from 'vitest'
import type { TaskWork } from '#src/protocol/task.ts'
import { describeWork, exampleHello, PoolDriver, point } from './pool-driver.ts'

const failed = (task: string, kind: 'diverged' | 'cancelled', lease = 5000) =>
  ({ type: 'failed', task, lease, failure: { kind, message: 'It did' } }) as const

describe('a task', () => {
  test('goes to a free worker, is acknowledged and resolved with its fingerprint', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1', { deadlineSeconds: 30 })
    expect(pool.sent('w00', 'run')).toEqual([
      {
        type: 'run',
        task: 't1',
        lease: 5000,
        deadlineSeconds: 30,
        work: describeWork,
        tensors: [],
      },
    ])
    pool.say('w00', { type: 'started', task: 't1', lease: 5000 })
    pool.say('w00', { type: 'progress', task: 't1', lease: 5000, point })
    pool.finish('w00', 't1')
    expect(pool.sent('w00', 'acknowledge')).toEqual([
      { type: 'acknowledge', task: 't1', lease: 5000 },
    ])
    expect(pool.all('progress')).toEqual([{ kind: 'progress', task: 't1', point }])
    expect(pool.all('resolve')).toMatchObject([
      { task: 't1', worker: 'w00', fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
  })

  test('waits while every worker is busy, and tasks are taken in order', () => {
    const pool = PoolDriver.opened()
    for (const task of ['t1', 't2', 't3', 't4']) pool.submit(task)
    expect(pool.all('send').length).toBe(2)
    pool.finish('w01', 't2')
    pool.finish('w00', 't1')
    expect(pool.sent('w01', 'run').map(({ task }) => task)).toEqual(['t2', 't3'])
    expect(pool.sent('w00', 'run').map(({ task }) => task)).toEqual(['t1', 't4'])
  })

  test('of a kind that no worker offers is an invalid one', () => {
    const pool = PoolDriver.opened()
    const work = { ...describeWork, kind: 'dance' } as unknown as TaskWork
    pool.submit('t1', { work })
    expect(pool.outcome('t1')).toBe('invalid_task')
    expect(pool.rejection('t1')).toContain('kind dance')
  })

  test('that failed is rejected as the worker classified it', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.say('w00', failed('t1', 'diverged'))
    expect(pool.outcome('t1')).toBe('diverged')
    expect(pool.sent('w00', 'acknowledge')).toHaveLength(1)
  })

  test('answered with a result of another kind fails', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    const result = {
      kind: 'evaluate',
      split: 'test',
      accuracy: 1,
      loss: 0,
      sampleCount: 1,
    } as const
    pool.say('w00', { type: 'result', task: 't1', lease: 5000, result, tensors: [] })
    expect(pool.outcome('t1')).toBe('internal')
  })

  test('may be tried again with a higher lease after it failed', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.say('w00', failed('t1', 'diverged'))
    pool.submit('t1', { lease: 1 })
    expect(pool.sent('w00', 'run').map(({ lease }) => lease)).toEqual([5000, 5001])
  })
})

describe('a result', () => {
  test('that comes twice counts once and is acknowledged twice', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.finish('w00', 't1')
    pool.finish('w00', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
    expect(pool.sent('w00', 'acknowledge')).toHaveLength(2)
  })

  test('of an old lease is acknowledged and ignored', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1', { lease: 3 })
    pool.finish('w00', 't1', 5002)
    expect(pool.outcome('t1')).toBeNull()
    expect(pool.sent('w00', 'acknowledge')).toMatchObject([{ lease: 5002 }])
  })

  test('of an earlier orchestrator is acknowledged and ignored', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.finish('w00', 't1', 0)
    expect(pool.outcome('t1')).toBeNull()
  })

  test('from a worker that does not hold the task is ignored', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.finish('w01', 't1')
    expect(pool.outcome('t1')).toBeNull()
    pool.finish('w00', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
  })

  test('from a worker presumed dead cannot overwrite, but is acknowledged', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'unreachable', peer: '0:w00' })
    pool.pass(11_000, ['w01'])
    expect(pool.outcome('t1')).toBe('crashed')
    pool.submit('t1', { lease: 1 })
    pool.finish('w00', 't1', 5000)
    expect(pool.sent('w00', 'acknowledge')).toMatchObject([{ task: 't1', lease: 5000 }])
    expect(pool.all('resolve')).toHaveLength(0)
    pool.finish('w01', 't1', 5001)
    expect(pool.all('resolve')).toHaveLength(1)
  })
})

describe('progress', () => {
  test('of a stale lease is not passed on', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1', { lease: 1 })
    pool.say('w00', { type: 'progress', task: 't1', lease: 5000, point })
    expect(pool.all('progress')).toHaveLength(0)
  })

  test('costs credits, which are granted again before they run out', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    let credits = 8
    for (let count = 0; count < 100; count++) {
      expect(credits).toBeGreaterThan(0)
      const before = pool.sent('w00', 'grant').length
      if (count % 3 === 0) {
        pool.say('w00', { type: 'log', level: 'info', message: 'Hm', fields: {} })
      } else pool.say('w00', { type: 'progress', task: 't1', lease: 5000, point })
      const granted = pool.sent('w00', 'grant').slice(before)
      credits += granted.reduce((sum, grant) => sum + grant.credits, 0) - 1
      expect(credits).toBeLessThanOrEqual(8)
    }
    expect(pool.all('progress')).toHaveLength(66)
    expect(pool.all('log').filter(({ message }) => message === 'Hm')).toHaveLength(34)
  })
})

describe('a cancelled task', () => {
  test('that waits ends at once', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    pool.submit('t2')
    pool.do({ kind: 'aborted', task: 't2' })
    expect(pool.outcome('t2')).toBe('cancelled')
    expect(pool.sent('w00', 'cancel')).toEqual([])
  })

  test('that runs ends when its worker says so', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'aborted', task: 't1' })
    pool.do({ kind: 'aborted', task: 't1' })
    expect(pool.sent('w00', 'cancel')).toEqual([{ type: 'cancel', task: 't1', lease: 5000 }])
    expect(pool.outcome('t1')).toBeNull()
    pool.say('w00', failed('t1', 'cancelled'))
    expect(pool.outcome('t1')).toBe('cancelled')
    pool.pass(10_000)
    expect(pool.all('signal')).toEqual([])
  })

  test('that was done already keeps its result', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'aborted', task: 't1' })
    pool.finish('w00', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
  })

  test('that does not stop takes its worker with it, which does not count against the worker', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    for (let round = 0; round < 5; round++) {
      pool.submit(`t${round}`)
      pool.do({ kind: 'aborted', task: `t${round}` })
      pool.pass(3900)
      expect(pool.outcome(`t${round}`)).toBeNull()
      pool.pass(200)
      expect(pool.outcome(`t${round}`)).toBe('cancelled')
      expect(pool.all('signal').at(-1)).toMatchObject({ worker: 'w00', signal: 'SIGKILL' })
      pool.exit('w00', { code: null, signal: 'SIGKILL' })
      pool.pass(600)
      pool.start('w00')
    }
    expect(pool.state.life).toBe('open')
  })

  test('whose worker dies ends cancelled', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'aborted', task: 't1' })
    pool.exit('w00')
    expect(pool.outcome('t1')).toBe('cancelled')
  })

  test('unknown to the pool changes nothing', () => {
    const pool = PoolDriver.opened()
    expect(pool.do({ kind: 'aborted', task: 'nobody' })).toEqual([])
  })
})

describe('a deadline', () => {
  test('is left to the worker, and enforced when the worker hangs', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1', { deadlineSeconds: 20 })
    pool.pass(23_900)
    expect(pool.outcome('t1')).toBeNull()
    pool.pass(200)
    expect(pool.outcome('t1')).toBe('timeout')
    expect(pool.rejection('t1')).toContain('within 4 s after its deadline')
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGKILL' }])
  })

  test('starts with the task, not with the wait for a worker', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    pool.submit('t2', { deadlineSeconds: 5 })
    pool.pass(30_000)
    pool.finish('w00', 't1')
    pool.pass(8000)
    expect(pool.outcome('t2')).toBeNull()
    pool.finish('w00', 't2')
    expect(pool.outcome('t2')).toBe('resolved')
  })
})

describe('a worker with several slots', () => {
  test('runs as many tasks, and loses them all when one of them hangs', () => {
    const pool = new PoolDriver({ workers: 1 })
    pool.do({ kind: 'opened' })
    pool.start('w00', { slots: 2, datasets: exampleHello.datasets })
    for (const task of ['t1', 't2', 't3'])
      pool.submit(task, { deadlineSeconds: task === 't1' ? 1 : 99 })
    expect(pool.sent('w00', 'run').map(({ task }) => task)).toEqual(['t1', 't2'])
    pool.pass(6000)
    expect(['t1', 't2', 't3'].map((task) => pool.outcome(task))).toEqual([
      'timeout',
      'crashed',
      null,
    ])
  })
})
