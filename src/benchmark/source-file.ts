/** The files that tables come in: read from front to end, gzip or not. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { ArchloomError } from '#src/errors.ts'
import type { ImportContext } from './benchmark.ts'

export type ReadContext = Pick<ImportContext, 'onProgress' | 'signal'>

/** Bytes that are read at once. */
const chunkBytes = 256 * 1024

/**
 * A file's bytes in pieces, unpacked if they are gzip, whatever the file is called.
 *
 * @throws benchmark/not-found, benchmark/invalid for broken gzip; what the signal was aborted with
 */
export async function* sourceBytes(path: string, context: ReadContext): AsyncGenerator<Buffer> {
  const { start, size } = await startOf(path, 2)
  const file = createReadStream(path, { highWaterMark: chunkBytes, signal: context.signal })
  const isPacked = start[0] === 0x1f && start[1] === 0x8b
  const bytes = isPacked ? file.pipe(createGunzip({ chunkSize: chunkBytes })) : file
  file.on('error', (error) => bytes.destroy(error))
  try {
    for await (const chunk of bytes) {
      yield chunk as Buffer
      context.onProgress({ share: size === 0 ? 1 : file.bytesRead / size })
    }
  } catch (cause) {
    context.signal.throwIfAborted()
    if (cause instanceof ArchloomError) throw cause
    throw badSource(path, `it cannot be read: ${messageOf(cause)}`, cause)
  } finally {
    file.destroy()
  }
}

/** The lines of a text, without their ends, some at a time. */
export async function* sourceLines(path: string, context: ReadContext): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of sourceBytes(path, context)) {
    const lines = (rest + decodeText(decoder, chunk, path)).split(/\r?\n/)
    rest = lines.pop() ?? ''
    yield lines
  }
  rest += decodeText(decoder, undefined, path)
  if (rest !== '') yield [rest]
}

/** A whole text that is small enough to hold. */
export async function sourceText(path: string, context: ReadContext): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of sourceBytes(path, context)) chunks.push(chunk)
  return decodeText(new TextDecoder('utf-8', { fatal: true }), Buffer.concat(chunks), path)
}

/** @throws benchmark/invalid */
export async function sourceJson(path: string, context: ReadContext): Promise<unknown> {
  const text = await sourceText(path, context)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badSource(path, `it must be JSON, but ${messageOf(cause)}`, cause)
  }
}

/** The first bytes of a file and its size. @throws benchmark/not-found */
export async function startOf(
  path: string,
  byteCount: number,
): Promise<{ readonly start: Buffer; readonly size: number }> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(byteCount), 0, byteCount, 0)
    return { start: buffer.subarray(0, bytesRead), size: (await file.stat()).size }
  } catch (cause) {
    throw new ArchloomError(
      'benchmark/not-found',
      `The file ${path} cannot be read: ${messageOf(cause)}; name a file or folder that is there`,
      { cause },
    )
  }
}

/** The first characters of a text, unpacked; nothing of what is no text or not there. */
export async function startText(path: string): Promise<string> {
  if (!(await isFile(path))) return ''
  const { start } = await startOf(path, 4096)
  if (start[0] !== 0x1f || start[1] !== 0x8b) return start.toString('latin1')
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1')
  } catch {
    return ''
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** @param why - completes the sentence that starts with the file's path */
export function badSource(path: string, why: string, cause?: unknown): ArchloomError {
  return new ArchloomError('benchmark/invalid', `In ${path}: ${why}`, {
    details: { path, why },
    ...(cause !== undefined && { cause }),
  })
}

/** @throws benchmark/invalid for a file that was cut where it cannot be seen, between two records */
export function checkWhole(path: string, found: number, expected: bigint, records: string): void {
  if (BigInt(found) === expected) return
  throw badSource(
    path,
    `it must have all ${expected} ${records}, but has ${found} of them; fetch the whole file again`,
  )
}

/** Runs one step of reading and says where in the file it failed. */
export function atPlace<T>(path: string, place: string, step: () => T): T {
  try {
    return step()
  } catch (cause) {
    if (!(cause instanceof ArchloomError)) throw cause
    throw badSource(path, `${place}: ${cause.message}`, cause)
  }
}

function decodeText(
  decoder: InstanceType<typeof TextDecoder>,
  chunk: Buffer | undefined,
  path: string,
): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch (cause) {
    throw badSource(path, 'it must be text in UTF-8, but is not', cause)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
