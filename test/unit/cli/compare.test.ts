import { describe, expect, it } from 'vitest'
import { studyLines } from '#src/cli/compare-output.ts'
import { progressLine, showStudyProgress } from '#src/cli/compare-progress.ts'
import { openStudy } from '#src/runner/study/result.ts'
import { simulatedClock } from '#src/time/clock.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { runToyStudy, toyInput } from '#test/fixtures/toy-study.ts'

const snapshot = { finished: 3, total: 12, elapsedMs: 65_000, leftMs: 125_000 }

describe('what a person reads of a study', () => {
  it('is a table a benchmark, in columns', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path)
    using study = openStudy(folder.path)
    const lines = studyLines(study)
    expect(lines[0]).toBe(
      'first: test accuracy of the incumbent, % ± standard deviation over seeds',
    )
    const rows = lines.slice(1, 5)
    expect(rows.map((line) => line.slice(0, 20).trim())).toEqual([
      '',
      'random search, exact',
      'random-search',
      'evolution',
    ])
    expect(rows[0]).toMatch(/seeds +4 trials +12 trials$/)
    for (const row of rows.slice(2)) expect(row).toMatch(/ 3 +\d\d\.\d{3} ± \d+\.\d{3} /)
    expect(new Set(rows.map(({ length }) => length)).size).toBe(1)
    expect(lines.at(-1)).toBe('12 cells compared')
  })

  it('says when environments are pooled, and what is missing', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path, { ...toyInput, seeds: 1 })
    using study = openStudy(folder.path)
    const lines = studyLines({
      ...study,
      environments: { a: {}, b: {} },
      missing: [{ method: 'm', benchmark: 'b', seed: '1' }],
    })
    expect(lines).toContain('CONFOUNDED: cells of 2 environments are pooled, as you allowed')
    expect(lines.at(-1)).toBe('4 cells compared, 1 missing')
  })

  it('says why a method is not in a table', async () => {
    await using folder = await temporaryFolder()
    await runToyStudy(folder.path, { ...toyInput, seeds: 1 })
    using study = openStudy(folder.path)
    const benchmarks = study.benchmarks.map((benchmark) => ({
      ...benchmark,
      mark: 'test-only table',
      notApplicable: { picky: 'needs six edges' },
    }))
    const lines = studyLines({ ...study, benchmarks })
    expect(lines[0]).toContain('first [test-only table]: ')
    expect(lines).toContain('picky: not applicable, it needs six edges')
  })
})

describe('the progress of a study', () => {
  it('is one line with time and time left', () => {
    expect(progressLine('toy', snapshot)).toBe(
      'toy  ━━━━━━──────────────────  3 of 12 searches  1:05, about 2:05 left',
    )
    expect(progressLine('toy', { ...snapshot, finished: 12 })).toMatch(/12 of 12 searches {2}1:05$/)
    expect(progressLine('toy', { ...snapshot, leftMs: null })).toMatch(/1:05$/)
  })

  it('is renewed in place on a terminal, and cleared at the end', () => {
    const written: string[] = []
    const output = { isTTY: true, columns: 40, write: (text: string) => written.push(text) }
    {
      using progress = showStudyProgress({ name: 'toy', output, clock: simulatedClock() })
      progress.update(snapshot)
      // Too soon to be drawn.
      progress.update({ ...snapshot, finished: 4 })
    }
    expect(written).toHaveLength(2)
    expect(written[0]?.startsWith('\r\u001b[K')).toBe(true)
    expect(written[0]?.length).toBeLessThan(40 + 5)
    expect(written[1]).toBe('\r\u001b[K')
  })

  it('is a line now and then where output is piped, and always the last', async () => {
    const written: string[] = []
    const clock = simulatedClock()
    const output = { write: (text: string) => written.push(text) }
    using progress = showStudyProgress({ name: 'toy', output, clock })
    progress.update(snapshot)
    progress.update({ ...snapshot, finished: 4 })
    await clock.advance(10_000)
    progress.update({ ...snapshot, finished: 5 })
    progress.update({ ...snapshot, finished: 12 })
    expect(written.map((line) => /(\d+) of/.exec(line)?.[1])).toEqual(['3', '5', '12'])
    expect(written.every((line) => line.endsWith('\n'))).toBe(true)
  })
})
