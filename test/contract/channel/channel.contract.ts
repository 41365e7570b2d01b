import { afterEach, describe, expect, test } from 'vitest'
import type { Channel, Incoming } from '#src/transport/channel.ts'

/** A peer that speaks to the channel under test. */
export interface TestPeer {
  send(parts: readonly Uint8Array[]): Promise<void>
  receive(): Promise<readonly Uint8Array[]>
  close(): void
}

export interface ChannelHarness {
  open(): Promise<Channel>
  connect(channel: Channel): Promise<TestPeer>
}

/** What every channel must do. */
export function channelContract(name: string, harness: ChannelHarness): void {
  describe(name, () => {
    const opened: Channel[] = []
    const connected: TestPeer[] = []
    const start = async () => {
      const channel = await harness.open()
      opened.push(channel)
      const reader = channel.messages()[Symbol.asyncIterator]()
      const next = async (): Promise<Incoming> => {
        const { value, done } = await reader.next()
        if (done) throw new Error('The channel has ended')
        return value
      }
      const connect = async () => {
        const peer = await harness.connect(channel)
        connected.push(peer)
        return peer
      }
      return { channel, reader, next, connect }
    }
    afterEach(async () => {
      for (const peer of connected.splice(0)) peer.close()
      for (const channel of opened.splice(0)) await channel[Symbol.asyncDispose]()
    })

    test('carries a multipart message and its answer', async () => {
      const { channel, next, connect } = await start()
      const peer = await connect()
      await peer.send([text('tag'), text('header'), new Uint8Array()])
      const incoming = await next()
      expect(incoming.parts.map((part) => Buffer.from(part).toString())).toEqual([
        'tag',
        'header',
        '',
      ])
      await channel.send(incoming.peer, [text('answer'), new Uint8Array([0, 255])])
      expect((await peer.receive()).map((part) => [...part])).toEqual([
        [...text('answer')],
        [0, 255],
      ])
    })

    test('keeps the order of each peer and tells peers apart', async () => {
      const { next, connect } = await start()
      const peers = [await connect(), await connect()]
      for (let round = 0; round < 20; round++) {
        for (const [index, peer] of peers.entries()) await peer.send([text(`${index}:${round}`)])
      }
      const seen = new Map<string, string[]>()
      for (let count = 0; count < 40; count++) {
        const { peer, parts } = await next()
        seen.set(peer, [...(seen.get(peer) ?? []), Buffer.from(parts[0] ?? []).toString()])
      }
      const rounds = Array.from({ length: 20 }, (_, round) => round)
      expect([...seen.values()].map((list) => list.join()).sort()).toEqual([
        rounds.map((round) => `0:${round}`).join(),
        rounds.map((round) => `1:${round}`).join(),
      ])
    })

    test('takes many sends at once', async () => {
      const { channel, next, connect } = await start()
      const peer = await connect()
      await peer.send([text('here')])
      const { peer: id } = await next()
      const numbers = Array.from({ length: 100 }, (_, number) => number)
      await Promise.all(numbers.map((number) => channel.send(id, [new Uint8Array([number])])))
      for (const number of numbers) expect((await peer.receive())[0]?.[0]).toBe(number)
    })

    test('carries a large part whole', async () => {
      const { channel, next, connect } = await start()
      const peer = await connect()
      const large = Uint8Array.from({ length: 1 << 20 }, (_, index) => index % 251)
      await peer.send([large])
      const { peer: id, parts } = await next()
      expect(Buffer.compare(parts[0] ?? new Uint8Array(), large)).toBe(0)
      await channel.send(id, [large])
      expect(Buffer.compare((await peer.receive())[0] ?? new Uint8Array(), large)).toBe(0)
    })

    test('refuses to send to a peer that never was', async () => {
      const { channel } = await start()
      await expect(channel.send('00ff', [text('x')])).rejects.toMatchObject({ code: 'worker/died' })
    })

    test('refuses to send to a peer that has left', async () => {
      const { channel, next, connect } = await start()
      const peer = await connect()
      await peer.send([text('here')])
      const { peer: id } = await next()
      peer.close()
      await expect
        .poll(() =>
          channel.send(id, [text('x')]).then(
            () => 'sent',
            (error) => error.code,
          ),
        )
        .toBe('worker/died')
    })

    test('ends its messages when it is closed, and closes twice without harm', async () => {
      const { channel, reader } = await start()
      const waiting = reader.next()
      await channel[Symbol.asyncDispose]()
      await channel[Symbol.asyncDispose]()
      expect((await waiting).done).toBe(true)
    })
  })
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
