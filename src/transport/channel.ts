/**
 * The interface of a channel: how the orchestrator exchanges multipart messages with its workers.
 * `zeromq.ts` is the real one, `memory.ts` one without sockets; the contract suite
 * `test/contract/channel` holds for both.
 */

/**
 * Names a peer: the routing id that it chose (workers choose their name and a random part) or was given, as Latin-1. A
 * peer that connects anew may bear its name again.
 */
export type PeerId = string

export interface Incoming {
  readonly peer: PeerId
  readonly parts: readonly Uint8Array[]
}

/**
 * The listening end.
 *
 * @remarks
 * Messages of one peer arrive whole and in order. Nothing is dropped silently: what cannot be handed
 * to a peer is an error of `send`. Closing (`await using`) ends `messages` and leaves no file.
 */
export interface Channel extends AsyncDisposable {
  /** What a peer connects to, such as `tcp://10.0.0.1:7001`. */
  readonly endpoint: string
  /**
   * Hands a message to the peer's queue. The parts must not change afterwards.
   * @throws worker/died when the peer is gone or its queue is full; the message is not sent then
   */
  send(peer: PeerId, parts: readonly Uint8Array[]): Promise<void>
  /** Everything that arrives, to one reader; ends when the channel is closed. */
  messages(): AsyncIterable<Incoming>
}
