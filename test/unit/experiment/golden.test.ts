import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ExperimentEvent } from '#src/experiment/experiment.ts'
import { startMethod } from '#src/experiment/method.ts'
import { replay } from '#src/experiment/replay.ts'
import {
  foldSteps,
  type GoldenStep,
  goldenJournal,
  goldenNames,
} from '#test/fixtures/golden-journal.ts'
import { sensitiveOptimizer } from '#test/fixtures/simulated-run.ts'

function recorded(name: string): GoldenStep[] {
  return JSON.parse(readFileSync(`test/golden/journal/${name}.json`, 'utf8')) as GoldenStep[]
}

describe.each(goldenNames)('golden journal %s', (name) => {
  const steps = recorded(name)

  test('each event still leads to the recorded commands', () => {
    expect(foldSteps(steps.map(({ entry }) => entry))).toEqual(steps)
  })

  test('its events still fit the schema and replay', () => {
    for (const { entry } of steps) {
      expect(ExperimentEvent.parse(entry.event)).toEqual(entry.event)
    }
    const entries = steps.map(({ entry }) => entry)
    const { state } = replay(entries, (plan) => startMethod(sensitiveOptimizer(), plan))
    expect(state.phase).toBe('finished')
  })

  test('the same happenings still make the same journal', () => {
    expect(goldenJournal(name)).toEqual(steps)
  })
})

test('together they hold every kind of command but an abort', () => {
  const kinds = goldenNames.flatMap((name) =>
    recorded(name).flatMap(({ commands }) => commands.map(({ type }) => type)),
  )
  expect([...new Set(kinds)].sort()).toEqual([
    'finish-run',
    'measure-test',
    'propose',
    'select-trial',
    'start-attempt',
    'tell',
  ])
})
