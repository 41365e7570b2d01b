import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JournalEntry } from '#src/experiment/experiment.ts'
import { Random } from '#src/random/random.ts'
import { replayRun, runExperiment } from '#src/runner/run.ts'
import { cellExperiment, cellExtensions } from '#test/fixtures/cell-experiment.ts'
import { type KillArguments, killDocument, killTrialCount } from '#test/fixtures/kill-run.ts'
import { entriesOf, evaluatedTrials, finishedTrials } from '#test/fixtures/killed-run.ts'
import { trajectory } from '#test/fixtures/simulated-run.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const killCount = 20

interface Ended {
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

/** A moment in a process's life: so long after it said that it begins, or that it is going. */
interface Moment {
  readonly line: 'begin' | 'going'
  readonly afterMs: number
}

/** Starts the process, and kills it at a moment. */
async function runProcess(args: KillArguments, moment?: Moment): Promise<Ended> {
  const script = join(import.meta.dirname, '../fixtures/kill-run.ts')
  const child = spawn(process.execPath, [script, JSON.stringify(args)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
    if (moment && output.includes(moment.line)) void sleep(moment.afterMs).then(() => kill(child))
  })
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString()
  })
  return new Promise((resolve) => {
    child.on('close', (_, signal) => resolve({ signal, output }))
  })
}

function kill(child: ChildProcess): void {
  child.kill('SIGKILL')
}

interface Session {
  readonly folder: string
  readonly order: KillArguments['order']
  readonly log: string
}

/** Runs one process to its death, and checks what it left against what was there before it. */
async function killOnce(
  { folder, order, log }: Session,
  round: number,
  death: Pick<KillArguments, 'dieAt'> & { readonly moment?: Moment },
): Promise<Ended> {
  const before = entriesOf(folder)
  const known = finishedTrials(before)
  const evaluatedBefore = evaluatedTrials(log).length
  const { moment, ...dieAt } = death
  const ended = await runProcess({ folder, order, log, delaySeed: round, ...dieAt }, moment)
  const again = evaluatedTrials(log)
    .slice(evaluatedBefore)
    .filter((trial) => known.has(trial))
  expect(again, 'trials evaluated although their results were committed').toEqual([])
  expect(entriesOf(folder).slice(0, before.length), 'committed entries').toEqual(before)
  return ended
}

function checkWhole(entries: readonly JournalEntry[]): void {
  const ends = entries.flatMap(({ event }) => {
    const ended =
      event.type === 'trial-finished' ||
      (event.type === 'attempt-failed' && event.verdict !== 'retry')
    return ended ? [event.trial] : []
  })
  expect(ends.sort((a, b) => a - b)).toEqual(Array.from({ length: killTrialCount }, (_, t) => t))
  expect(entries.at(-1)?.event.type).toBe('run-finished')
}

let undisturbed: string

beforeAll(async () => {
  await using temporary = await temporaryFolder()
  const folder = join(temporary.path, 'run')
  await runExperiment(cellExperiment(killDocument('ordered')), {
    folder,
    logger: pino({ level: 'silent' }),
  })
  undisturbed = trajectory(entriesOf(folder))
})

describe('a run that is killed again and again', () => {
  test.each(['ordered', 'arrival'] as const)(
    `%s visibility: ${killCount} kills at random moments lose nothing and repeat nothing`,
    { timeout: 300_000 },
    async (order) => {
      await using temporary = await temporaryFolder()
      const session = {
        folder: join(temporary.path, 'run'),
        order,
        log: join(temporary.path, 'log'),
      }
      const random = Random.named(20, 'kills', order)
      for (let round = 0; round < killCount; round += 1) {
        // The first rounds die within their first milliseconds, some before the journal exists.
        const moment: Moment =
          round < 5
            ? { line: 'begin', afterMs: round * 3 }
            : { line: 'going', afterMs: random.int(30) }
        const { signal, output } = await killOnce(session, round, { moment })
        expect(signal, output).toBe('SIGKILL')
      }
      const { output } = await killOnce(session, killCount, {})
      expect(output).toBe('begin\ngoing\nend finished\n')

      const entries = entriesOf(session.folder)
      checkWhole(entries)
      const resumed = entries.filter(({ event }) => event.type === 'run-resumed')
      expect(resumed.length).toBeGreaterThanOrEqual(killCount - 5)
      const report = replayRun(session.folder, cellExtensions())
      expect(report).toMatchObject({ proposalCount: killTrialCount, entryCount: entries.length })
      if (order === 'ordered') expect(trajectory(entries)).toBe(undisturbed)
    },
  )

  test('kills between a commit and the act, between a result and its commit, and after a commit', {
    timeout: 300_000,
  }, async () => {
    await using temporary = await temporaryFolder()
    const session = {
      folder: join(temporary.path, 'run'),
      order: 'ordered',
      log: join(temporary.path, 'log'),
    } as const
    const points = [
      ['start', 1],
      ['result', 1],
      ['update', 1],
      ['start', 7],
      ['result', 9],
      ['update', 4],
    ] as const
    for (const [round, [point, count]] of points.entries()) {
      const { signal, output } = await killOnce(session, round, { dieAt: { point, count } })
      expect(signal, output).toBe('SIGKILL')
    }
    const { output } = await killOnce(session, points.length, {})
    expect(output).toBe('begin\ngoing\nend finished\n')
    const entries = entriesOf(session.folder)
    checkWhole(entries)
    expect(trajectory(entries)).toBe(undisturbed)
  })
})
