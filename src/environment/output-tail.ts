import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** Of what a process prints last, so much is kept. */
const keptCharacters = 64 * 1024

export interface OutputTail {
  /** The end of its error output. */
  tail(): string
}

/**
 * Reads what a process prints and keeps the end of it, so that neither its pipe nor this memory fills.
 *
 * @param onOverflow - called once, when it has printed more than so many bytes
 */
export function keepOutput(child: ChildProcess, bytes: number, onOverflow: () => void): OutputTail {
  let seen = 0
  let kept = ''
  const count = (length: number) => {
    const before = seen
    seen += length
    if (before <= bytes && seen > bytes) onOverflow()
  }
  listen(child.stdout, (chunk) => count(chunk.length))
  listen(child.stderr, (chunk) => {
    count(chunk.length)
    kept = (kept + chunk.toString('utf8')).slice(-keptCharacters)
  })
  return { tail: () => kept }
}

function listen(stream: Readable | null, onChunk: (chunk: Buffer) => void): void {
  stream?.on('data', onChunk).on('error', () => {})
}
