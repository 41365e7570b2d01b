/**
 * CURVE keys of a channel between machines: encryption, and who may connect.
 *
 * @see RFC 26/CURVEZMQ for the handshake, RFC 27/ZAP for the question whether a peer may connect,
 * RFC 32/Z85 for the text form of keys.
 */
import type { Router } from 'zeromq'
import { ArchloomError } from '#src/errors.ts'

/** A key pair in Z85: 40 characters each. */
export interface CurveKeyPair {
  readonly publicKey: string
  readonly secretKey: string
}

/** What the listening side of an encrypted channel needs. */
export interface CurveServer {
  readonly server: CurveKeyPair
  /** Public keys of the peers that may connect; any other is turned away. */
  readonly clientPublicKeys: readonly string[]
}

export async function makeCurveKeys(): Promise<CurveKeyPair> {
  const { curveKeyPair } = await import('zeromq')
  return curveKeyPair()
}

const z85Alphabet =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/**
 * The 32 bytes of a key.
 * @throws config/invalid when the text is no key.
 */
export function decodeCurveKey(key: string): Uint8Array {
  const digits = [...key].map((character) => z85Alphabet.indexOf(character))
  if (digits.length !== 40 || digits.includes(-1)) {
    throw new ArchloomError(
      'config/invalid',
      `A CURVE key must be 40 characters of Z85, but one has ${digits.length} characters${digits.length === 40 ? ', some of them outside Z85' : ''}; make keys with zmq_curve_keypair`,
    )
  }
  const bytes = Buffer.alloc(32)
  for (let group = 0; group < 8; group++) {
    const value = digits.slice(group * 5, group * 5 + 5).reduce((sum, digit) => sum * 85 + digit, 0)
    if (value > 0xffffffff) {
      throw new ArchloomError(
        'config/invalid',
        `A CURVE key must be Z85, but characters ${group * 5} to ${group * 5 + 4} are no number of 32 bits; make keys with zmq_curve_keypair`,
      )
    }
    bytes.writeUInt32BE(value, group * 4)
  }
  return bytes
}

/**
 * Answers ZeroMQ's question about each peer until the socket closes.
 *
 * @param questions - bound to `inproc://zeromq.zap.01` in the context of the channel's socket
 * @throws config/invalid at once when a listed key is no key
 */
export function admitPeers(questions: Router, clientPublicKeys: readonly string[]): Promise<void> {
  return answer(questions, new Set(clientPublicKeys.map((key) => hex(decodeCurveKey(key)))))
}

async function answer(questions: Router, admitted: ReadonlySet<string>): Promise<void> {
  for await (const frames of questions) {
    const [address, delimiter, version, request, , , , mechanism, key] = frames
    if (!address || !delimiter || !version || !request) continue
    const known = String(mechanism) === 'CURVE' && key !== undefined && admitted.has(hex(key))
    const verdict = known ? ['200', 'Welcome'] : ['400', 'Unknown client key']
    await questions.send([address, delimiter, version, request, ...verdict, '', ''])
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
