import { describe, expect, test } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import type { Hello } from '#src/protocol/messages.ts'
import { exampleHello, PoolDriver } from './pool-driver.ts'

const withFacts = (facts: Partial<Hello['fingerprint']['critical']>): Partial<Hello> => ({
  fingerprint: {
    ...exampleHello.fingerprint,
    critical: { ...exampleHello.fingerprint.critical, ...facts },
  },
})
const drift = [{ package: 'numpy', locked: '2.3.5', installed: '2.3.4' }]
const broken = new ArchloomError('protocol/malformed', 'A malformed message')

describe('opening', () => {
  test('launches every worker and is done when all are welcomed', () => {
    const pool = new PoolDriver()
    pool.do({ kind: 'opened' })
    expect(pool.all('launch')).toEqual([
      { kind: 'launch', worker: 'w00', incarnation: 1 },
      { kind: 'launch', worker: 'w01', incarnation: 1 },
    ])
    pool.start('w01')
    expect(pool.state.life).toBe('opening')
    pool.start('w00')
    expect(pool.all('turned')).toEqual([{ kind: 'turned', life: 'open', error: null }])
    expect(pool.sent('w00', 'welcome')).toEqual([
      { type: 'welcome', heartbeatSeconds: 2, silenceSeconds: 10, credits: 8 },
    ])
    expect(pool.state.datasets.get('digits')).toEqual(exampleHello.datasets[0])
  })

  test.each<[string, Partial<Hello>, string, string]>([
    ['another protocol version', { protocolVersion: 2 }, 'protocol/version', 'version 2'],
    ['drift from the lock', withFacts({ drift }), 'environment/drift', 'numpy (locked 2.3.5'],
    ['another lock', withFacts({ lockHash: 'f'.repeat(64) }), 'environment/drift', 'ffffffffffff'],
    ['another device', withFacts({ device: 'cuda' }), 'environment/no-device', 'runs on cuda'],
    [
      'a missing data set',
      {
        datasets: [],
        datasetProblems: [{ name: 'digits', kind: 'missing', message: 'Put it there' }],
      },
      'config/data-missing',
      'Put it there',
    ],
    [
      'a corrupt data set',
      { datasets: [], datasetProblems: [{ name: 'digits', kind: 'corrupt', message: 'Cut off' }] },
      'config/data-corrupt',
      'Cut off',
    ],
    ['a data set it was not told to load', { datasets: [] }, 'config/data-missing', 'digits'],
  ])('refuses %s, says why, and fails', (_, hello, code, text) => {
    const pool = new PoolDriver()
    pool.do({ kind: 'opened' })
    pool.start('w00', hello)
    const [refused] = pool.sent('w00', 'refused')
    expect(refused?.reason).toContain(text)
    expect(refused?.mend).toMatch(/^[A-Z]/)
    pool.exit('w00', { code: 3 })
    expect(pool.all('turned')).toMatchObject([{ life: 'broken', error: { code } }])
  })

  test('goes on with drift where that is allowed', () => {
    const pool = new PoolDriver({ workers: 1, rules: { allowDrift: true } })
    pool.do({ kind: 'opened' })
    pool.start('w00', withFacts({ drift, lockHash: 'f'.repeat(64) }))
    expect(pool.state.life).toBe('open')
    const [welcomed] = pool.all('welcomed')
    expect(welcomed?.hello.fingerprint.critical.drift).toEqual(drift)
  })

  test('fails when two workers hold different data', () => {
    const pool = new PoolDriver()
    pool.do({ kind: 'opened' })
    pool.start('w00')
    const datasets = exampleHello.datasets.map((facts) => ({
      ...facts,
      contentHash: 'e'.repeat(64),
    }))
    pool.start('w01', { datasets })
    pool.exit('w01', { code: 3 })
    expect(pool.state.error?.code).toBe('config/data-corrupt')
  })

  test.each<[string, Parameters<PoolDriver['exit']>[1], string, RegExp]>([
    [
      'no interpreter',
      { spawnError: 'ENOENT', code: null },
      'environment/missing-python',
      /archloom env create cpu/,
    ],
    [
      'no PyTorch',
      { tail: ['Traceback', "ModuleNotFoundError: No module named 'torch'"] },
      'environment/missing-package',
      /package torch.*archloom env create cpu/,
    ],
    [
      'an explained trouble',
      { code: 3, tail: ['No such lock.'] },
      'worker/would-not-start',
      /No such lock$/,
    ],
    [
      'a wrong command line',
      { code: 2, tail: ['usage: …'] },
      'worker/would-not-start',
      /exit code 2/,
    ],
  ])('fails at once for %s', (_, exit, code, message) => {
    const pool = new PoolDriver()
    pool.do({ kind: 'opened' })
    pool.launched('w00')
    pool.exit('w00', exit)
    expect(pool.all('turned')).toMatchObject([{ life: 'broken', error: { code } }])
    expect(pool.state.error?.message).toMatch(message)
  })

  test('tries a crash again, a limited number of times, and says what was heard last', () => {
    const pool = new PoolDriver({ workers: 1 })
    pool.do({ kind: 'opened' })
    for (let start = 0; start < 3; start++) {
      expect(pool.state.life).toBe('opening')
      pool.launched('w00')
      pool.exit('w00', { code: 1, tail: ['first', 'Out of luck.', ''] })
      pool.pass(5000)
    }
    expect(pool.all('launch')).toHaveLength(3)
    expect(pool.state.life).toBe('broken')
    expect(pool.state.error).toMatchObject({
      code: 'worker/would-not-start',
      message: expect.stringContaining('exit code 1: Out of luck,'),
    })
  })

  test('tries again when the system has no room for a process', () => {
    const pool = new PoolDriver({ workers: 1 })
    pool.do({ kind: 'opened' })
    pool.exit('w00', { code: null, spawnError: 'EAGAIN' })
    expect(pool.phase('w00')).toBe('waiting')
  })

  test('waits longer before each restart', () => {
    const pool = new PoolDriver({ workers: 1, rules: { restartLimit: 9 } })
    pool.do({ kind: 'opened' })
    const waits: number[] = []
    for (let start = 0; start < 7; start++) {
      pool.exit('w00')
      const beganMs = pool.nowMs
      const launches = pool.all('launch').length
      while (pool.all('launch').length === launches) pool.pass(250)
      waits.push(pool.nowMs - beganMs)
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  })

  test('kills a process that never says hello', () => {
    const pool = new PoolDriver({ workers: 1 })
    pool.do({ kind: 'opened' })
    pool.launched('w00')
    pool.pass(60_500)
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGKILL' }])
    pool.exit('w00', { code: null, signal: 'SIGKILL' })
    expect(pool.phase('w00')).toBe('waiting')
  })

  test('names the other version when the hello itself cannot be read', () => {
    const pool = new PoolDriver({ workers: 1 })
    pool.do({ kind: 'opened' })
    pool.launched('w00')
    const error = new ArchloomError('protocol/version', 'The worker speaks version 2')
    pool.do({ kind: 'unreadable', peer: '0:w00', error })
    expect(pool.sent('w00', 'refused')).toMatchObject([{ reason: 'The worker speaks version 2' }])
    pool.exit('w00', { code: 3 })
    expect(pool.state.error).toBe(error)
  })
})

test('garbage from a stranger does not make a starting worker look guilty', () => {
  const pool = new PoolDriver({ workers: 1 })
  pool.do({ kind: 'opened' })
  pool.launched('w00')
  pool.do({ kind: 'unreadable', peer: '0:rogue', error: broken })
  pool.exit('w00')
  expect(pool.phase('w00')).toBe('waiting')
})

describe('a hello', () => {
  test.each([
    ['of a process that the pool did not start', 'w00', 1],
    ['under a name that nobody expects', 'w77', 100],
  ])('%s is refused', (_, worker, pid) => {
    const pool = new PoolDriver({ workers: 1 })
    pool.do({ kind: 'opened' })
    pool.launched('w00')
    pool.say('w99', { ...exampleHello, worker, pid })
    expect(pool.sent('w99', 'refused')).toHaveLength(1)
    expect(pool.phase('w00')).toBe('starting')
  })

  test('under a local name from another machine is refused', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.say('w99', { ...exampleHello, worker: 'w00', pid: 100 }, false)
    expect(pool.sent('w99', 'refused')).toHaveLength(1)
  })

  test('over a new connection keeps the tasks, and sends again what may be lost', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    const { pid } = pool.state.workers.get('w00') ?? {}
    pool.do({
      kind: 'received',
      peer: '0:again',
      local: true,
      message: { ...exampleHello, worker: 'w00', pid: pid ?? 0 },
    })
    expect(pool.sent('again', 'run')).toMatchObject([{ task: 't1', lease: 5000 }])
    pool.finish('again', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
  })
})

describe('a dead worker', () => {
  test('fails its task alone, with what it said last, and is started again', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.submit('t2')
    pool.exit('w00', { code: 70, tail: ['RuntimeError: boom'] })
    expect(pool.outcome('t1')).toBe('crashed')
    expect(pool.rejection('t1')).toBe('Worker w00 ended with exit code 70: RuntimeError: boom')
    pool.finish('w01', 't2')
    expect(pool.outcome('t2')).toBe('resolved')
    pool.pass(600)
    expect(pool.all('launch')).toEqual([{ kind: 'launch', worker: 'w00', incarnation: 2 }])
    pool.start('w00')
    pool.submit('t3')
    expect(pool.sent('w00', 'run').at(-1)?.task).toBe('t3')
  })

  test('by SIGKILL may have been out of memory', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.exit('w00', { code: null, signal: 'SIGKILL' })
    expect(pool.rejection('t1')).toContain('want of memory')
  })

  test('is not taken for its successor when its exit comes late', () => {
    const pool = PoolDriver.opened()
    pool.do({
      kind: 'exited',
      worker: 'w00',
      incarnation: 0,
      exit: { code: 1, signal: null, spawnError: null, tail: [] },
    })
    expect(pool.phase('w00')).toBe('ready')
  })

  test('is given up after too many restarts without a finished task', () => {
    const pool = PoolDriver.opened()
    for (let death = 0; death < 3; death++) {
      pool.submit(`t${death}`)
      pool.exit('w00')
      pool.pass(5000)
      if (pool.phase('w00') === 'starting') pool.start('w00')
    }
    expect(pool.phase('w00')).toBe('gone')
    expect(pool.state.life).toBe('open')
    pool.submit('t9')
    expect(pool.sent('w01', 'run').map(({ task }) => task)).toEqual(['t9'])
  })

  test('has its restarts forgotten with each finished task', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    for (let death = 0; death < 10; death++) {
      pool.submit(`t${death}`)
      pool.finish('w00', `t${death}`)
      pool.exit('w00')
      pool.pass(5000)
      pool.start('w00')
    }
    expect(pool.phase('w00')).toBe('ready')
  })

  test('that was the last one breaks the pool: waiting and later tasks are rejected', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    pool.submit('t2')
    for (let death = 0; death < 3; death++) {
      pool.exit('w00', { tail: ['Boom'] })
      pool.pass(5000)
      if (pool.phase('w00') === 'starting') pool.start('w00')
    }
    expect(pool.outcome('t1')).toBe('crashed')
    expect(pool.outcome('t2')).toBe('crashed')
    pool.submit('t3')
    expect(pool.outcome('t3')).toBe('worker/restart-limit')
    expect(pool.rejection('t3')).toMatch(/restarted 2 times.*Boom/)
  })
})

describe('silence', () => {
  test('past its limit kills a worker whose link is dead, too, and fails its task', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'unreachable', peer: '0:w00' })
    pool.pass(9900, ['w01'])
    expect(pool.all('signal')).toEqual([])
    pool.pass(500, ['w01'])
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGKILL' }])
    expect(pool.outcome('t1')).toBe('crashed')
    expect(pool.rejection('t1')).toMatch(/silent for 10.* s, the limit is 10 s/)
    expect(pool.phase('w01')).toBe('ready')
  })

  test('of a worker with a task, whose link answers, is borne up to a longer limit', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.pass(59_000, ['w01'])
    expect(pool.phase('w00')).toBe('ready')
    const warnings = pool.all('log').filter(({ level }) => level === 'warn')
    expect(warnings).toMatchObject([{ fields: { worker: 'w00', silentSeconds: 10 } }])
    expect(pool.sent('w00', 'heartbeat').length).toBe(29)
    pool.pass(2000, ['w01'])
    expect(pool.outcome('t1')).toBe('crashed')
    expect(pool.rejection('t1')).toMatch(/lives.*60.* s, the limit is 60 s.*interpreter lock/)
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGKILL' }])
  })

  test('that ends before the longer limit has cost nothing', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    pool.pass(50_000, [])
    pool.pass(50_000)
    pool.finish('w00', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
  })

  test('of an idle worker is death, whatever its link does', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.pass(11_000, [])
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGKILL' }])
  })

  test('that the orchestrator slept through itself is not held against workers', () => {
    const pool = PoolDriver.opened()
    pool.nowMs += 60_000
    pool.do({ kind: 'ticked' })
    expect(pool.all('signal')).toEqual([])
    pool.pass(11_000, [])
    expect(pool.all('signal')).toHaveLength(2)
  })

  test('of an orchestrator that stood still costs no task that had ended, and no starting worker', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1', { deadlineSeconds: 10 })
    pool.submit('t2', { deadlineSeconds: 10 })
    pool.exit('w01')
    pool.pass(600)
    expect(pool.phase('w01')).toBe('starting')
    pool.nowMs += 3_600_000
    pool.do({ kind: 'ticked' })
    pool.finish('w00', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
    pool.start('w01')
    expect(pool.phase('w01')).toBe('ready')
  })

  test('of an orchestrator that stood still gives a task past its deadline the grace and no more', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1', { deadlineSeconds: 10 })
    pool.nowMs += 3_600_000
    pool.do({ kind: 'ticked' })
    pool.pass(3750)
    expect(pool.outcome('t1')).toBeNull()
    pool.pass(250)
    expect(pool.outcome('t1')).toBe('timeout')
  })

  test('is broken by heartbeats, which go both ways', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.pass(60_000)
    expect(pool.phase('w00')).toBe('ready')
    expect(pool.sent('w00', 'heartbeat').length).toBe(30)
  })
})

describe('a message that cannot be read', () => {
  test('from a worker fails its task and ends the worker', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'unreadable', peer: '0:w00', error: broken })
    expect(pool.outcome('t1')).toBe('internal')
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGKILL' }])
    pool.exit('w00', { code: null, signal: 'SIGKILL' })
    expect(pool.phase('w00')).toBe('waiting')
  })

  test('from a stranger is answered and harms nobody', () => {
    const pool = PoolDriver.opened()
    pool.submit('t1')
    pool.do({ kind: 'unreadable', peer: '0:rogue', error: broken })
    pool.say('rogue', { type: 'heartbeat' })
    expect(pool.sent('rogue', 'refused')).toHaveLength(1)
    expect(pool.all('signal')).toEqual([])
    pool.finish('w00', 't1')
    expect(pool.outcome('t1')).toBe('resolved')
  })
})

describe('closing', () => {
  test('asks, tells, then forces, and ends when the last process has', () => {
    const pool = PoolDriver.opened()
    pool.do({ kind: 'closing' })
    expect(pool.sent('w00', 'drain')).toHaveLength(1)
    pool.pass(2900)
    pool.exit('w00', { code: 0 })
    expect(pool.all('signal')).toEqual([])
    pool.pass(300)
    expect(pool.all('signal').at(-1)).toEqual({ kind: 'signal', worker: 'w01', signal: 'SIGTERM' })
    pool.pass(2000)
    expect(pool.all('signal').at(-1)).toEqual({ kind: 'signal', worker: 'w01', signal: 'SIGKILL' })
    expect(pool.state.life).toBe('closing')
    pool.exit('w01', { code: null, signal: 'SIGKILL' })
    pool.pass(250)
    expect(pool.all('turned').at(-1)?.life).toBe('closed')
    expect(pool.all('launch')).toEqual([])
  })

  test('cancels what runs and what waits, and takes nothing new', () => {
    const pool = PoolDriver.opened({ workers: 1 })
    pool.submit('t1')
    pool.submit('t2')
    pool.do({ kind: 'closing' })
    expect(pool.sent('w00', 'cancel')).toHaveLength(1)
    pool.submit('t3')
    expect(['t1', 't2', 't3'].map((task) => pool.outcome(task))).toEqual(Array(3).fill('cancelled'))
    pool.finish('w00', 't1')
    expect(pool.all('resolve')).toEqual([])
  })

  test('ends a process that has not said hello, and starts none that waits', () => {
    const pool = new PoolDriver()
    pool.do({ kind: 'opened' })
    pool.launched('w00')
    pool.exit('w01')
    pool.do({ kind: 'closing' })
    expect(pool.all('signal')).toEqual([{ kind: 'signal', worker: 'w00', signal: 'SIGTERM' }])
    pool.say('w00', { ...exampleHello, pid: 100 })
    expect(pool.sent('w00', 'refused')).toHaveLength(1)
    pool.exit('w00', { code: null, signal: 'SIGTERM' })
    pool.pass(2000)
    expect(pool.state.life).toBe('closed')
    expect(pool.all('launch')).toHaveLength(2)
  })

  test('works after the pool broke', () => {
    const pool = new PoolDriver()
    pool.do({ kind: 'opened' })
    pool.launched('w00')
    pool.exit('w00', { spawnError: 'ENOENT', code: null })
    pool.do({ kind: 'closing' })
    pool.exit('w01', { code: null, signal: 'SIGTERM' })
    pool.pass(250)
    expect(pool.state.life).toBe('closed')
  })
})
