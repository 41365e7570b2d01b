/** The Node API over real Python workers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openWorkers } from '#src/bridge/open-workers.ts'
import { tensor } from '#src/bridge/tensor.ts'
import type { CallOptions, Workers } from '#src/bridge/workers.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { cpuEnvironment } from '../fixtures/worker-environment.ts'

let workers: Workers
const folder = mkdtempSync(join(tmpdir(), 'archloom-test-'))
const lines: string[] = []

beforeAll(async () => {
  await cpuEnvironment()
  workers = await openWorkers({
    allow: ['called_functions'],
    pythonPath: [new URL('../fixtures', import.meta.url)],
    workers: 2,
    folder,
    logger: {
      debug: (fields) => lines.push(JSON.stringify(fields)),
      info: (_fields, message) => lines.push(message),
      warn: () => {},
      error: () => {},
    },
  })
})

afterAll(async () => {
  await workers[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

interface Count {
  readonly began: number
  readonly weight: number
}

async function failureOf(result: Promise<unknown>): Promise<AttemptFailure['failure']> {
  const error = await result.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof AttemptFailure) return error.failure
  throw new Error(`Expected a failed call, found ${error}`)
}

describe('a call', () => {
  test('reports on the way and comes back typed; what it prints goes to the log', async () => {
    const task = workers.call('called_functions:train', {
      input: { learning_rate: 0.6, epochs: 3 },
      seed: 7,
      output: z.object({ loss: z.number(), epochs: z.int(), seed: z.int() }),
    })
    const reports = []
    for await (const report of task) reports.push(report)
    expect(reports).toEqual([
      { step: 1, loss: 0.6 },
      { step: 2, loss: 0.3 },
      { step: 3, loss: 0.6 / 3 },
    ])
    const { output, stopped, tensors } = await task.result
    expect(output satisfies { loss: number }).toEqual({ loss: 0.6 / 3, epochs: 3, seed: 7 })
    expect({ stopped, tensors }).toEqual({ stopped: false, tensors: {} })
    const heard = () => lines.some((line) => line.includes('printed on the way'))
    await expect.poll(heard, { timeout: 20_000 }).toBe(true)
  })

  test('finishes early when it is asked to, with what it has', async () => {
    const task = workers.call<{ epochs: number }>('called_functions:train', {
      input: { learning_rate: 1, epochs: 1e9 },
    })
    for await (const report of task) {
      if (Number(report.step) >= 5) task.stop()
    }
    const { output, stopped } = await task.result
    expect(stopped).toBe(true)
    expect(output.epochs).toBeGreaterThanOrEqual(5)
  })

  test('is cancelled by its signal, while it runs and before', async () => {
    const stopping = new AbortController()
    const task = workers.call('called_functions:wait_for_ever', { signal: stopping.signal })
    const reason = new Error('enough')
    const iterating = (async () => {
      for await (const _ of task) stopping.abort(reason)
    })()
    await expect(iterating).rejects.toBe(reason)
    await expect(task.result).rejects.toBe(reason)
    const late = workers.call('called_functions:ids', { signal: stopping.signal })
    await expect(late.result).rejects.toBe(reason)
    expect((await workers.call('called_functions:ids').result).output).toBeTruthy()
  })

  test('has a deadline', async () => {
    const task = workers.call('called_functions:wait_for_ever', { deadlineSeconds: 0.2 })
    expect(await failureOf(task.result)).toMatchObject({ kind: 'timeout' })
  })

  test('takes and returns tensors', async () => {
    const images = tensor(
      Float32Array.from({ length: 6 }, (_, index) => index),
      [2, 3],
    )
    const task = workers.call<{ sum: number; kind: string }>('called_functions:scale', {
      input: { factor: 2 },
      tensors: { images },
    })
    const { output, tensors } = await task.result
    expect(output).toEqual({ sum: 15, kind: 'torch.float32' })
    expect(tensors.scaled).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: Float32Array.of(0, 2, 4, 6, 8, 10),
    })
  })

  test('of many megabytes of tensors comes back whole', async () => {
    const data = new Float32Array(4_000_000).fill(1)
    data[3_999_999] = 5
    const images = { images: tensor(data, [2000, 2000]) }
    const options = { input: { factor: 1 }, tensors: images }
    const { tensors } = await workers.call('called_functions:scale', options).result
    expect(Buffer.compare(bytes(tensors.scaled?.data), bytes(data))).toBe(0)
  })

  test('runs beside another one', async () => {
    const meet = (mine: string, theirs: string) =>
      workers.call<{ pid: number }>('called_functions:meet', { input: { folder, mine, theirs } })
    const outcomes = await Promise.all([meet('a', 'b').result, meet('b', 'a').result])
    expect(new Set(outcomes.map(({ output }) => output.pid)).size).toBe(2)
  })

  test('goes on from what an earlier one saved, in the folder of the workers only', async () => {
    const call = (epochs: number, more: Pick<CallOptions<Count>, 'checkpointPath' | 'resume'>) =>
      workers.call<Count>('called_functions:count_on', { input: { epochs }, ...more }).result
    const first = await call(2, { checkpointPath: 'state.safetensors' })
    if (first.checkpoint === null) throw new Error('Nothing was saved')
    expect(first.checkpoint.path).toBe(join(folder, 'state.safetensors'))
    const second = await call(5, { resume: first.checkpoint })
    expect(second.output).toEqual({ began: 2, weight: 10 })
    const outside = await failureOf(call(1, { checkpointPath: '../outside.safetensors' }))
    expect(outside).toMatchObject({ kind: 'invalid_task' })
  })

  test('tells what the function raised, and where', async () => {
    const task = workers.call('called_functions:fail', { input: { what: 'spoon' } })
    const failure = await failureOf(task.result)
    expect(failure.kind).toBe('internal')
    expect(failure.message).toMatch(
      /^LookupError: there is no spoon \(called_functions\.py, line \d+\)$/,
    )
    expect(failure.traceback).toContain('in fail')
    await expect(async () => {
      for await (const _ of workers.call('called_functions:fail', { input: { what: 'x' } }));
    }).rejects.toThrow('there is no x')
  })

  test('may have processes of its own, and nobody to type', async () => {
    const { output } = await workers.call('called_functions:with_processes').result
    expect(output).toEqual({ squares: [0, 1, 4, 9], exit: -15 })
    const failure = await failureOf(workers.call('called_functions:asks').result)
    expect(failure.message).toMatch(/^EOFError/)
    // The signals of its own processes have not ended a worker.
    expect(workers.slots).toBe(2)
    expect(lines.some((line) => line.includes('Worker leaves'))).toBe(false)
  })

  test('that takes its worker along fails alone, and another worker takes its place', async () => {
    const dying = workers.call('called_functions:die_with_process')
    expect(await failureOf(dying.result)).toMatchObject({ kind: 'crashed' })
    const meet = (mine: string, theirs: string) =>
      workers.call('called_functions:meet', { input: { folder, mine, theirs } }).result
    await Promise.all([meet('c', 'd'), meet('d', 'c')])
  })

  test('of what is not allowed is refused with what to do', async () => {
    expect(await failureOf(workers.call('os:getcwd').result)).toMatchObject({
      kind: 'invalid_task',
      message:
        'os:getcwd may not be called: this worker allows called_functions only; start it with permission for os (allow, or --allow os)',
    })
    expect(() => workers.call('os.getcwd')).toThrow('expected module:function')
  })

  test('with an output of another form is told so', async () => {
    const task = workers.call('called_functions:ids', { output: z.object({ pid: z.string() }) })
    await expect(task.result).rejects.toMatchObject({
      code: 'config/incompatible',
      message: expect.stringContaining('expected string, received number'),
    })
  })
})

describe('a session', () => {
  const methods = {
    add: z.object({ calls: z.int(), norm: z.number() }),
    predict: z.unknown(),
    die: z.null(),
  }
  const open = () => workers.session('called_functions:Classifier', { input: { size: 4 }, methods })

  test('keeps its model between calls, beside others', async () => {
    await using one = await open()
    await using other = await open()
    await one.call('add', { input: { amount: 1 } }).result
    const second = (await one.call('add', { input: { amount: 1 } }).result).output
    expect(second satisfies { norm: number }).toEqual({ calls: 2, norm: 4 })
    expect((await other.call('add', { input: { amount: 3 } }).result).output.calls).toBe(1)
    const images = tensor(Float32Array.of(1, 1, 1, 1, 0, 0, 0, 1), [2, 4])
    const { tensors } = await one.call('predict', { tensors: { images } }).result
    expect(tensors.scores?.data).toEqual(Float32Array.of(8, 2))
  })

  test('is lost with its worker, says so, and lets go of without fuss', async () => {
    await using session = await open()
    const dying = session.call('die')
    const waiting = session.call('add', { input: { amount: 1 } })
    for (const { result } of [dying, waiting]) {
      await expect(result).rejects.toMatchObject({ code: 'worker/session-lost' })
    }
    const late = session.call('add', { input: { amount: 1 } })
    await expect(late.result).rejects.toMatchObject({ code: 'worker/session-lost' })
    // Calls go on, and another session can be opened.
    await using again = await open()
    expect((await again.call('add', { input: { amount: 1 } }).result).output.calls).toBe(1)
  })
})

function bytes(data: ArrayBufferView | undefined): Uint8Array {
  if (data === undefined) throw new Error('No tensor')
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
