/** Reads the golden vectors that both languages share. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { projectFolder } from '#src/environment/folders.ts'
import type { ErrorCode } from '#src/errors.ts'

export interface MessageVector {
  readonly name: string
  readonly direction: 'from-worker' | 'to-worker'
  readonly valid: boolean
  readonly header: Readonly<Record<string, unknown>>
  readonly frames?: readonly string[]
  readonly errorCode?: ErrorCode
}

export interface RawVector {
  readonly name: string
  readonly valid: boolean
  readonly parts: readonly string[]
  readonly errorCode?: ErrorCode
}

const folder = join(projectFolder(), 'test', 'vectors', 'protocol')

export function messageVectors(): MessageVector[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'raw.json')
    .flatMap((file) => read(file) as MessageVector[])
}

export function rawVectors(): RawVector[] {
  return read('raw.json') as RawVector[]
}

/** File name without extension, by which message types are told to have vectors. */
export function vectorFiles(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
}

export function bytesOf(base64: readonly string[] = []): Uint8Array[] {
  return base64.map((text) => new Uint8Array(Buffer.from(text, 'base64')))
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}
