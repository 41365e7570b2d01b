/** What the measurement of official files needs of each benchmark. */
import type { Benchmark } from '#src/benchmark/benchmark.ts'

export interface OfficialFile {
  readonly name: string
  /** Writes the file or folder, whole, unless it is there already. */
  write(folder: string): Promise<WrittenFile>
  /** Asks for numbers that were written and throws where one differs. @returns how many agreed */
  check(benchmark: Benchmark): number
}

export interface WrittenFile {
  /** What is given to the import. */
  readonly source: string
  readonly bytes: number
  readonly records: number
  readonly faults: readonly Fault[]
}

/** One way to damage the file. */
export interface Fault {
  readonly name: string
  /** Of the error that must follow. */
  readonly says: RegExp
  /** @returns what puts it back */
  damage(): () => void
}

/** Throws unless two numbers are one, bit for bit. */
export function same(found: number, written: number, place: string): void {
  if (Object.is(found, written)) return
  throw new Error(`${place} is ${found}, but ${written} was written`)
}
