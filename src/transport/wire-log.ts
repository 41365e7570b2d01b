/**
 * Shows the wire: a line in the log for every message, its type and size and what it is about, never
 * what is in it. For `--verbose`; costs nothing otherwise.
 */
import type { Channel, Incoming, PeerId } from './channel.ts'

/** Where the wire is shown; a pino logger is one. */
export interface WireLogger {
  debug(fields: object, message: string): void
  isLevelEnabled?(level: string): boolean
}

/** The same channel, with each message logged at debug level where that is enabled. */
export function logWire(channel: Channel, logger: WireLogger): Channel {
  if (!logger.isLevelEnabled?.('debug')) return channel
  return {
    endpoint: channel.endpoint,
    async send(peer, parts) {
      // Before it goes: what is answered must not stand above what it answers.
      logger.debug(lineOf(peer, parts), 'Sent')
      await channel.send(peer, parts)
    },
    messages: () => logged(channel.messages(), logger),
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  }
}

async function* logged(
  messages: AsyncIterable<Incoming>,
  logger: WireLogger,
): AsyncIterable<Incoming> {
  for await (const incoming of messages) {
    logger.debug(lineOf(incoming.peer, incoming.parts), 'Received')
    yield incoming
  }
}

function lineOf(peer: PeerId, parts: readonly Uint8Array[]) {
  const { type, task, lease } = headerOf(parts[1])
  return {
    peer: printable(peer),
    type: typeof type === 'string' ? printable(type) : 'unreadable',
    ...(typeof task === 'string' && { task: printable(task) }),
    ...(typeof lease === 'number' && { lease }),
    bytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    tensors: Math.max(0, parts.length - 2),
  }
}

/** Whatever it is: a stranger may send anything. */
function headerOf(part: Uint8Array | undefined): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(Buffer.from(part ?? []).toString())
    return typeof header === 'object' && header !== null ? { ...header } : {}
  } catch {
    return {}
  }
}

/** Longest name that is shown whole. */
const nameLength = 80

/** A name from the wire, harmless to a terminal. */
function printable(name: string): string {
  const harmless = name.replaceAll(/[^\x20-\x7e]/g, '?')
  return harmless.length > nameLength ? `${harmless.slice(0, nameLength - 1)}…` : harmless
}
