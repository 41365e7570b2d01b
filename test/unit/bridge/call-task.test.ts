import { expect, test } from 'vitest'
import { type Running, startCall } from '#src/bridge/call-task.ts'
import type { CallOutcome, CallReport } from '#src/bridge/workers.ts'

const outcome: CallOutcome<string> = {
  output: 'done',
  tensors: {},
  stopped: false,
  checkpoint: null,
  seconds: 1,
  worker: 'w00',
}

/** A call that the test ends, and what the call was given. */
function heldCall() {
  const { promise, resolve, reject } = Promise.withResolvers<CallOutcome<string>>()
  let watch: Parameters<Running<string>>[0] | undefined
  const task = startCall<string>((given) => {
    watch = given
    return promise
  })
  if (watch === undefined) throw new Error('The call was not started at once')
  return { task, resolve, reject, ...watch }
}

async function collect(reports: AsyncIterable<CallReport>): Promise<CallReport[]> {
  const found: CallReport[] = []
  for await (const report of reports) found.push(report)
  return found
}

test('reports come in order, those before the loop as those during it', async () => {
  const { task, onReport, resolve } = heldCall()
  onReport({ step: 1 })
  const collecting = collect(task)
  await Promise.resolve()
  onReport({ step: 2 })
  onReport({ step: 3 })
  resolve(outcome)
  expect(await collecting).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }])
  expect(await task.result).toBe(outcome)
})

test('of more reports than are kept, the newest are', async () => {
  const { task, onReport, resolve } = heldCall()
  for (let step = 0; step < 3000; step += 1) onReport({ step })
  resolve(outcome)
  const reports = await collect(task)
  expect(reports).toHaveLength(1024)
  expect(reports.at(-1)).toEqual({ step: 2999 })
})

test('a failure ends the loop, and need not be caught twice', async () => {
  const { task, onReport, reject } = heldCall()
  onReport({ step: 1 })
  const collecting = collect(task)
  reject(new Error('it broke'))
  await expect(collecting).rejects.toThrow('it broke')
  await expect(task.result).rejects.toThrow('it broke')
})

test('leaving the loop leaves the call alone, and stop asks once', async () => {
  const { task, onReport, resolve, stopSignal } = heldCall()
  onReport({ step: 1 })
  for await (const _ of task) break
  expect(stopSignal.aborted).toBe(false)
  task.stop()
  task.stop()
  expect(stopSignal.aborted).toBe(true)
  resolve(outcome)
  expect((await task.result).output).toBe('done')
})
