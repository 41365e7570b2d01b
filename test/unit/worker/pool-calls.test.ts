import { describe, expect, test } from 'vitest'
import type { Tensor } from '#src/protocol/codec.ts'
import type { FromWorker } from '#src/protocol/messages.ts'
import type { CallWork, TaskResult, TaskWork } from '#src/protocol/task.ts'
import { exampleHello, PoolDriver } from './pool-driver.ts'

const capabilities = [
  'call',
  'session-open',
  'session-call',
  'session-close',
  'tensors',
  'describe',
]
const cost = { seconds: 1, epochs: 0 }

const callWork: CallWork = {
  kind: 'call',
  function: 'team:train',
  input: { epochs: 3 },
  graph: null,
  seed: '0',
  resume: null,
  checkpointPath: null,
}
const open = (session: string): TaskWork => ({
  kind: 'session-open',
  session,
  function: 'team:Model',
  input: {},
  graph: null,
  seed: '0',
})
const ask = (session: string): TaskWork => ({
  kind: 'session-call',
  session,
  method: 'predict',
  input: {},
})
const close = (session: string): TaskWork => ({ kind: 'session-close', session })

const results = {
  call: { kind: 'call', output: { loss: 1 }, checkpoint: null, stopped: false, cost },
  open: { kind: 'session-open', cost },
  ask: { kind: 'session-call', output: null, stopped: false, cost },
  close: { kind: 'session-close' },
} satisfies Record<string, TaskResult>

const tensor: Tensor = { name: 'x', dtype: 'uint8', shape: [2], data: new Uint8Array([1, 2]) }

/** A pool of two workers that may be called. */
function openedPool(): PoolDriver {
  const pool = new PoolDriver()
  pool.do({ kind: 'opened' })
  for (const name of pool.state.workers.keys()) pool.start(name, { capabilities })
  pool.commands.length = 0
  return pool
}

function finish(pool: PoolDriver, worker: string, task: string, result: TaskResult) {
  const message = { type: 'result', task, lease: 5000, result, tensors: [] } satisfies FromWorker
  return pool.do({ kind: 'received', peer: `0:${worker}`, local: true, message, tensors: [tensor] })
}

/** A pool whose second worker holds the session `s`. */
function poolWithSession(): PoolDriver {
  const pool = openedPool()
  pool.submit('busy')
  pool.submit('open', { work: open('s') })
  finish(pool, 'w01', 'open', results.open)
  pool.finish('w00', 'busy')
  expect(pool.outcome('open')).toBe('resolved')
  pool.commands.length = 0
  return pool
}

const runsOf = (pool: PoolDriver, worker: string) =>
  pool.sent(worker, 'run').map(({ task }) => task)

describe('a call', () => {
  test('takes its tensors along, and comes back with others', () => {
    const pool = openedPool()
    pool.submit('t1', { work: callWork, tensors: [tensor] })
    expect(pool.all('send')).toMatchObject([{ peer: '0:w00', tensors: [tensor] }])
    finish(pool, 'w00', 't1', results.call)
    expect(pool.all('resolve')).toMatchObject([{ result: results.call, tensors: [tensor] }])
  })

  test('has its reports passed on, at a credit each, but not those of an old lease', () => {
    const pool = openedPool()
    pool.submit('t1', { work: callWork })
    for (let step = 0; step < 4; step += 1) {
      pool.say('w00', { type: 'reported', task: 't1', lease: 5000, report: { step } })
    }
    pool.say('w00', { type: 'reported', task: 't1', lease: 4999, report: { step: 9 } })
    expect(pool.all('reported').map(({ report }) => report.step)).toEqual([0, 1, 2, 3])
    expect(pool.sent('w00', 'grant')).toEqual([{ type: 'grant', credits: 4 }])
  })

  test('is refused where no worker may be called, with what to do', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1', { work: callWork })
    expect(pool.outcome('t1')).toBe('invalid_task')
    expect(pool.rejection('t1')).toContain('modules that may be called (allow, or --allow MODULE)')
  })
})

describe('a request to finish early', () => {
  test('reaches the worker once, and the result still counts', () => {
    const pool = openedPool()
    pool.submit('t1', { work: callWork })
    pool.do({ kind: 'stop-asked', task: 't1' })
    pool.do({ kind: 'stop-asked', task: 't1' })
    expect(pool.sent('w00', 'stop')).toEqual([{ type: 'stop', task: 't1', lease: 5000 }])
    finish(pool, 'w00', 't1', { ...results.call, stopped: true })
    expect(pool.outcome('t1')).toBe('resolved')
  })

  test('waits with a task that waits', () => {
    const pool = openedPool()
    for (const task of ['t1', 't2', 't3']) pool.submit(task, { work: callWork })
    pool.do({ kind: 'stop-asked', task: 't3' })
    expect(pool.all('send')).toHaveLength(2)
    finish(pool, 'w00', 't1', results.call)
    const last = pool.all('send').filter(({ peer }) => peer === '0:w00')
    expect(last.slice(-2).map(({ message }) => message.type)).toEqual(['run', 'stop'])
  })

  test('is said again over a new connection, after the task', () => {
    const pool = openedPool()
    pool.submit('t1', { work: callWork, tensors: [tensor] })
    pool.do({ kind: 'stop-asked', task: 't1' })
    const pid = pool.state.workers.get('w00')?.hello?.pid ?? 0
    pool.commands.length = 0
    pool.say('w00', { ...exampleHello, worker: 'w00', pid, capabilities })
    expect(pool.all('send').map(({ message }) => message.type)).toEqual(['welcome', 'run', 'stop'])
    expect(pool.all('send')[1]?.tensors).toEqual([tensor])
  })

  test('is not sent to a worker that would not understand it, nor about what is done', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'stop-asked', task: 't1' })
    pool.do({ kind: 'stop-asked', task: 'unknown' })
    expect(pool.sent('w00', 'stop')).toEqual([])
  })
})

describe('a session', () => {
  test('is called on the worker that holds it, whoever else is free', () => {
    const pool = poolWithSession()
    for (const task of ['a', 'b']) pool.submit(task, { work: ask('s') })
    expect(runsOf(pool, 'w00')).toEqual([])
    expect(runsOf(pool, 'w01')).toEqual(['a'])
    finish(pool, 'w01', 'a', results.ask)
    expect(runsOf(pool, 'w01')).toEqual(['a', 'b'])
  })

  test('does not hold up what waits behind it, and others avoid its worker', () => {
    const pool = poolWithSession()
    pool.submit('a', { work: ask('s') })
    pool.submit('b', { work: ask('s') })
    pool.submit('c', { work: callWork })
    expect(runsOf(pool, 'w00')).toEqual(['c'])
    finish(pool, 'w01', 'a', results.ask)
    finish(pool, 'w01', 'b', results.ask)
    finish(pool, 'w00', 'c', results.call)
    pool.submit('d', { work: callWork })
    expect(runsOf(pool, 'w00')).toEqual(['c', 'd'])
  })

  test('is made on the worker that holds the fewest, whoever else is free', () => {
    const pool = openedPool()
    const holders = ['w00', 'w01', 'w00', 'w01']
    for (const [index, worker] of holders.entries()) {
      const task = `open-${index}`
      pool.submit(task, { work: open(`s${index}`) })
      expect(runsOf(pool, worker)).toContain(task)
      finish(pool, worker, task, results.open)
    }
    expect([...pool.state.sessions.values()]).toEqual(holders)
  })

  test('is lost with its worker: calls under way and waiting say so, others go on', () => {
    const pool = poolWithSession()
    pool.submit('a', { work: ask('s') })
    pool.submit('b', { work: ask('s') })
    pool.submit('other', { work: callWork })
    pool.exit('w01', { signal: 'SIGKILL', code: null })
    for (const task of ['a', 'b']) {
      expect(pool.outcome(task)).toBe('worker/session-lost')
      expect(pool.rejection(task)).toMatch(/session s is no longer there: Worker w01 was killed/)
    }
    expect(pool.outcome('other')).toBeNull()
    pool.submit('late', { work: ask('s') })
    expect(pool.outcome('late')).toBe('worker/session-lost')
  })

  test('survives a connection that is lost', () => {
    const pool = poolWithSession()
    const pid = pool.state.workers.get('w01')?.hello?.pid ?? 0
    pool.say('w01', { ...exampleHello, worker: 'w01', pid, capabilities })
    pool.submit('a', { work: ask('s') })
    expect(runsOf(pool, 'w01')).toEqual(['a'])
  })

  test('that is closed is gone for what waited, and for what comes', () => {
    const pool = poolWithSession()
    pool.submit('close', { work: close('s') })
    pool.submit('a', { work: ask('s') })
    finish(pool, 'w01', 'close', results.close)
    expect(pool.outcome('close')).toBe('resolved')
    expect(pool.rejection('a')).toContain('it was closed')
    expect(pool.state.sessions.size).toBe(0)
  })

  test('a call that is cancelled and takes its worker along counts as cancelled', () => {
    const pool = poolWithSession()
    pool.submit('a', { work: ask('s') })
    pool.submit('b', { work: ask('s') })
    pool.do({ kind: 'aborted', task: 'a' })
    pool.pass(5000)
    expect(pool.outcome('a')).toBe('cancelled')
    expect(pool.outcome('b')).toBe('worker/session-lost')
  })

  test('that could not be opened is not there', () => {
    const pool = openedPool()
    pool.submit('open', { work: open('s') })
    const failure = { kind: 'internal', message: 'KeyError' } as const
    pool.say('w00', { type: 'failed', task: 'open', lease: 5000, failure })
    pool.submit('a', { work: ask('s') })
    expect(pool.outcome('a')).toBe('worker/session-lost')
  })
})
