/**
 * What the bridge itself can do: message round trips, one-way messages, tensor bandwidth, between
 * the orchestrator's codec and channel here and the worker's codec in Python (`echo.py`).
 *
 *   node bench/bridge.ts [--environment cpu] [--seconds 2] [--json]
 *
 * Every figure is over about the given seconds, after a warm-up. Times are wall clock on this machine
 * as it is: other load on it counts.
 */
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { projectFolder } from '#src/environment/folders.ts'
import { resolveEnvironment } from '#src/environment/resolve.ts'
import { workerVariables } from '#src/environment/worker-variables.ts'
import { decodeFromWorker, encodeMessage, type Tensor } from '#src/protocol/codec.ts'
import type { FromWorker, ToWorker } from '#src/protocol/messages.ts'
import { quantile } from '#src/stats/quantile.ts'
import type { Channel, Incoming } from '#src/transport/channel.ts'
import { openIpcChannel } from '#src/transport/zeromq.ts'

const { values } = parseArgs({
  options: {
    environment: { type: 'string', default: 'cpu' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
const secondsEach = Number(values.seconds)

interface Line {
  readonly measure: string
  readonly value: number
  readonly unit: string
}

/** One worker's end, spoken to in messages. */
interface Echo extends AsyncDisposable {
  send(message: ToWorker, tensors?: readonly Tensor[]): Promise<void>
  next(): Promise<FromWorker>
}

const environment = await resolveEnvironment(values.environment, { allowDrift: true })
const lines: Line[] = []
{
  await using channel = await openIpcChannel()
  await using echo = await startEcho(channel, environment.python)
  const cancel: ToWorker = { type: 'cancel', task: 't000017', lease: 0 }
  lines.push(...(await roundTrips('smallest message', echo, () => echo.send(cancel))))
  lines.push(...(await roundTrips('task with a graph', echo, () => echo.send(graphTask(null)))))
  lines.push(await pipelined(echo, cancel))
  lines.push(await oneWay(echo))
  for (const mebibytes of [1, 16, 64]) lines.push(await bandwidth(echo, mebibytes))
}

if (values.json) {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
  }
  process.stdout.write(`${JSON.stringify({ bench: 'bridge', machine, lines })}\n`)
} else {
  for (const { measure, value, unit } of lines) {
    process.stdout.write(`${measure.padEnd(44)}${formatted(value).padStart(10)} ${unit}\n`)
  }
}

async function startEcho(channel: Channel, python: string): Promise<Echo> {
  const script = join(projectFolder(), 'bench', 'echo.py')
  const child = spawn(python, [script, channel.endpoint], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: workerVariables(1),
  })
  let isDone = false
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      if (!isDone) throw new Error(`The echo ended with exit code ${code}`)
      resolve()
    })
  })
  const reader = channel.messages()[Symbol.asyncIterator]()
  const nextIncoming = async (): Promise<Incoming> => {
    const { value, done } = await reader.next()
    if (done) throw new Error('The channel ended')
    return value
  }
  const { peer } = await nextIncoming()
  return {
    send: (message, tensors) => channel.send(peer, encodeMessage(message, tensors)),
    next: async () => decodeFromWorker((await nextIncoming()).parts).message,
    async [Symbol.asyncDispose]() {
      isDone = true
      await channel.send(peer, encodeMessage({ type: 'drain' }))
      await ended
    },
  }
}

/** One after the other, each timed. */
async function roundTrips(name: string, echo: Echo, send: () => Promise<void>): Promise<Line[]> {
  const trip = async () => {
    const startMs = performance.now()
    await send()
    await echo.next()
    return performance.now() - startMs
  }
  for (let count = 0; count < 200; count++) await trip()
  const timesMs: number[] = []
  const untilMs = performance.now() + secondsEach * 1000
  do timesMs.push(await trip())
  while (performance.now() < untilMs)
  const sumMs = timesMs.reduce((sum, ms) => sum + ms, 0)
  return [
    { measure: `round trips, ${name}`, value: (timesMs.length * 1000) / sumMs, unit: '/s' },
    { measure: '  median', value: quantile(timesMs, 0.5) * 1000, unit: 'µs' },
    { measure: '  99 of 100 within', value: quantile(timesMs, 0.99) * 1000, unit: 'µs' },
  ]
}

/** Many under way at once, as with many small tasks on many workers. */
async function pipelined(echo: Echo, message: ToWorker): Promise<Line> {
  const underWay = 64
  for (let count = 0; count < underWay; count++) await echo.send(message)
  const startMs = performance.now()
  const untilMs = startMs + secondsEach * 1000
  let answers = 0
  while (performance.now() < untilMs) {
    await echo.next()
    await echo.send(message)
    answers++
  }
  const value = (answers * 1000) / (performance.now() - startMs)
  for (let count = 0; count < underWay; count++) await echo.next()
  return { measure: `round trips, ${underWay} under way`, value, unit: '/s' }
}

/** Progress from the worker as fast as it can; batches bound what lies in memory. */
async function oneWay(echo: Echo): Promise<Line> {
  const batch = 900
  let messages = 0
  const startMs = performance.now()
  while (performance.now() < startMs + secondsEach * 1000) {
    await echo.send(graphTask(batch))
    while ((await echo.next()).type === 'progress') messages++
  }
  const value = (messages * 1000) / (performance.now() - startMs)
  return { measure: 'progress messages, one way', value, unit: '/s' }
}

/** A tensor there and back; both ways count. */
async function bandwidth(echo: Echo, mebibytes: number): Promise<Line> {
  const data = new Uint8Array(mebibytes * 2 ** 20)
  const tensor: Tensor = { name: 'gates', dtype: 'float32', shape: [data.byteLength / 4], data }
  const trip = async () => {
    await echo.send(graphTask(null), [tensor])
    await echo.next()
  }
  await trip()
  const startMs = performance.now()
  let trips = 0
  while (performance.now() < startMs + secondsEach * 1000) {
    await trip()
    trips++
  }
  const bytes = 2 * trips * data.byteLength
  const value = bytes / 1e6 / (performance.now() - startMs)
  return { measure: `tensors of ${mebibytes} MiB, there and back`, value, unit: 'GB/s' }
}

/** A task whose graph has the size of a NAS-Bench-201 network. */
function graphTask(deadlineSeconds: number | null): ToWorker {
  const nodes = Array.from({ length: 300 }, (_, index) => ({
    id: `stage1.cell${index}.edge_0_1.conv`,
    op: {
      kind: 'conv2d' as const,
      channels: 16,
      kernel: [3, 3] as [number, number],
      stride: [1, 1] as [number, number],
      padding: [1, 1] as [number, number],
      dilation: [1, 1] as [number, number],
      groups: 1,
      bias: false,
    },
    inputs: [index === 0 ? 'image' : `stage1.cell${index - 1}.edge_0_1.conv`],
  }))
  const outputs = ['stage1.cell299.edge_0_1.conv']
  const inputs = [{ id: 'image', shape: [3, 32, 32] }]
  const graph = { version: 1 as const, inputs, nodes, outputs }
  const work = { kind: 'describe' as const, graph }
  return { type: 'run', task: 't000017', lease: 0, deadlineSeconds, work, tensors: [] }
}

function formatted(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(3)
}
