import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import type { WatchedRun } from '#src/runner/watched-run.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const config = join(projectFolder(), 'test', 'fixtures', 'watched-experiment.ts')

function look(folder: string): WatchedRun {
  const { status, stdout, stderr } = archloom(['workers', folder, '--json'])
  expect(status, stderr).toBe(0)
  const { runs } = JSON.parse(stdout) as { readonly runs: readonly [WatchedRun] }
  return runs[0]
}

/** Looks until the run is in a state, and has results where it is asked for them. */
async function lookUntil(folder: string, state: WatchedRun['state']): Promise<WatchedRun> {
  return await vi.waitFor(
    () => {
      const run = look(folder)
      expect(run.state).toBe(state)
      return run
    },
    { timeout: 60_000, interval: 100 },
  )
}

describe('archloom workers', () => {
  let place: TemporaryFolder
  beforeAll(async () => {
    place = await temporaryFolder()
    return () => place[Symbol.asyncDispose]()
  })

  test('shows a run live, stopped, going on, and dead', async () => {
    const folder = join(place.path, 'killed')
    const { child, ended } = startArchloom(['run', config, '--out', folder])
    try {
      // The folder is there once the run has its lock and a journal.
      await vi.waitFor(() => expect(archloom(['workers', folder]).status).toBe(0), {
        timeout: 60_000,
      })
      await lookUntil(folder, 'live')
      const live = await vi.waitFor(
        () => {
          const run = look(folder)
          expect(run.said?.workers[0]?.finishedCount).toBeGreaterThan(0)
          return run
        },
        { timeout: 60_000, interval: 100 },
      )
      expect(live.said).toMatchObject({ name: 'watched', pid: child.pid, ended: false })
      expect(live.said?.workers.map(({ name }) => name).sort()).toEqual(['s0-0', 's0-1', 's0-2'])

      child.kill('SIGSTOP')
      await lookUntil(folder, 'unanswering')
      child.kill('SIGCONT')
      await lookUntil(folder, 'live')

      const { stdout } = archloom(['workers', folder])
      expect(stdout).toContain(`watched, live, process ${child.pid}`)
      expect(stdout).toMatch(/s0-1 \(elsewhere\) +(working|idle) .*PyTorch .* s ago/)
    } finally {
      child.kill('SIGKILL')
      await ended
    }
    const dead = look(folder)
    expect(dead.state).toBe('died')
    expect(archloom(['workers', folder]).stdout).toContain(`archloom resume ${folder}`)
  })

  test('follows a live run to its end', async () => {
    const folder = join(place.path, 'runs', 'short')
    await mkdir(join(place.path, 'runs'), { recursive: true })
    const run = startArchloom(['run', config, '--out', folder, '--set', 'budget.trials=30'])
    await vi.waitFor(() => expect(archloom(['workers', folder]).status).toBe(0), {
      timeout: 60_000,
    })
    const watching = startArchloom(['workers', folder, '--watch', '--json'])
    const [{ status: runStatus }, { status, stdout }] = await Promise.all([
      run.ended,
      watching.ended,
    ])
    expect([runStatus, status]).toEqual([0, 0])
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { runs: [WatchedRun] }).runs[0])
    const last = seen.at(-1)
    expect(last).toMatchObject({ state: 'ended', said: { ended: true } })
    const counts = last?.said?.workers.map(({ finishedCount }) => finishedCount) ?? []
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30)
  })

  test('says what to give it instead of a folder without a run', () => {
    const { status, stderr } = archloom(['workers', place.path])
    expect(status).toBe(2)
    expect(stderr).toContain('is not a run folder: it holds no journal.sqlite')
    expect(archloom(['workers']).stdout).toContain('No run under ./runs is live')
  })
})
