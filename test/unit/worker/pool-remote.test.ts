/** Workers of other machines: they join, leave, come back and contend, and the pool goes on. */
import { describe, expect, test } from 'vitest'
import type { Hello } from '#src/protocol/messages.ts'
import type { PoolRules } from '#src/worker/pool-state.ts'
import { exampleHello, PoolDriver } from './pool-driver.ts'

const elastic: Partial<PoolRules> = { remoteCount: 1, remoteLimit: Number.POSITIVE_INFINITY }
const remoteHello = { ...exampleHello, worker: 'far', pid: 7 }

function join(pool: PoolDriver, name: string, hello: Partial<Hello> = {}): void {
  pool.say(name, { ...remoteHello, worker: name, ...hello }, false)
}

/** Under the name of another, over a connection of its own. */
function comeAs(pool: PoolDriver, peer: string, hello: Partial<Hello> = {}): void {
  pool.say(peer, { ...remoteHello, pid: 8, ...hello }, false)
}

function openPool(workers = 1, rules: Partial<PoolRules> = {}): PoolDriver {
  const pool = new PoolDriver({ workers, rules: { ...elastic, ...rules } })
  pool.do({ kind: 'opened' })
  for (const name of pool.state.workers.keys()) pool.start(name)
  expect(pool.state.life).toBe('opening')
  join(pool, 'far')
  expect(pool.state.life).toBe('open')
  return pool
}

const otherMachine: Partial<Hello> = {
  fingerprint: {
    ...exampleHello.fingerprint,
    critical: { ...exampleHello.fingerprint.critical, cpu: 'Another', torch: '0.0' },
  },
}
const messages = (pool: PoolDriver, level: string) =>
  pool
    .all('log')
    .filter((log) => log.level === level)
    .map(({ message }) => message)

describe('a worker on another machine', () => {
  test('joins, works, falls silent, and joins again', () => {
    const pool = openPool()
    pool.submit('t1')
    pool.submit('t2')
    expect(pool.sent('far', 'run').map(({ task }) => task)).toEqual(['t2'])
    pool.do({ kind: 'unreachable', peer: '0:far' })
    pool.pass(11_000, ['w00'])
    expect(pool.outcome('t2')).toBe('crashed')
    expect(pool.phase('far')).toBeUndefined()
    join(pool, 'far', { pid: 8 })
    pool.submit('t2', { lease: 1 })
    pool.finish('far', 't2', 5001)
    expect(pool.all('resolve')).toMatchObject([{ task: 't2', worker: 'far' }])
  })

  test('that cannot be sent to may come back within the silence bound', () => {
    const pool = openPool()
    pool.submit('t1')
    pool.submit('t2')
    pool.do({ kind: 'unreachable', peer: '0:far' })
    expect(pool.outcome('t2')).toBeNull()
    join(pool, 'far')
    expect(pool.sent('far', 'run').map(({ task }) => task)).toEqual(['t2', 't2'])
    pool.do({ kind: 'unreachable', peer: '0:far' })
    pool.pass(11_000, ['w00'])
    expect(pool.outcome('t2')).toBe('crashed')
    expect(pool.outcome('t1')).toBeNull()
  })

  test('that joins late gets the next task, and its slots are told', () => {
    const pool = openPool(0)
    for (const task of ['t1', 't2', 't3']) pool.submit(task)
    expect(pool.sent('far', 'run')).toHaveLength(1)
    pool.commands.length = 0
    join(pool, 'late')
    expect(pool.all('resized')).toHaveLength(1)
    expect(pool.sent('late', 'run').map(({ task }) => task)).toEqual(['t2'])
  })

  test('is refused beyond the largest number, and let in when one has left', () => {
    const pool = openPool(0, { remoteLimit: 1 })
    join(pool, 'more')
    expect(pool.sent('more', 'refused')[0]?.reason).toMatch(/takes 1 workers.*has them/)
    pool.say('far', { type: 'drained' }, false)
    join(pool, 'more')
    expect(pool.sent('more', 'welcome')).toHaveLength(1)
  })

  test('is refused while the run ends', () => {
    const pool = openPool(0)
    pool.do({ kind: 'closing' })
    join(pool, 'late')
    expect(pool.sent('late', 'refused')[0]?.reason).toContain('The run is ending')
  })
})

describe('a worker that leaves', () => {
  test('in the middle of a task departs with it, and gets no other', () => {
    const pool = openPool(0)
    pool.submit('t1')
    pool.submit('t2')
    const failure = { kind: 'cancelled', message: 'Told to go' } as const
    pool.say('far', { type: 'failed', task: 't1', lease: 5000, failure }, false)
    expect(pool.outcome('t1')).toBe('departed')
    expect(pool.sent('far', 'acknowledge')).toMatchObject([{ task: 't1' }])
    expect(pool.sent('far', 'run')).toHaveLength(1)
    expect(pool.outcome('t2')).toBeNull()
    join(pool, 'next')
    expect(pool.sent('next', 'run').map(({ task }) => task)).toEqual(['t2'])
  })

  test('when it is idle is gone at once', () => {
    const pool = openPool(0)
    pool.say('far', { type: 'drained' }, false)
    expect(pool.phase('far')).toBeUndefined()
    pool.submit('t1')
    expect(pool.outcome('t1')).toBeNull()
  })

  test('on this machine is started again', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    const failure = { kind: 'cancelled', message: 'Told to go' } as const
    pool.say('w00', { type: 'failed', task: 't1', lease: 5000, failure })
    expect(pool.outcome('t1')).toBe('departed')
    pool.submit('t2')
    pool.exit('w00', { code: 0 })
    pool.pass(600)
    pool.start('w00')
    pool.finish('w00', 't2')
    expect(pool.outcome('t2')).toBe('resolved')
  })

  test('after it was asked to cancel has just done what it was asked', () => {
    const pool = openPool(0)
    pool.submit('t1')
    pool.do({ kind: 'aborted', task: 't1' })
    const failure = { kind: 'cancelled', message: 'As asked' } as const
    pool.say('far', { type: 'failed', task: 't1', lease: 5000, failure }, false)
    expect(pool.outcome('t1')).toBe('cancelled')
    pool.submit('t2')
    expect(pool.sent('far', 'run')).toHaveLength(2)
  })
})

describe('another process under the name of a worker', () => {
  test('waits, and is refused when the worker is heard', () => {
    const pool = openPool(0)
    pool.submit('t1')
    comeAs(pool, 'other')
    expect(pool.sent('far', 'heartbeat')).toHaveLength(1)
    expect(pool.sent('other', 'refused')).toEqual([])
    pool.pass(500, [])
    expect(pool.sent('other', 'welcome')).toEqual([])
    pool.say('far', { type: 'heartbeat' }, false)
    pool.pass(250, [])
    expect(pool.sent('other', 'refused')[0]?.mend).toContain('--name')
    pool.finish('far', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
  })

  test('takes its place at once when the link of the worker is dead', () => {
    const pool = openPool(0)
    pool.submit('t1')
    comeAs(pool, 'other')
    pool.do({ kind: 'unreachable', peer: '0:far' })
    pool.pass(250, [])
    expect(pool.sent('other', 'welcome')).toHaveLength(1)
    expect(pool.outcome('t1')).toBe('crashed')
    expect(pool.rejection('t1')).toBe('Worker far ended and was started again')
    pool.submit('t2')
    pool.finish('other', 't2')
    expect(pool.outcome('t2')).toBe('resolved')
  })

  test('takes its place when the worker has been silent, as a machine that lost its power is', () => {
    const pool = openPool(0)
    comeAs(pool, 'other')
    pool.pass(9000, [])
    expect(pool.sent('other', 'welcome')).toEqual([])
    pool.pass(2000, [])
    expect(pool.sent('other', 'welcome')).toHaveLength(1)
  })
})

describe('a worker on another kind of machine', () => {
  test('is refused, with what differs', () => {
    const pool = openPool()
    join(pool, 'odd', otherMachine)
    const [refused] = pool.sent('odd', 'refused')
    expect(refused?.reason).toMatch(/another environment.*they differ in torch, cpu;/)
    expect(refused?.mend).toContain('--allow-mixed')
    expect(pool.phase('odd')).toBeUndefined()
  })

  test('is welcome where the mix is allowed', () => {
    const pool = openPool(1, { allowMixed: true })
    join(pool, 'odd', otherMachine)
    expect(pool.phase('odd')).toBe('ready')
  })

  test('is refused when earlier results of the run come from elsewhere', () => {
    const rules = { ...elastic, expectedFingerprint: 'f'.repeat(64) }
    const pool = new PoolDriver({ workers: 0, rules })
    pool.do({ kind: 'opened' })
    join(pool, 'far')
    expect(pool.sent('far', 'refused')[0]?.reason).toContain('than the run (ffffffffffff)')
  })
})

describe('while nobody is there', () => {
  test('the pool waits, says so, and goes on with whoever comes', () => {
    const pool = openPool(0)
    pool.submit('t1')
    pool.say('far', { type: 'drained' }, false)
    pool.submit('t2')
    pool.pass(4000)
    expect(messages(pool, 'warn')).toEqual([])
    pool.pass(100_000)
    expect(messages(pool, 'warn')).toEqual(['No worker is connected, waiting for one to join'])
    join(pool, 'next')
    pool.finish('next', 't2')
    expect(pool.outcome('t2')).toBe('resolved')
    pool.pass(250)
    expect(messages(pool, 'info')).toContain('Workers are there again')
  })

  test('it gives up in the end, and whoever comes then is turned away', () => {
    const pool = openPool(0)
    pool.say('far', { type: 'drained' }, false)
    pool.submit('t1')
    pool.pass(600_500)
    expect(pool.state.life).toBe('broken')
    expect(pool.outcome('t1')).toBe('worker/absent')
    expect(pool.rejection('t1')).toMatch(/No worker was connected for 600 s; start some with/)
    pool.submit('t2')
    expect(pool.outcome('t2')).toBe('worker/absent')
    join(pool, 'late')
    expect(pool.sent('late', 'refused')).toHaveLength(1)
  })

  test('it forgets earlier absences', () => {
    const pool = openPool(0)
    for (let round = 0; round < 4; round++) {
      pool.say('far', { type: 'drained' }, false)
      pool.pass(400_000)
      join(pool, 'far')
      pool.pass(1000)
    }
    expect(pool.state.life).toBe('open')
  })

  test('before it opens, it says how many it needs, and gives up in the end, too', () => {
    const pool = new PoolDriver({ workers: 0, rules: { ...elastic, remoteCount: 2 } })
    pool.do({ kind: 'opened' })
    join(pool, 'far')
    pool.pass(6000)
    const waiting = pool.all('log').find(({ message }) => message.startsWith('Waiting'))
    expect(waiting?.fields).toEqual({ joined: 1, needed: 2, giveUpSeconds: 600 })
    pool.pass(600_000)
    expect(pool.state.error?.code).toBe('worker/absent')
    expect(pool.state.error?.message).toMatch(/Only 1 of the 2 workers/)
  })

  test('local workers that are given up are no end: others may join', () => {
    const pool = openPool(1, { restartLimit: 0 })
    pool.say('far', { type: 'drained' }, false)
    pool.submit('t1')
    pool.exit('w00')
    pool.pass(1000)
    expect(pool.phase('w00')).toBe('gone')
    expect(pool.state.life).toBe('open')
    pool.submit('t2')
    join(pool, 'next')
    pool.finish('next', 't2')
    expect(pool.outcome('t2')).toBe('resolved')
  })
})

describe('closing', () => {
  test('waits for workers of other machines to leave, but not for ever', () => {
    const pool = openPool(0)
    join(pool, 'other')
    pool.do({ kind: 'closing' })
    expect(pool.sent('far', 'drain')).toHaveLength(1)
    pool.say('far', { type: 'drained' }, false)
    pool.pass(2900)
    expect(pool.state.life).toBe('closing')
    pool.pass(500)
    expect(pool.state.life).toBe('closed')
  })

  test('does not wait for one whose link is dead', () => {
    const pool = openPool(0)
    pool.do({ kind: 'closing' })
    pool.do({ kind: 'unreachable', peer: '0:far' })
    pool.pass(250, [])
    expect(pool.state.life).toBe('closed')
  })
})
