/** A channel without sockets, for tests of what stands above one. */
import { ArchloomError } from '#src/errors.ts'
import type { Channel, Incoming, PeerId } from './channel.ts'

/** A peer's end. */
export interface MemoryPeer {
  send(parts: readonly Uint8Array[]): void
  /** Everything sent to this peer; ends when either side closes. */
  messages(): AsyncIterable<readonly Uint8Array[]>
  close(): void
}

export interface MemoryChannel extends Channel {
  connect(peer: PeerId): MemoryPeer
}

export function memoryChannel(): MemoryChannel {
  const incoming = openQueue<Incoming>()
  const peers = new Map<PeerId, Queue<readonly Uint8Array[]>>()
  return {
    endpoint: 'memory',
    async send(peer, parts) {
      const queue = peers.get(peer)
      if (queue === undefined || queue.closed) {
        throw new ArchloomError('worker/died', `The peer ${peer} is not connected any more`)
      }
      queue.push(parts)
    },
    messages: () => incoming.read(),
    connect(peer) {
      const queue = openQueue<readonly Uint8Array[]>()
      peers.set(peer, queue)
      return {
        send: (parts) => {
          if (!queue.closed) incoming.push({ peer, parts })
        },
        messages: () => queue.read(),
        close: () => queue.close(),
      }
    },
    async [Symbol.asyncDispose]() {
      incoming.close()
      for (const queue of peers.values()) queue.close()
    },
  }
}

interface Queue<T> {
  readonly closed: boolean
  push(item: T): void
  close(): void
  read(): AsyncIterable<T>
}

function openQueue<T>(): Queue<T> {
  const items: T[] = []
  let closed = false
  let wake = () => {}
  return {
    get closed() {
      return closed
    },
    push(item) {
      if (closed) return
      items.push(item)
      wake()
    },
    close() {
      closed = true
      wake()
    },
    async *read() {
      for (;;) {
        const item = items.shift()
        if (item !== undefined) yield item
        else if (closed) return
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    },
  }
}
