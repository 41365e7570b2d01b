import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JournalEntry } from '#src/experiment/experiment.ts'
import { startMethod } from '#src/experiment/method.ts'
import { replay } from '#src/experiment/replay.ts'
import { openJournal, readJournal } from '#src/store/journal.ts'
import { formatVersion } from '#src/store/journal-format.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { simulatedClock } from '#src/time/clock.ts'
import { sensitiveOptimizer } from '#test/fixtures/simulated-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const here = import.meta.dirname
const formats = readdirSync(here).filter((name) => name.startsWith('journal-'))

interface Expected {
  readonly header: unknown
  readonly entries: readonly JournalEntry[]
}

/** A copy as a run folder: the file itself is never opened, since opening may touch it. */
async function copyOf(format: string) {
  const temporary = await temporaryFolder()
  const folder = join(temporary.path, 'run')
  mkdirSync(folder)
  cpSync(join(here, format, 'journal.sqlite'), runFiles(folder).journal)
  const expected = JSON.parse(readFileSync(join(here, format, 'expected.json'), 'utf8')) as Expected
  return { folder, expected, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() }
}

test('there is a journal of every format', () => {
  const known = Array.from({ length: formatVersion }, (_, index) => `journal-${index + 1}`)
  expect(formats.sort()).toEqual(known)
})

describe.each(formats)('%s', (format) => {
  test('is read as it was written', async () => {
    await using copy = await copyOf(format)
    using journal = readJournal(copy.folder)
    expect({ header: journal.header, entries: [...journal.entries()] }).toEqual(copy.expected)
  })

  test('replays to the same end', async () => {
    await using copy = await copyOf(format)
    using journal = readJournal(copy.folder)
    const replayed = replay(journal.entries(), (plan) => startMethod(sensitiveOptimizer(), plan))
    expect(replayed.state.phase).toBe('finished')
    expect(replayed.proposalCount).toBe(6)
  })

  test('can be written on', async () => {
    await using copy = await copyOf(format)
    using journal = openJournal(copy.folder, simulatedClock())
    const [entry] = journal.append([{ type: 'run-interrupted' }])
    expect(entry?.sequence).toBe(copy.expected.entries.length + 1)
  })
})
