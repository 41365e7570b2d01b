import { describe, expect, test } from 'vitest'
import type { ExperimentEvent, JournalEntry } from '#src/experiment/experiment.ts'
import { startMethod } from '#src/experiment/method.ts'
import { replay } from '#src/experiment/replay.ts'
import {
  type SimulatedRun,
  sensitiveOptimizer,
  simulateRun,
  toyPlan,
  toyResult,
} from '#test/fixtures/simulated-run.ts'

function wholeRun(): SimulatedRun {
  const run = simulateRun({ ...toyPlan, hasTest: false })
  for (let next = run.running[0]; next; next = run.running[0]) {
    const { trial, attempt } = next
    run.record({ type: 'trial-finished', trial, attempt, result: toyResult(trial, trial / 100) })
  }
  return run
}

const replayToy = (entries: Iterable<JournalEntry>) =>
  replay(entries, (plan) => startMethod(sensitiveOptimizer(), plan))

/** The journal with one event changed. */
function* tampered(
  entries: Iterable<JournalEntry>,
  change: (event: ExperimentEvent) => ExperimentEvent,
): Iterable<JournalEntry> {
  for (const entry of entries) yield { ...entry, event: change(entry.event) }
}

describe('replay', () => {
  test('ends in the state, the history and the next draw of the run itself', () => {
    const run = wholeRun()
    const { state, method, unrecorded, entryCount, proposalCount } = replayToy(
      run.journal.entries(),
    )
    expect(state).toEqual(run.session.state)
    expect(state.phase).toBe('finished')
    expect(unrecorded).toBeNull()
    expect([entryCount, proposalCount]).toEqual([run.journal.committed.length, 12])
    expect(method?.history.length).toBe(12)
    expect(method?.ask(99)).toEqual(run.method.ask(99))
  })

  test('at every prefix, finds the proposal that the journal holds next, or none', () => {
    const entries = [...wholeRun().journal.entries()]
    entries.forEach(({ event }, length) => {
      const { unrecorded, state } = replayToy(entries.slice(0, length))
      expect(unrecorded && { trial: unrecorded.trial, told: unrecorded.told }).toEqual(state.asked)
      if (event.type !== 'trial-proposed') return
      expect(unrecorded).toEqual({
        trial: event.trial,
        told: event.told,
        proposal: event.proposal,
      })
    })
  })

  test('an empty journal has neither state nor method', () => {
    expect(replayToy([])).toMatchObject({ method: null, unrecorded: null, entryCount: 0 })
  })

  test('reads entries one by one', () => {
    let pulled = 0
    function* watched(): Iterable<JournalEntry> {
      for (const entry of wholeRun().journal.entries()) {
        pulled += 1
        yield entry
        if (pulled === 5) throw new Error('The fifth entry was taken in before the sixth was read')
      }
    }
    expect(() => replayToy(watched())).toThrow('fifth')
  })

  test('names the trial, what was expected and what was found when a proposal differs', () => {
    const run = wholeRun()
    const entries = tampered(run.journal.entries(), (event) =>
      event.type === 'trial-proposed' && event.trial === 4
        ? { ...event, proposal: { ...event.proposal, architecture: 'forged' } }
        : event,
    )
    expect(() => replayToy(entries)).toThrow(
      expect.objectContaining({
        code: 'verify/replay',
        message: expect.stringMatching(
          /^Trial 4 does not follow from the journal: expected \{"architecture":"a4-.*found \{"architecture":"forged".* in entry \d+$/,
        ),
        details: expect.objectContaining({ trial: 4 }),
      }),
    )
  })

  test('a changed observation shows in the first proposal that saw it', () => {
    const run = wholeRun()
    const entries = tampered(run.journal.entries(), (event) =>
      event.type === 'trial-finished' && event.trial === 2
        ? { ...event, result: toyResult(2, 0.9) }
        : event,
    )
    expect(() => replayToy(entries)).toThrow('Trial 5 does not follow')
  })

  test('a forged winner is found out', () => {
    const entries = tampered(wholeRun().journal.entries(), (event) =>
      event.type === 'trial-selected' ? { ...event, trial: 0 } : event,
    )
    expect(() => replayToy(entries)).toThrow(
      expect.objectContaining({
        code: 'verify/replay',
        message: expect.stringContaining('Trial 0 was selected, expected trial 11'),
      }),
    )
  })

  test('a missing entry is found out', () => {
    const entries = [...wholeRun().journal.entries()].filter(
      ({ event }) => !(event.type === 'attempt-started' && event.trial === 3),
    )
    expect(() => replayToy(entries)).toThrow(expect.objectContaining({ code: 'verify/replay' }))
  })
})
