/**
 * Channels over ZeroMQ: a ROUTER that workers connect to as DEALER, on a private Unix socket or on
 * TCP with CURVE keys. The library is loaded when the first channel opens, since it is native and
 * slow to load.
 */
import type { Context, Router, SocketOptions } from 'zeromq'
import { ArchloomError } from '#src/errors.ts'
import { limits } from '#src/protocol/limits.ts'
import type { Channel, Incoming, PeerId } from './channel.ts'
import { admitPeers, type CurveServer } from './curve.ts'
import { makeIpcFolder } from './ipc-folder.ts'

/**
 * Messages queued for one peer and from one peer, in each direction. Far above what credits let a
 * worker send, so that reaching it means a peer that does not read or does not keep the rules.
 */
const highWaterMark = 1000

/**
 * Pings that ZeroMQ's own threads send and answer on each connection, whatever the programs at its
 * ends are doing; times in milliseconds.
 */
export interface ProofOfLife {
  readonly intervalMs: number
  /** A connection whose ping is unanswered for so long is cut: its peer cannot be sent to then. */
  readonly patienceMs: number
}

/** A channel on a Unix socket that only this user can reach. */
export async function openIpcChannel(proof?: ProofOfLife): Promise<Channel> {
  const folder = await makeIpcFolder()
  const endpoint = `ipc://${folder.socketPath}`
  try {
    return await open(endpoint, pings(proof), () => folder[Symbol.asyncDispose]())
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * A channel that workers on other machines can reach.
 *
 * @param endpoint - `tcp://interface:port`; port `*` lets the system choose
 * @throws config/invalid for another kind of endpoint, or without keys: results and code would
 * travel readable, and anyone could pose as a worker
 * @throws environment/invalid when the endpoint cannot be bound
 */
export async function openTcpChannel(
  endpoint: string,
  curve: CurveServer | undefined,
  proof?: ProofOfLife,
): Promise<Channel> {
  if (!/^tcp:\/\/.+:(\*|[0-9]+)$/.test(endpoint)) {
    throw new ArchloomError(
      'config/invalid',
      `An endpoint for workers on other machines must be tcp://interface:port, but is ${JSON.stringify(endpoint)}`,
    )
  }
  if (curve === undefined) {
    throw new ArchloomError(
      'config/invalid',
      `The endpoint ${endpoint} needs CURVE keys, but none were given; add a key pair, or leave the endpoint out to use local workers only`,
    )
  }
  const { Context, Router } = await import('zeromq')
  const context = new Context()
  const questions = new Router({ context, linger: 0 })
  try {
    await questions.bind('inproc://zeromq.zap.01')
    const admission = admitPeers(questions, curve.clientPublicKeys)
    return await open(
      endpoint,
      {
        context,
        curveServer: true,
        curveSecretKey: curve.server.secretKey,
        zapDomain: 'archloom',
        ...pings(proof),
      },
      async () => {
        questions.close()
        await admission
      },
    )
  } catch (error) {
    questions.close()
    throw error
  }
}

interface ChannelOptions {
  readonly context?: Context
  readonly curveServer?: boolean
  readonly curveSecretKey?: string
  readonly zapDomain?: string
  readonly heartbeatInterval?: number
  readonly heartbeatTimeout?: number
}

function pings(proof: ProofOfLife | undefined): ChannelOptions {
  if (proof === undefined) return {}
  return { heartbeatInterval: proof.intervalMs, heartbeatTimeout: proof.patienceMs }
}

async function open(
  endpoint: string,
  more: ChannelOptions,
  release: () => PromiseLike<void>,
): Promise<Channel> {
  const { Router } = await import('zeromq')
  const options: SocketOptions<Router> = {
    // A send that cannot be routed or queued fails at once instead of vanishing or waiting.
    mandatory: true,
    sendTimeout: 0,
    // Workers connect under their own name: a new connection takes the place of a half-dead one.
    handover: true,
    linger: 0,
    sendHighWaterMark: highWaterMark,
    receiveHighWaterMark: highWaterMark,
    // Who sends more in one part is cut off.
    maxMessageSize: limits.tensorBytes,
    ...more,
  }
  const socket = new Router(options)
  try {
    await socket.bind(endpoint)
  } catch (cause) {
    socket.close()
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ArchloomError(
      'environment/invalid',
      `Cannot listen on ${endpoint}: ${reason}; choose another interface or port`,
      { cause },
    )
  }
  return channelOver(socket, endpoint, release)
}

function channelOver(socket: Router, endpoint: string, release: () => PromiseLike<void>): Channel {
  let closed = false
  return {
    endpoint: socket.lastEndpoint ?? endpoint,
    async send(peer, parts) {
      try {
        await socket.send([Buffer.from(peer, 'latin1'), ...parts])
      } catch (cause) {
        throw unreachablePeer(peer, cause)
      }
    },
    messages: () => incoming(socket),
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      socket.close()
      await release()
    },
  }
}

async function* incoming(socket: Router): AsyncIterable<Incoming> {
  for await (const [routingId, ...parts] of socket) {
    if (routingId) yield { peer: routingId.toString('latin1'), parts }
  }
}

function unreachablePeer(peer: PeerId, cause: unknown): ArchloomError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const reason =
    code === 'EAGAIN'
      ? 'its queue is full because it does not read'
      : 'it is not connected any more'
  return new ArchloomError('worker/died', `Cannot send to the peer ${peer}: ${reason}`, { cause })
}
