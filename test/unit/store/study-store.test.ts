import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { resumeStudyCommand, studyFiles } from '#src/store/study-folder.ts'
import type { StudyHeader } from '#src/store/study-format.ts'
import {
  isStudyFolder,
  openStudyStore,
  readStudyStore,
  type StoredCell,
} from '#src/store/study-store.ts'
import { simulatedClock } from '#src/time/clock.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const clock = simulatedClock()
const header: StudyHeader = {
  archloomVersion: '1.2.3',
  document: { name: 'x' },
  documentHash: 'h',
  source: { path: 'study.yaml', sha256: 's', overrides: [] },
  createdMs: 5,
}
const open = (folder: string) => openStudyStore(folder, header, clock)

function cell(seed: number, changes: Partial<StoredCell> = {}): StoredCell {
  return {
    method: 'm',
    benchmark: 'b',
    seed: String(seed),
    fingerprint: 'f',
    summary: Uint8Array.of(seed, 1),
    trajectory: Uint8Array.of(seed, 2),
    ...changes,
  }
}

function failure(action: () => unknown): ArchloomError {
  try {
    action()
  } catch (error) {
    if (error instanceof ArchloomError) return error
    throw error
  }
  throw new Error('Expected an ArchloomError')
}

describe('the store of a study', () => {
  it('keeps cells, facts and the header, in order', async () => {
    await using folder = await temporaryFolder()
    {
      using store = open(folder.path)
      store.add([cell(10), cell(9), cell(2, { benchmark: 'a' })])
      store.add([cell(1, { method: 'k' })])
      store.describe({ ...header, documentHash: 'h2' }, [
        { kind: 'method', label: 'm', body: { x: 1 } },
      ])
      store.describe(store.header, [{ kind: 'method', label: 'm', body: { x: 2 } }])
    }
    using reader = readStudyStore(folder.path)
    expect(
      [...reader.summaries()].map(
        ({ benchmark, method, seed }) => `${benchmark} ${method} ${seed}`,
      ),
    ).toEqual(['a m 2', 'b k 1', 'b m 9', 'b m 10'])
    expect([...reader.summaries()][3]?.summary).toEqual(Uint8Array.of(10, 1))
    expect(reader.trajectory({ benchmark: 'b', method: 'm', seed: '9' })).toEqual(
      Uint8Array.of(9, 2),
    )
    expect(reader.trajectory({ benchmark: 'b', method: 'm', seed: '8' })).toBeNull()
    expect(reader.facts()).toEqual([{ kind: 'method', label: 'm', body: { x: 2 } }])
    expect(isStudyFolder(folder.path)).toBe(true)
  })

  it('keeps the header that it was given last', async () => {
    await using folder = await temporaryFolder()
    {
      using store = open(folder.path)
      store.describe({ ...header, documentHash: 'second' }, [])
    }
    using again = openStudyStore(folder.path, { ...header, documentHash: 'third' }, clock)
    expect(again.header.documentHash).toBe('second')
  })

  it('is read while it is written', async () => {
    await using folder = await temporaryFolder()
    using store = open(folder.path)
    using reader = readStudyStore(folder.path)
    store.add([cell(1)])
    expect(reader.keys()).toEqual([{ benchmark: 'b', method: 'm', seed: '1' }])
  })

  it('is written by one process at a time', async () => {
    await using folder = await temporaryFolder()
    using _store = open(folder.path)
    expect(failure(() => open(folder.path)).code).toBe('store/locked')
  })

  it('keeps nothing of a commit that fails', async () => {
    await using folder = await temporaryFolder()
    using store = open(folder.path)
    const broken = { ...cell(2), summary: undefined } as unknown as StoredCell
    expect(() => store.add([cell(1), broken])).toThrow()
    expect(store.keys()).toEqual([])
    store.add([cell(3)])
    expect(store.keys()).toHaveLength(1)
  })

  it.each([
    ['a folder without a study', () => {}, 'store/not-a-journal', /it holds no study.sqlite/],
    [
      'a file that is no database',
      (path: string) => writeFileSync(path, 'no database at all, but long enough to be read'),
      'store/not-a-journal',
      /no SQLite file/,
    ],
    [
      'the database of another program',
      (path: string) => {
        using database = new DatabaseSync(path)
        database.exec('CREATE TABLE x (y)')
      },
      'store/not-a-journal',
      /another program/,
    ],
  ] as const)('is refused in %s', async (_, make, code, words) => {
    await using folder = await temporaryFolder()
    make(studyFiles(folder.path).database)
    const error = failure(() => readStudyStore(folder.path))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(words)
  })

  it.each([
    ['a later format', "UPDATE meta SET value = '99' WHERE key = 'format'", 'store/newer'],
    [
      'a header that is no JSON',
      "UPDATE meta SET value = '{' WHERE key = 'header'",
      'store/corrupt',
    ],
    ['a missing table', 'DROP TABLE cell', 'store/corrupt'],
  ])('is refused with %s', async (_, sql, code) => {
    await using folder = await temporaryFolder()
    open(folder.path)[Symbol.dispose]()
    {
      using database = new DatabaseSync(studyFiles(folder.path).database)
      database.exec(sql)
    }
    expect(failure(() => readStudyStore(folder.path)).code).toBe(code)
  })

  it('says how to go on, ready for a shell', () => {
    expect(resumeStudyCommand('studies/my study')).toBe(
      "archloom compare --resume 'studies/my study'",
    )
  })

  it('makes its folder', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a', 'b')
    open(path)[Symbol.dispose]()
    expect(isStudyFolder(path)).toBe(true)
    mkdirSync(join(folder.path, 'c'))
    expect(isStudyFolder(join(folder.path, 'c'))).toBe(false)
  })
})
