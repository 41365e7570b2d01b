import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { curveKeyPair, Dealer } from 'zeromq'
import { projectFolder } from '#src/environment/folders.ts'
import type { CurvePoint } from '#src/trial/metrics.ts'
import type { WorkerPool } from '#src/worker/worker.ts'
import { describeWork, startToyPool, type ToyOptions } from '#test/fixtures/toy-pool.ts'

/** Where this file's pools make their sockets; also those of processes that it starts. */
const temporary = mkdtempSync(join(tmpdir(), 'archloom-test-'))
const { TMPDIR } = process.env
beforeAll(() => {
  process.env.TMPDIR = temporary
})
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  rmSync(temporary, { recursive: true })
})

const pools: WorkerPool[] = []
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const pool of pools.splice(0)) await pool[Symbol.asyncDispose]()
  expect(toyProcesses(), 'no worker is left').toEqual([])
})

async function start(options: ToyOptions = {}): Promise<WorkerPool> {
  const pool = await startToyPool(options)
  pools.push(pool)
  return pool
}

const run = (pool: WorkerPool, task: string, more: object = {}) =>
  pool.run<'describe'>({ task, lease: 0, work: describeWork, ...more })
const pidOf = async (pool: WorkerPool, task: string) =>
  (await run(pool, task)).result.counts.parameterCount

describe('a pool', () => {
  test('runs many tasks over its workers and knows where each ran', async () => {
    const pool = await start()
    expect(pool.slots).toBe(2)
    expect(pool.dataset('digits').classCount).toBe(10)
    expect(() => pool.dataset('cifar10')).toThrow(/cifar10/)
    const tasks = Array.from({ length: 200 }, (_, index) => run(pool, `t-${index}`))
    const results = await Promise.all(tasks)
    expect(new Set(results.map(({ worker }) => worker))).toEqual(new Set(['w00', 'w01']))
    const fingerprints = new Set(results.map(({ fingerprint }) => fingerprint))
    expect([...pool.fingerprints.keys()]).toEqual([...fingerprints])
  })

  test('refuses a task that is too large to be sent, and goes on with the others', async () => {
    const pool = await start({ workers: 1 })
    const nodes = Array.from({ length: 400_000 }, (_, index) => ({
      ...{ id: `n${index}`, op: { kind: 'identity' }, inputs: ['x'] },
    }))
    const work = { ...describeWork, graph: { ...describeWork.graph, nodes } }
    await expect(run(pool, 'large', { work })).rejects.toMatchObject({
      failure: { kind: 'invalid_task', message: expect.stringMatching(/16777216 bytes of header/) },
    })
    await expect(run(pool, 'small')).resolves.toBeDefined()
  })

  test('streams progress in order, past the credits of one welcome', async () => {
    const pool = await start({ workers: 1 })
    for (let round = 0; round < 5; round++) {
      const points: CurvePoint[] = []
      const onProgress = (point: CurvePoint) => points.push(point)
      await run(pool, `chatty-${round}`, { onProgress })
      expect(points.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    }
  })

  test('fails only the task whose progress listener throws', async () => {
    const pool = await start({ workers: 1 })
    const onProgress = () => {
      throw new Error('No room')
    }
    await expect(run(pool, 'chatty-1', { onProgress })).rejects.toThrow('No room')
    await expect(run(pool, 't-1')).resolves.toBeDefined()
  })

  test('counts a result that comes twice once', async () => {
    const pool = await start()
    await run(pool, 'twice-1')
    await expect(pidOf(pool, 't-1')).resolves.toBeGreaterThan(0)
  })

  test('does not take a task that it has already', async () => {
    const pool = await start()
    const first = run(pool, 't-1')
    await expect(run(pool, 't-1')).rejects.toMatchObject({ code: 'internal/invariant' })
    await first
  })
})

describe('a worker that', () => {
  test('dies fails its own task, and a new process takes its place', async () => {
    const pool = await start()
    const [crashed, other] = await Promise.allSettled([run(pool, 'crash-1'), run(pool, 't-1')])
    expect(crashed).toMatchObject({
      reason: {
        failure: { kind: 'crashed', message: expect.stringContaining('RuntimeError: boom') },
      },
    })
    expect(other.status).toBe('fulfilled')
    const pids = await Promise.all([pidOf(pool, 'pid-0'), pidOf(pool, 'pid-1')])
    await expect.poll(() => toyProcesses().length, { timeout: 10_000 }).toBe(2)
    expect(toyProcesses()).toEqual(expect.arrayContaining([expect.any(Number)]))
    expect(pids.every((pid) => pid > 0)).toBe(true)
  })

  test('is killed with SIGKILL may have been out of memory', async () => {
    const pool = await start({ workers: 1 })
    const pid = await pidOf(pool, 'pid-0')
    const waiting = run(pool, 'wait-1')
    process.kill(pid, 'SIGKILL')
    await expect(waiting).rejects.toMatchObject({
      failure: { kind: 'crashed', message: expect.stringContaining('memory') },
    })
    expect(await pidOf(pool, 'pid-1')).not.toBe(pid)
  })

  test.each(['stops its heartbeats', 'is stopped'])('%s is silent', async (how) => {
    const stopped = how === 'is stopped'
    const pool = await start({ workers: 1, ...(!stopped && { unresponsiveSeconds: 0 }) })
    const pid = await pidOf(pool, 'pid-0')
    const task = run(pool, stopped ? 'wait-1' : 'mute-1')
    if (stopped) process.kill(pid, 'SIGSTOP')
    await expect(task).rejects.toMatchObject({
      failure: {
        kind: 'crashed',
        message: expect.stringMatching(stopped ? /silent for 2/ : /lives but said nothing for 2/),
      },
    })
    expect(await pidOf(pool, 'pid-1')).not.toBe(pid)
  })

  test('sends garbage is ended and replaced', async () => {
    const pool = await start({ workers: 1 })
    await expect(run(pool, 'garbage-1')).rejects.toMatchObject({ failure: { kind: 'internal' } })
    await expect(pidOf(pool, 'pid-1')).resolves.toBeGreaterThan(0)
  })

  test('dies with every task is given up at last', async () => {
    const pool = await start({ workers: 1, restartLimit: 1 })
    for (const task of ['crash-1', 'crash-2']) {
      await expect(run(pool, task)).rejects.toMatchObject({ failure: { kind: 'crashed' } })
    }
    await expect(run(pool, 't-1')).rejects.toMatchObject({ code: 'worker/restart-limit' })
  })
})

describe('a task that', () => {
  test('is aborted is cancelled on its worker, which lives on', async () => {
    const pool = await start({ workers: 1 })
    const pid = await pidOf(pool, 'pid-0')
    const controller = new AbortController()
    const waiting = run(pool, 'wait-1', { signal: controller.signal })
    controller.abort()
    await expect(waiting).rejects.toMatchObject({
      failure: { kind: 'cancelled', message: 'Cancelled as asked' },
    })
    expect(await pidOf(pool, 'pid-1')).toBe(pid)
    const aborted = run(pool, 't-1', { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })

  test('ignores its cancellation or its deadline takes its worker with it', async () => {
    const pool = await start({ workers: 1 })
    const controller = new AbortController()
    const cancelled = run(pool, 'stubborn-1', { signal: controller.signal })
    controller.abort()
    await expect(cancelled).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    const overdue = run(pool, 'stubborn-2', { deadlineSeconds: 0.3 })
    await expect(overdue).rejects.toMatchObject({ failure: { kind: 'timeout' } })
    await expect(pidOf(pool, 'pid-1')).resolves.toBeGreaterThan(0)
  })
})

describe('a start', () => {
  test.each([
    ['import', 'environment/missing-package', /package torch.*archloom env create toy/],
    ['version', 'protocol/version', /version 2.*version 1/],
    ['drift', 'environment/drift', /numpy \(locked 2.0, installed 1.0\)/],
  ])('fails for %s with %s', async (trouble, code, message) => {
    await expect(start({ trouble })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('fails with what the worker said when it crashes each time', async () => {
    await expect(start({ trouble: 'crash', restartLimit: 1, workers: 1 })).rejects.toMatchObject({
      code: 'worker/would-not-start',
      message: expect.stringContaining('Out of luck'),
    })
  })

  test('fails at once without an interpreter', async () => {
    const command = () => ({ file: '/no/such/python', parameters: [], variables: {} })
    await expect(start({ command })).rejects.toMatchObject({
      code: 'environment/missing-python',
      message: expect.stringContaining('ENOENT'),
    })
  })

  test('goes on with drift where it is allowed, and records it', async () => {
    const pool = await start({ trouble: 'drift', allowDrift: true, workers: 1 })
    const [fingerprint] = pool.fingerprints.values()
    expect(fingerprint?.critical.drift).toHaveLength(1)
  })

  test('that is aborted throws the reason and leaves nothing', async () => {
    const reason = new Error('Enough')
    await expect(start({ signal: AbortSignal.timeout(1) })).rejects.toThrow()
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('strangers', () => {
  test('that send garbage, other versions or false hellos over TCP change nothing', async () => {
    const [server, client] = [curveKeyPair(), curveKeyPair()]
    const lines: string[] = []
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const pool = await start({
      workers: 1,
      logger,
      listen: {
        endpoint: 'tcp://127.0.0.1:*',
        curve: { server, clientPublicKeys: [client.publicKey] },
        count: 0,
      },
    })
    const listening = lines.map((line) => JSON.parse(line)).find(({ endpoint }) => endpoint)
    const rogue = new Dealer({
      linger: 0,
      curveServerKey: server.publicKey,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
    })
    try {
      rogue.connect(listening.endpoint)
      const waiting = run(pool, 't-0')
      await rogue.send(['garbage'])
      expect(String((await rogue.receive())[1])).toContain('"refused"')
      await rogue.send(['ALP/2', '{"type":"hello"}'])
      expect(String((await rogue.receive())[1])).toMatch(/version 2.*version 1/)
      await rogue.send(['ALP/1', '{"type":"result"}'])
      expect(String((await rogue.receive())[1])).toContain('malformed at task')
      await waiting
      await expect(pidOf(pool, 't-1')).resolves.toBeGreaterThan(0)
      expect(lines.filter((line) => line.includes('A worker was refused'))).toHaveLength(3)
    } finally {
      rogue.close()
    }
  })
})

describe('the end', () => {
  test('leaves no process and no socket, also of workers that will not go', async () => {
    const pool = await startToyPool({ trouble: 'clinging' })
    expect(readdirSync(temporary)).toHaveLength(1)
    const waiting = run(pool, 'wait-1')
    const failure = expect(waiting).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    await pool[Symbol.asyncDispose]()
    await pool[Symbol.asyncDispose]()
    await failure
    expect(toyProcesses()).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
    await expect(run(pool, 't-1')).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })

  test.each(['killed with SIGKILL', 'exiting without disposing'])(
    'comes for the workers of a process %s',
    async (how) => {
      const leaves = how.startsWith('exiting')
      const owner = spawn(process.execPath, [
        join(projectFolder(), 'test/fixtures/toy-pool.ts'),
        ...(leaves ? ['--leave'] : []),
      ])
      children.push(owner)
      const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
      const pids = JSON.parse(line) as number[]
      expect(pids).toHaveLength(2)
      if (!leaves) owner.kill('SIGKILL')
      await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([])
    },
  )
})

/** Ids of the toy workers that this test run has left running. */
function toyProcesses(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isAlive(pid) && isOwnToy(pid))
}

function isOwnToy(pid: number): boolean {
  try {
    const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return Number(parent) === process.pid && command.includes('toy-worker.ts')
  } catch {
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
