import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { createJournal, openJournal, readJournal } from '#src/store/journal.ts'
import { resumeCommand, runFiles } from '#src/store/run-folder.ts'
import type { RunHeader } from '#src/store/store.ts'
import { simulatedClock } from '#src/time/clock.ts'
import { toyPlan, toyResult } from '#test/fixtures/simulated-run.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const header: RunHeader = {
  archloomVersion: '0.1.0',
  document: { name: 'toy', nested: { list: [1, null, 'x'] } },
  documentHash: 'abc',
  source: { path: '/somewhere/toy.yaml', sha256: 'def', overrides: ['seed=3'] },
  createdMs: 5_000,
}
const started: ExperimentEvent = { type: 'run-started', plan: toyPlan }
const attempt = (trial: number): ExperimentEvent => ({ type: 'attempt-started', trial, attempt: 0 })
const result = (trial: number): ExperimentEvent => {
  return { type: 'trial-finished', trial, attempt: 0, result: toyResult(trial, 0.5) }
}

let temporary: TemporaryFolder
let folder: string
let clock: ReturnType<typeof simulatedClock>

beforeEach(async () => {
  temporary = await temporaryFolder()
  folder = join(temporary.path, 'run')
  clock = simulatedClock(10_000)
})
afterEach(() => temporary[Symbol.asyncDispose]())

/** Opens the journal's database behind the store's back. */
function alter(statement: string): void {
  const database = new DatabaseSync(runFiles(folder).journal)
  database.exec(statement)
  database.close()
}

function create(...events: ExperimentEvent[]): void {
  using journal = createJournal(folder, header, clock)
  journal.append(events)
}

describe('a journal', () => {
  test('gives back its header and its events, stamped, in order, without gaps', async () => {
    using journal = createJournal(folder, header, clock)
    expect(journal.append([started])).toEqual([{ sequence: 1, timeMs: 10_000, event: started }])
    await clock.advance(7.6)
    journal.append([attempt(0), result(0)])
    const expected = [
      { sequence: 1, timeMs: 10_000, event: started },
      { sequence: 2, timeMs: 10_008, event: attempt(0) },
      { sequence: 3, timeMs: 10_008, event: result(0) },
    ]
    expect([...journal.entries()]).toEqual(expected)
    expect([...journal.entries(3)]).toEqual(expected.slice(2))
    expect([...journal.entries(4)]).toEqual([])
    expect(journal.header).toEqual(header)
  })

  test('continues its numbering when it is opened again', () => {
    create(started, attempt(0))
    using journal = openJournal(folder, clock)
    expect(journal.header).toEqual(header)
    expect(journal.append([result(0)])[0]?.sequence).toBe(3)
    expect([...journal.entries()].map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })

  test('a staged event is stamped at once, committed with the next, and unseen until then', () => {
    using journal = createJournal(folder, header, clock)
    expect(journal.stage(started).sequence).toBe(1)
    using reader = readJournal(folder)
    expect([...reader.entries()]).toEqual([])
    expect(journal.append([attempt(0)]).map(({ sequence }) => sequence)).toEqual([2])
    expect([...reader.entries()].map(({ event }) => event)).toEqual([started, attempt(0)])
  })

  test('a staged event that was never committed is gone', () => {
    {
      using journal = createJournal(folder, header, clock)
      journal.append([started])
      journal.stage(attempt(0))
    }
    using journal = openJournal(folder, clock)
    expect([...journal.entries()]).toHaveLength(1)
    expect(journal.append([attempt(1)])[0]?.sequence).toBe(2)
  })

  test('can be read while it is written, past a batch of entries', () => {
    using journal = createJournal(folder, header, clock)
    using reader = readJournal(folder)
    journal.append(Array.from({ length: 2_500 }, (_, trial) => attempt(trial)))
    const reading = reader.entries()
    expect(reading.next().value?.event).toEqual(attempt(0))
    journal.append([attempt(2_500)])
    expect([...reading].at(-1)?.event).toEqual(attempt(2_500))
  })

  test('refuses to write what it could not read back, and keeps what it has', () => {
    using journal = createJournal(folder, header, clock)
    journal.append([started])
    const broken: ExperimentEvent = {
      type: 'trial-finished',
      trial: 0,
      attempt: 0,
      result: toyResult(0, Number.NaN),
    }
    expect(() => journal.append([broken])).toThrow(
      expect.objectContaining({ code: 'internal/invariant' }),
    )
    expect(journal.append([attempt(0)])[0]?.sequence).toBe(2)
  })

  test('lies in the folder with its lock, and leaves no owner behind', () => {
    create(started)
    const files = runFiles(folder)
    expect(existsSync(files.journal)).toBe(true)
    expect(existsSync(files.lockOwner)).toBe(false)
  })
})

describe('one process at a time', () => {
  test('a second opener is refused, with the process that holds it', () => {
    using journal = createJournal(folder, header, clock)
    journal.append([started])
    expect(() => openJournal(folder, clock)).toThrow(
      expect.objectContaining({
        code: 'store/locked',
        message: `Run folder ${folder} is in use by process ${process.pid} since 1970-01-01T00:00:10.000Z; wait for it to end or stop it`,
      }),
    )
    expect(() => createJournal(folder, header, clock)).toThrow(
      expect.objectContaining({ code: 'store/locked' }),
    )
    // The refusals took nothing from the holder.
    journal.append([attempt(0)])
    expect(() => openJournal(folder, clock)).toThrow('in use')
  })

  test('is refused even when the owner is unknown, and names another machine', () => {
    using journal = createJournal(folder, header, clock)
    journal.append([started])
    writeFileSync(runFiles(folder).lockOwner, '{')
    expect(() => openJournal(folder, clock)).toThrow('is in use by another process;')
    const owner = { pid: 12, host: 'elsewhere', sinceMs: 0 }
    writeFileSync(runFiles(folder).lockOwner, JSON.stringify(owner))
    expect(() => openJournal(folder, clock)).toThrow('process 12 on elsewhere since 1970')
  })

  test('the lock is free once the holder is disposed, twice even', () => {
    const journal = createJournal(folder, header, clock)
    journal[Symbol.dispose]()
    journal[Symbol.dispose]()
    openJournal(folder, clock)[Symbol.dispose]()
  })

  test('an owner left behind by a killed process locks nothing', () => {
    create(started)
    writeFileSync(runFiles(folder).lockOwner, JSON.stringify({ pid: 1, host: 'gone', sinceMs: 0 }))
    openJournal(folder, clock)[Symbol.dispose]()
  })
})

describe('what is no journal', () => {
  const openers = [
    ['openJournal', () => openJournal(folder, clock)],
    ['readJournal', () => readJournal(folder)],
  ] as const

  describe.each(openers)('%s', (_, open) => {
    test('no folder', () => {
      expect(open).toThrow(
        expect.objectContaining({
          code: 'store/not-a-journal',
          message: `${folder} is not a run folder: there is no such folder; give the folder that archloom run printed`,
        }),
      )
      expect(existsSync(folder)).toBe(false)
    })

    test('a folder without a journal stays as it is', async () => {
      await mkdir(folder)
      expect(open).toThrow('is not a run folder: it holds no journal.sqlite')
      expect(existsSync(runFiles(folder).lock)).toBe(false)
    })

    test('a file that is not SQLite', async () => {
      await mkdir(folder)
      writeFileSync(runFiles(folder).journal, 'Dear diary, '.repeat(500))
      expect(open).toThrow(
        expect.objectContaining({
          code: 'store/not-a-journal',
          message: expect.stringContaining('is no SQLite file'),
        }),
      )
      expect(readFileSync(runFiles(folder).journal, 'utf8')).toContain('Dear diary')
    })

    test('the database of another program', async () => {
      await mkdir(folder)
      alter('CREATE TABLE bookmark (url TEXT)')
      expect(open).toThrow(
        expect.objectContaining({
          code: 'store/not-a-journal',
          message: expect.stringContaining('the database of another program'),
        }),
      )
    })

    test('a run that died before its first commit', async () => {
      await mkdir(folder)
      writeFileSync(runFiles(folder).journal, '')
      expect(open).toThrow(
        expect.objectContaining({
          code: 'store/not-a-journal',
          message: expect.stringContaining('died before it began'),
        }),
      )
    })

    test('a journal from the future', () => {
      create(started)
      alter("UPDATE meta SET value = '9' WHERE key = 'format'")
      expect(open).toThrow(
        expect.objectContaining({
          code: 'store/newer',
          message: `The journal in ${folder} has format 9, but this archloom reads formats up to 1; use the archloom that wrote it or a later one`,
        }),
      )
    })

    test.each([
      ['no format', "DELETE FROM meta WHERE key = 'format'", 'it names no format version'],
      ['no header', "DELETE FROM meta WHERE key = 'header'", 'its header is unreadable'],
      ['a cut header', `UPDATE meta SET value = '{"a":' WHERE key = 'header'`, 'its header'],
      ['no table', 'DROP TABLE meta', 'no such table: meta'],
      ['no events', 'DROP TABLE event', 'no such table: event'],
    ])('a damaged journal: %s', (__, statement, message) => {
      create(started)
      alter(statement)
      expect(open).toThrow(
        expect.objectContaining({
          code: 'store/corrupt',
          message: expect.stringContaining(message),
        }),
      )
    })
  })

  test.each([
    ['no JSON', "UPDATE event SET body = '{' WHERE sequence = 2", 'entry 2 is no JSON'],
    [
      'an unknown event',
      `UPDATE event SET body = '{"type":"party"}' WHERE sequence = 2`,
      'entry 2 is no valid event: type: ',
    ],
    [
      'a wrong value',
      `UPDATE event SET body = '{"type":"attempt-started","trial":-1,"attempt":0}' WHERE sequence = 2`,
      'entry 2 is no valid event: trial: ',
    ],
    ['a gap', 'DELETE FROM event WHERE sequence = 2', 'entry 2 is missing before entry 3'],
  ])('a damaged entry: %s', (_, statement, message) => {
    create(started, attempt(0), attempt(1))
    alter(statement)
    using reader = readJournal(folder)
    expect(() => [...reader.entries()]).toThrow(
      expect.objectContaining({ code: 'store/corrupt', message: expect.stringContaining(message) }),
    )
  })

  test('a journal overwritten in its middle, or cut off', () => {
    create(started, ...Array.from({ length: 3_000 }, (_, trial) => attempt(trial)))
    const path = runFiles(folder).journal
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0x5a, 8_192, 100_000))
    const readAll = () => {
      using reader = readJournal(folder)
      return [...reader.entries()].length
    }
    expect(readAll).toThrow(expect.objectContaining({ code: 'store/corrupt' }))
    truncateSync(path, 20_000)
    expect(readAll).toThrow(expect.objectContaining({ code: 'store/corrupt' }))
  })
})

describe('creating', () => {
  test('refuses a folder that holds a run, with the command that continues it', () => {
    create(started)
    expect(() => create(started)).toThrow(
      expect.objectContaining({
        code: 'store/exists',
        message: `${folder} already holds a run; continue it with archloom resume ${folder} or give another folder`,
      }),
    )
    using journal = openJournal(folder, clock)
    expect([...journal.entries()]).toHaveLength(1)
  })

  test('takes a folder whose run died before its first commit', async () => {
    await mkdir(folder)
    writeFileSync(runFiles(folder).journal, '')
    create(started)
    using reader = readJournal(folder)
    expect([...reader.entries()]).toHaveLength(1)
  })

  test('takes a folder whose run was refused before its first event', () => {
    {
      using _refused = createJournal(folder, { ...header, documentHash: 'wrong' }, clock)
    }
    create(started)
    using reader = readJournal(folder)
    expect(reader.header.documentHash).toBe(header.documentHash)
    expect([...reader.entries()]).toHaveLength(1)
  })

  test('refuses a folder with the database of another program', async () => {
    await mkdir(folder)
    alter('CREATE TABLE bookmark (url TEXT)')
    expect(() => create(started)).toThrow(expect.objectContaining({ code: 'store/exists' }))
  })
})

describe('a full disk', () => {
  test('keeps every committed event; once there is space, what is staged follows', () => {
    const events = Array.from({ length: 40 }, (_, trial) => result(trial))
    let kept = 1
    {
      using journal = createJournal(folder, header, clock, { maxPageCount: 6 })
      journal.append([started])
      const fill = () => {
        for (const event of events) {
          journal.append([event])
          kept += 1
        }
      }
      expect(fill).toThrow(
        expect.objectContaining({
          code: 'store/full',
          message: `The disk is full: the journal in ${folder} cannot grow, all that it holds is safe; free some space, then continue with archloom resume ${folder}`,
        }),
      )
      expect(kept).toBeGreaterThan(5)
      expect([...journal.entries()]).toHaveLength(kept)
      expect(() => journal.append([])).toThrow(expect.objectContaining({ code: 'store/full' }))
    }
    using journal = openJournal(folder, clock)
    const entries = [...journal.entries()]
    expect(entries.map(({ event }) => event)).toEqual([started, ...events.slice(0, kept - 1)])
    expect(journal.append([attempt(0)])[0]?.sequence).toBe(kept + 1)
  })

  test('a commit is kept whole or not at all', () => {
    {
      using journal = createJournal(folder, header, clock, { maxPageCount: 6 })
      journal.append([started])
      const burst = Array.from({ length: 200 }, (_, trial) => result(trial))
      expect(() => journal.append(burst)).toThrow(expect.objectContaining({ code: 'store/full' }))
    }
    using reader = readJournal(folder)
    expect([...reader.entries()]).toHaveLength(1)
  })

  test('is told of while creating, and leaves a folder that can be used', () => {
    expect(() => createJournal(folder, header, clock, { maxPageCount: 2 })).toThrow(
      expect.objectContaining({ code: 'store/full' }),
    )
    create(started)
  })
})

describe('the resume command', () => {
  test.each([
    ['runs/toy-1', 'archloom resume runs/toy-1'],
    ['my runs/toy', "archloom resume 'my runs/toy'"],
    ["it's", "archloom resume 'it'\\''s'"],
    ['a;b', "archloom resume 'a;b'"],
  ])('quotes %s for a shell', (path, expected) => {
    expect(resumeCommand(path)).toBe(expected)
  })
})
