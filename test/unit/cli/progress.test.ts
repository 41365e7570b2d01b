import { describe, expect, it } from 'vitest'
import { type ProgressOutput, progressLines, showProgress } from '#src/cli/progress.ts'
import type { RunSnapshot } from '#src/runner/snapshot.ts'
import { simulatedClock } from '#src/time/clock.ts'

const snapshot: RunSnapshot = {
  phase: 'searching',
  trialsDone: 12,
  trialsTotal: 48,
  best: { trial: 7, valAccuracy: 0.9631, architecture: '|none~0|+|none~0|none~1|' },
  running: [
    {
      trial: 12,
      attempt: 0,
      architecture: 'a',
      startedMs: 0,
      lastPoint: {
        epoch: 3,
        trainLoss: 1,
        trainAccuracy: 0.9,
        valLoss: 1,
        valAccuracy: 0.9412,
        learningRate: 0.1,
        seconds: 2,
      },
    },
    { trial: 13, attempt: 0, architecture: 'b', startedMs: 0, lastPoint: null },
  ],
  elapsedMs: 20_000,
  budget: { trials: 48 },
  epochsProposed: 28,
  toldSeconds: 90,
}

const quick = { name: 'quick', objective: null }
const rmse = { metric: 'rmse', worst: 4, best: 0 }

describe('the lines of the live display', () => {
  it('show the budget, the time left, the best and what is under way', () => {
    expect(progressLines(quick, snapshot, 100)).toEqual([
      'quick  ━━━━━━──────────────────  12 of 48 trials  0:20, about 1:00 left',
      'best      96.31%  trial 7  |none~0|+|none~0|none~1|',
      'training  trial 12  epoch 3  validation 94.12%',
      'training  trial 13  starting',
    ])
  })

  it('show an objective of a user by its name and value', () => {
    const lines = progressLines({ name: 'quick', objective: rmse }, snapshot, 100)
    expect(lines.slice(1, 3)).toEqual([
      'best      rmse 0.1476  trial 7  |none~0|+|none~0|none~1|',
      'training  trial 12  epoch 3  rmse 0.2352',
    ])
  })

  it('tell long times by the hour', () => {
    const long = { ...snapshot, elapsedMs: 11_105_000 }
    expect(progressLines(quick, long, 100)[0]).toContain('3:05:05, about 9:15:15 left')
  })

  it('fit the width of the terminal', () => {
    for (const line of progressLines(quick, snapshot, 40)) expect(line.length).toBeLessThan(40)
  })

  it('count by whichever limit of the budget is nearest', () => {
    const timed = { ...snapshot, trialsTotal: null, budget: { epochs: 280, seconds: 40 } }
    expect(progressLines(quick, timed, 100)[0]).toMatch(
      /━{12}─{12} {2}12 trials {2}0:20, about 0:20 left$/,
    )
  })
})

function recorder(isTTY: boolean) {
  const written: string[] = []
  const output: ProgressOutput = { isTTY, columns: 100, write: (text) => written.push(text) }
  return { written, output }
}

describe('progress', () => {
  it('is one line a finished trial where output is piped', () => {
    const { written, output } = recorder(false)
    using progress = showProgress({ ...quick, output })
    progress.update({ ...snapshot, trialsDone: 0, best: null })
    progress.update({ ...snapshot, trialsDone: 1, best: null })
    progress.update({ ...snapshot, trialsDone: 1 })
    progress.update(snapshot)
    expect(written).toEqual([
      '1 of 48 trials done, no result yet, 0:20\n',
      '12 of 48 trials done, best 96.31% by trial 7, 0:20\n',
    ])
  })

  it('redraws a terminal in place, at most ten times a second, and leaves it clean', async () => {
    const clock = simulatedClock()
    const { written, output } = recorder(true)
    {
      using progress = showProgress({ ...quick, output, clock })
      for (let update = 0; update < 50; update++) {
        progress.update(snapshot)
        await clock.advance(10)
      }
      await clock.advance(200)
    }
    // Half a second of steady news: five draws, and one to clean up.
    expect(written).toHaveLength(6)
    expect(written.at(-1)).toBe('\u001b[4A\u001b[J')
    expect(clock.pendingCount).toBe(0)
  })

  it('lets the clock on the screen go on between updates', async () => {
    const clock = simulatedClock()
    const { written, output } = recorder(true)
    using progress = showProgress({ ...quick, output, clock })
    progress.update(snapshot)
    await clock.advance(3100)
    expect(written.join('')).toContain('0:23')
  })
})
