import { describe, expect, test } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { exampleHello, PoolDriver, point } from './pool-driver.ts'

const progress = { type: 'progress', task: 't1', lease: 5000, point } as const
const grantedTo = (pool: PoolDriver, name: string) =>
  pool.sent(name, 'grant').reduce((sum, { credits }) => sum + credits, 0)

describe('a worker that says much', () => {
  const limits = { credits: 8, messagesPerSecond: 20 }

  test('is granted no more in a second than the pool takes, and the rest afterwards', () => {
    const pool = PoolDriver.opened({ rules: limits })
    pool.submit('t1')
    for (let sent = 0; sent < 8 + grantedTo(pool, 'w00'); sent++) pool.say('w00', progress)
    expect(grantedTo(pool, 'w00')).toBe(20)
    expect(pool.all('progress')).toHaveLength(28)
    pool.pass(1000)
    expect(grantedTo(pool, 'w00')).toBe(28)
    expect(pool.phase('w00')).toBe('ready')
  })

  test('without credit is ended, and its task fails', () => {
    const pool = PoolDriver.opened({ rules: limits })
    pool.submit('t1')
    for (let sent = 0; sent < 2000 && pool.phase('w00') === 'ready'; sent++) {
      pool.say('w00', progress)
    }
    expect(pool.outcome('t1')).toBe('internal')
    expect(pool.rejection('t1')).toMatch(/w00 sends messages without credit: 8 were granted/)
    expect(pool.all('signal')).toContainEqual({ kind: 'signal', worker: 'w00', signal: 'SIGKILL' })
    expect(pool.all('progress').length).toBeLessThan(1100)
    expect(pool.phase('w01')).toBe('ready')
  })

  test('may say as much again when it has said little for a second', () => {
    const pool = PoolDriver.opened({ rules: limits })
    pool.submit('t1')
    for (let second = 0; second < 5; second++) {
      const before = grantedTo(pool, 'w00')
      for (let sent = 0; sent < 20; sent++) pool.say('w00', progress)
      expect(grantedTo(pool, 'w00') - before).toBe(20)
      pool.pass(1000)
    }
  })
})

describe('strangers', () => {
  const refuse = (pool: PoolDriver, count: number) => {
    for (let index = 0; index < count; index++) {
      const hello = { ...exampleHello, worker: `nobody-${index}` }
      pool.do({ kind: 'received', peer: `0:${hello.worker}`, local: true, message: hello })
    }
  }

  test('are told why they are refused, but not without end', () => {
    const pool = PoolDriver.opened()
    refuse(pool, 1000)
    expect(pool.all('send')).toHaveLength(256)
    expect(pool.all('log')).toHaveLength(257)
    pool.pass(10_250)
    refuse(pool, 1)
    expect(pool.sent('nobody-0', 'refused')).toHaveLength(2)
  })

  test('that cannot be understood leave nothing in the pool', () => {
    const pool = PoolDriver.opened()
    const before = pool.state
    const error = new ArchloomError('protocol/malformed', 'Garbage')
    for (let index = 0; index < 1000; index++) {
      pool.do({ kind: 'unreadable', peer: `0:nobody-${index}/00000000`, error })
      pool.do({
        kind: 'received',
        peer: `0:nobody-${index}`,
        local: true,
        message: { type: 'result', task: `t${index}`, lease: 1, result: garbage, tensors: [] },
      })
    }
    expect({ ...pool.state, refusals: before.refusals }).toEqual(before)
  })

  const garbage = { kind: 'evaluate', split: 'test', accuracy: 1, loss: 0, sampleCount: 1 } as const
})
