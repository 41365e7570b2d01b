import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { curveKeyPair } from 'zeromq'
import { sha256 } from '#src/encoding/hash.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { findPython } from '#src/environment/python.ts'
import { fingerprintHash } from '#src/protocol/fingerprint.ts'
import type { CurvePoint } from '#src/trial/metrics.ts'
import type { WorkerPool } from '#src/worker/worker.ts'
import { cuttingProxy } from '#test/fixtures/cutting-proxy.ts'
import { startFarWorker } from '#test/fixtures/far-python-worker.ts'
import {
  digitsGraph,
  isAlive,
  startPythonPool,
  trainWork,
  workerProcesses,
} from '#test/fixtures/python-pool.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

let pool: WorkerPool
const temporary = mkdtempSync(join(tmpdir(), 'archloom-test-'))
const { TMPDIR } = process.env
beforeAll(async () => {
  process.env.TMPDIR = temporary
  pool = await startPythonPool()
}, 300_000)
afterAll(async () => {
  await pool?.[Symbol.asyncDispose]()
  const left = { processes: workerProcesses(), sockets: sockets() }
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  rmSync(temporary, { recursive: true })
  expect(left).toEqual({ processes: [], sockets: [] })
})

const sockets = () => readdirSync(temporary).filter((name) => name.startsWith('archloom-ipc-'))
let taskCount = 0
const train = (epochs: number, more: object = {}) =>
  pool.run<'train'>({ task: `t${taskCount++}`, lease: 0, work: trainWork(epochs), ...more })

/** Resolves with the worker of a training that runs until it is stopped, once it has begun. */
function longTraining(more: { signal?: AbortSignal; deadlineSeconds?: number } = {}) {
  const begun = Promise.withResolvers<void>()
  const ended = train(100_000, { onProgress: () => begun.resolve(), ...more })
  ended.catch(() => {})
  return { begun: begun.promise, ended }
}

describe('real workers', () => {
  test('describe networks, many at once', async () => {
    const work = { kind: 'describe', graph: digitsGraph } as const
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        pool.run<'describe'>({ task: `d${index}`, lease: 0, work }),
      ),
    )
    expect(new Set(results.map(({ worker }) => worker))).toEqual(new Set(['w00', 'w01']))
    for (const { result } of results) {
      expect(result.outputShapes).toEqual([[10]])
      expect(result.counts.parameterCount).toBe(8 * 9 + 16 + 8 * 10 + 10)
    }
  })

  test('carry one fingerprint, whose hash stands on results', async () => {
    expect(pool.fingerprints.size).toBe(1)
    const { fingerprint } = await train(1)
    const facts = pool.fingerprints.get(fingerprint)
    expect(facts && fingerprintHash(facts)).toBe(fingerprint)
    expect(facts?.critical.datasets).toEqual([
      { name: 'digits', contentHash: pool.dataset('digits').contentHash },
    ])
  })

  test('train to the same metrics on each, and stream every epoch', async () => {
    const curves: CurvePoint[][] = [[], []]
    const results = await Promise.all(
      curves.map((curve) => train(3, { onProgress: (point: CurvePoint) => curve.push(point) })),
    )
    expect(new Set(results.map(({ worker }) => worker)).size).toBe(2)
    const [one, other] = results.map(({ result }) => result)
    expect(one?.metrics).toEqual(other?.metrics)
    expect(one?.curve).toHaveLength(3)
    expect(curves[0]).toEqual(results[0]?.result.curve)
  })

  test('refuse a network that does not fit as an invalid task', async () => {
    const inputs = [{ id: 'image', shape: [3, 8, 8] }]
    const work = { ...trainWork(1), graph: { ...digitsGraph, inputs } }
    await expect(pool.run({ task: 'odd', lease: 0, work })).rejects.toMatchObject({
      failure: { kind: 'invalid_task' },
    })
  })
})

describe('a worker', () => {
  test('killed while it trains fails its task alone, and its successor repeats it exactly', async () => {
    const undisturbed = await train(3)
    const victim = longTraining()
    await victim.begun
    const other = longTraining()
    await other.begun
    const pids = new Map(workerProcesses())
    process.kill(pids.get('w00') ?? 0, 'SIGKILL')
    await expect(Promise.race([victim.ended, other.ended])).rejects.toMatchObject({
      failure: { kind: 'crashed', message: expect.stringContaining('Worker w00 was killed') },
    })
    const controller = new AbortController()
    const repeated = await train(3, { signal: controller.signal })
    expect(repeated.worker).toBe('w00')
    expect(repeated.result.metrics).toEqual(undisturbed.result.metrics)
    expect(repeated.fingerprint).toBe(undisturbed.fingerprint)
    expect(new Map(workerProcesses()).get('w01')).toBe(pids.get('w01'))
    process.kill(pids.get('w01') ?? 0, 'SIGKILL')
    await expect(other.ended).rejects.toMatchObject({ failure: { kind: 'crashed' } })
    await expect(victim.ended).rejects.toBeDefined()
  })

  test('that is stopped falls silent and is replaced', async () => {
    const others = new Set(workerProcesses().map(([, pid]) => pid))
    await using short = await startPythonPool({ workers: 1, silenceSeconds: 3 })
    const task = short.run({ task: 'long', lease: 0, work: trainWork(100_000) })
    const failure = expect(task).rejects.toMatchObject({
      failure: { kind: 'crashed', message: expect.stringContaining('silent') },
    })
    const pid = workerProcesses().find(([, candidate]) => !others.has(candidate))?.[1] ?? 0
    process.kill(pid, 'SIGSTOP')
    await failure
    await expect.poll(() => isAlive(pid)).toBe(false)
    const again = await short.run({ task: 'short', lease: 0, work: trainWork(1) })
    expect(again.worker).toBe('w00')
  })
})

describe('a training', () => {
  test('is cancelled between batches, and its process stays', async () => {
    await Promise.all([train(1), train(1)])
    const before = workerProcesses()
    const controller = new AbortController()
    const { begun, ended } = longTraining({ signal: controller.signal })
    await begun
    controller.abort()
    await expect(ended).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    await Promise.all([train(1), train(1)])
    expect(workerProcesses()).toEqual(before)
  })

  test('ends by itself at its deadline', async () => {
    const { ended } = longTraining({ deadlineSeconds: 0.5 })
    await expect(ended).rejects.toMatchObject({
      failure: { kind: 'timeout', message: expect.stringContaining('0.5 s') },
    })
  })
})

describe('a start', () => {
  test('refuses an environment that differs from its lock, unless that is allowed', async () => {
    const environment = await cpuEnvironment()
    const folder = mkdtempSync(join(TMPDIR ?? '/tmp', 'archloom-lock-'))
    try {
      const lockPath = join(folder, 'requirements.lock')
      writeFileSync(lockPath, 'numpy==1.0.0\nno-such-package==2.0\n')
      const hash = sha256('numpy==1.0.0\nno-such-package==2.0\n')
      const drifted = { ...environment, lock: { path: lockPath, hash } }
      await expect(startPythonPool({ environment: drifted, workers: 1 })).rejects.toMatchObject({
        code: 'environment/drift',
        message: expect.stringMatching(/numpy \(locked 1\.0\.0, installed [0-9.]+\)/),
      })
      const allowed = await startPythonPool({
        environment: drifted,
        workers: 1,
        allowDrift: true,
      })
      const [fingerprint] = allowed.fingerprints.values()
      await allowed[Symbol.asyncDispose]()
      expect(fingerprint?.critical.drift).toContainEqual({
        package: 'no-such-package',
        locked: '2.0',
        installed: null,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('says where it looked for missing data', async () => {
    const dataFolders = [join(temporary, 'nowhere')]
    await expect(
      startPythonPool({ workers: 1, datasets: ['cifar10'], dataFolders }),
    ).rejects.toMatchObject({
      code: 'config/data-missing',
      message: expect.stringContaining('nowhere'),
    })
  })

  test('names the package that an interpreter lacks', async () => {
    const environment = await cpuEnvironment()
    const { path } = await findPython(environment.spec.python)
    const bare = { ...environment, command: [path] as const }
    await expect(startPythonPool({ environment: bare, workers: 1 })).rejects.toMatchObject({
      code: 'environment/missing-package',
      message: expect.stringMatching(/lacks the package \w+.*archloom env create cpu/),
    })
  })
})

describe('a worker on another machine', () => {
  test('joins over TCP with its key, and a lost link costs it nothing', async () => {
    const [server, client] = [curveKeyPair(), curveKeyPair()]
    const heard = Promise.withResolvers<number>()
    const logger = pino(
      { level: 'info' },
      {
        write(line: string) {
          const { endpoint } = JSON.parse(line)
          if (endpoint) heard.resolve(Number(endpoint.split(':').at(-1)))
        },
      },
    )
    const opening = startPythonPool({
      workers: 0,
      logger,
      listen: {
        endpoint: 'tcp://127.0.0.1:*',
        curve: { server, clientPublicKeys: [client.publicKey] },
        count: 1,
      },
    })
    await using proxy = await cuttingProxy(await heard.promise)
    const child = await startFarWorker({ port: proxy.port, server, client })
    const exited = once(child, 'exit')
    try {
      await using remote = await opening
      expect(remote.slots).toBe(1)
      const undisturbed = await remote.run({ task: 't0', lease: 0, work: trainWork(20) })
      let cuts = 0
      const disturbed = await remote.run({
        task: 't1',
        lease: 0,
        work: trainWork(20),
        onProgress: ({ epoch }) => {
          if (epoch === 5 || epoch === 12) cuts += proxy.cut()
        },
      })
      expect(cuts).toBeGreaterThanOrEqual(1)
      expect(disturbed.worker).toBe('far')
      expect(disturbed.result.metrics).toEqual(undisturbed.result.metrics)
      await remote[Symbol.asyncDispose]()
      expect(await exited).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })
})

test('workers end with the process that started them, also when it is killed', async () => {
  const owner = spawn(process.execPath, [join(projectFolder(), 'test/fixtures/python-pool.ts')])
  try {
    const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
    const pids = JSON.parse(line) as number[]
    expect(pids.filter(isAlive)).toHaveLength(2)
    const before = sockets().length
    owner.kill('SIGKILL')
    await expect.poll(() => sockets().length, { timeout: 10_000 }).toBe(before - 1)
    await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
  } finally {
    owner.kill('SIGKILL')
  }
})
