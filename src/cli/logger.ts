import { type Logger, pino } from 'pino'
import type { OutputOptions } from './options.ts'

/**
 * The logger of a command: JSON lines on stderr with `--json`, short lines for people otherwise.
 */
export function makeLogger({ json, quiet, verbose }: OutputOptions): Logger {
  const level = verbose ? 'debug' : quiet ? 'error' : 'warn'
  const write = json ? (line: string) => process.stderr.write(line) : writeForPeople
  return pino({ level, base: null }, { write })
}

function writeForPeople(line: string): void {
  const { level, time: _, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const name = pino.levels.labels[Number(level)] ?? 'info'
  const facts = Object.entries(fields).map(([key, value]) =>
    typeof value === 'string' ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`,
  )
  process.stderr.write(`${name}: ${[String(msg), ...facts].join('  ')}\n`)
}
