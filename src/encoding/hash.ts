import { hash } from 'node:crypto'
import { canonicalJson } from './json.ts'

/** SHA-256 of a UTF-8 string or of bytes, as 64 lower-case hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/** SHA-256 of a value's canonical JSON: equal for equal values, whatever the order of their keys. */
export function contentHash(value: unknown): string {
  return sha256(canonicalJson(value))
}
