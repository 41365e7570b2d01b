/**
 * Wrote this folder's journal.sqlite and expected.json, once, with format 1. Neither is ever edited
 * or written again: they stand for the journals that people have.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJournal, readJournal } from '#src/store/journal.ts'
import { runFiles } from '#src/store/run-folder.ts'
import { simulatedClock } from '#src/time/clock.ts'
import { goldenJournal } from '#test/fixtures/golden-journal.ts'

const header = {
  archloomVersion: '0.1.0',
  document: { version: 1, name: 'compat', budget: { trials: 6 } },
  documentHash: 'a'.repeat(64),
  source: { path: '/experiments/compat.yaml', sha256: 'b'.repeat(64), overrides: ['seed=11'] },
  createdMs: 1_795_000_000_000,
}
const folder = mkdtempSync(join(tmpdir(), 'archloom-compat-'))
const clock = simulatedClock(header.createdMs)
{
  using journal = createJournal(folder, header, clock)
  for (const { entry } of goldenJournal('ordered')) {
    await clock.advance(250)
    journal.append([entry.event])
  }
}
{
  using journal = readJournal(folder)
  const expected = { header: journal.header, entries: [...journal.entries()] }
  writeFileSync(
    join(import.meta.dirname, 'expected.json'),
    `${JSON.stringify(expected, null, 1)}\n`,
  )
}
cpSync(runFiles(folder).journal, join(import.meta.dirname, 'journal.sqlite'))
rmSync(folder, { recursive: true })
