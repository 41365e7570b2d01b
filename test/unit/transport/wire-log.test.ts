import { pino } from 'pino'
import { expect, test } from 'vitest'
import { encodeMessage } from '#src/protocol/codec.ts'
import type { CallWork } from '#src/protocol/task.ts'
import type { Incoming } from '#src/transport/channel.ts'
import { memoryChannel } from '#src/transport/memory.ts'
import { logWire } from '#src/transport/wire-log.ts'

function logTo(lines: Record<string, unknown>[], level = 'debug') {
  return pino(
    { level, base: null, timestamp: false },
    { write: (line) => lines.push(JSON.parse(line)) },
  )
}

async function next(messages: AsyncIterable<Incoming>): Promise<Incoming> {
  for await (const incoming of messages) return incoming
  throw new Error('The channel ended')
}

test('every message is a line that says what it is, and never what is in it', async () => {
  const lines: Record<string, unknown>[] = []
  await using memory = memoryChannel()
  const worker = memory.connect('w00/17')
  const channel = logWire(memory, logTo(lines))
  const secret = { architecture: 'a secret', password: 'hunter2' }
  const work: CallWork = {
    kind: 'call',
    function: 'module:name',
    input: secret,
    graph: null,
    seed: '1',
    resume: null,
    checkpointPath: null,
  }
  const data = Buffer.from('tensor values')
  const tensor = { name: 'gates', dtype: 'uint8', shape: [data.length], data } as const
  const run = { type: 'run', task: 't000003', lease: 5001, deadlineSeconds: null, work } as const
  const sent = encodeMessage({ ...run, tensors: [] }, [{ ...tensor, shape: [data.length] }])
  await channel.send('w00/17', sent)
  const received = encodeMessage({ type: 'heartbeat' })
  worker.send(received)
  expect(await next(channel.messages())).toEqual({ peer: 'w00/17', parts: received })

  const sizeOf = (parts: readonly Uint8Array[]) =>
    parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const about = { peer: 'w00/17', level: 20 }
  expect(lines).toEqual([
    {
      ...{ ...about, msg: 'Sent', type: 'run', task: 't000003', lease: 5001 },
      ...{ bytes: sizeOf(sent), tensors: 1 },
    },
    { ...about, msg: 'Received', type: 'heartbeat', bytes: sizeOf(received), tensors: 0 },
  ])
  expect(JSON.stringify(lines)).not.toMatch(/secret|hunter2|tensor values|gates/)
})

test.each([
  ['no JSON', [Buffer.from('ALP/1'), Buffer.from('{')]],
  ['no object', [Buffer.from('ALP/1'), Buffer.from('null')]],
  ['no header', [Buffer.from('ALP/1')]],
  ['nothing', []],
])('a message of %s is logged and passed on as it is', async (_, parts) => {
  const lines: Record<string, unknown>[] = []
  await using memory = memoryChannel()
  const stranger = memory.connect('x')
  const channel = logWire(memory, logTo(lines))
  stranger.send(parts)
  expect((await next(channel.messages())).parts).toBe(parts)
  expect(lines).toMatchObject([{ msg: 'Received', type: 'unreadable', tensors: 0 }])
})

test('names cannot write to a terminal, and long ones are cut', async () => {
  const lines: Record<string, unknown>[] = []
  await using memory = memoryChannel()
  const stranger = memory.connect('\u001b[2J')
  const channel = logWire(memory, logTo(lines))
  const header = JSON.stringify({ type: '\u001b]0;x\u0007', task: 'x'.repeat(500), lease: 1 })
  stranger.send([Buffer.from('ALP/1'), Buffer.from(header)])
  await next(channel.messages())
  expect(lines).toMatchObject([{ peer: '?[2J', type: '?]0;x?', task: `${'x'.repeat(79)}…` }])
})

test('where nobody asked for it, the channel is left as it is', async () => {
  await using memory = memoryChannel()
  expect(logWire(memory, logTo([], 'info'))).toBe(memory)
})

test('a logger that does not say what it takes is told nothing', async () => {
  await using memory = memoryChannel()
  expect(logWire(memory, { debug() {} })).toBe(memory)
})
