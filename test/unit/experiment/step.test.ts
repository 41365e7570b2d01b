import { describe, expect, test } from 'vitest'
import type { Command, ExperimentEvent, Plan } from '#src/experiment/experiment.ts'
import { type ExperimentState, endedCount, initialState } from '#src/experiment/state.ts'
import { step } from '#src/experiment/step.ts'
import { toyPlan, toyResult } from '#test/fixtures/simulated-run.ts'

/** Folds events, each a millisecond after the other unless it says when. */
function fold(events: readonly (ExperimentEvent | [number, ExperimentEvent])[]): {
  readonly state: ExperimentState
  /** Those of the last event. */
  readonly commands: readonly Command[]
} {
  let state = initialState()
  let commands: readonly Command[] = []
  events.forEach((item, index) => {
    const [timeMs, event] = Array.isArray(item) ? item : [index, item]
    ;[state, commands] = step(state, { sequence: index + 1, timeMs, event })
  })
  return { state, commands }
}

function started(changes: Partial<Plan> = {}): ExperimentEvent {
  return { type: 'run-started', plan: { ...toyPlan, ...changes } }
}

function proposed(trial: number, told: number, epochs = 4): ExperimentEvent {
  const proposal = { architecture: `a${trial}`, fidelity: { epochs }, origin: 'toy' }
  return { type: 'trial-proposed', trial, told, proposal }
}

function attempt(trial: number, number = 0): ExperimentEvent {
  return { type: 'attempt-started', trial, attempt: number }
}

function finished(trial: number, valAccuracy: number, number = 0): ExperimentEvent {
  return {
    type: 'trial-finished',
    trial,
    attempt: number,
    result: toyResult(trial, valAccuracy),
  }
}

type FailedVerdict = Extract<ExperimentEvent, { type: 'attempt-failed' }>['verdict']

function failed(trial: number, number: number, verdict: FailedVerdict): ExperimentEvent {
  const failure = { kind: 'crashed', message: 'gone', cost: { seconds: 9, epochs: 0 } } as const
  return { type: 'attempt-failed', trial, attempt: number, failure, verdict }
}

function types(commands: readonly Command[]): string[] {
  return commands.map((command) =>
    'trial' in command ? `${command.type} ${command.trial}` : command.type,
  )
}

const single = { visibility: { order: 'ordered', window: 1 } } as const
/** One trial, evaluated and told; the winner is due. */
const oneTrial = [
  started({ ...single, budget: { trials: 1 } }),
  proposed(0, 0),
  attempt(0),
  finished(0, 0.5),
]

describe('searching', () => {
  test('asks for one proposal at a time, each start before the next proposal', () => {
    expect(types(fold([started()]).commands)).toEqual(['propose 0'])
    const { commands } = fold([started(), proposed(0, 0)])
    expect(types(commands)).toEqual(['start-attempt 0', 'propose 1'])
  })

  test('holds a result back until those before it are told', () => {
    const begun = [started(), proposed(0, 0), proposed(1, 0), proposed(2, 0)]
    const running = [...begun, attempt(0), attempt(1), attempt(2)]
    expect(fold([...running, finished(1, 0.4)]).commands).toEqual([])
    const { commands, state } = fold([...running, finished(1, 0.4), finished(0, 0.3)])
    expect(commands).toMatchObject([
      { type: 'tell', observation: { trial: 0 } },
      { type: 'propose', trial: 3, told: 1 },
    ])
    const [next, following] = step(state, { sequence: 9, timeMs: 9, event: proposed(3, 1) })
    expect(types(following)).toEqual(['start-attempt 3', 'tell', 'propose 4'])
    expect(next.held).toEqual([])
  })

  test('tells what a trial gave', () => {
    const { commands } = fold(oneTrial)
    expect(commands[0]).toEqual({
      type: 'tell',
      observation: {
        trial: 0,
        architecture: 'a0',
        fidelity: { epochs: 4 },
        outcome: 'completed',
        valAccuracy: 0.5,
        parameterCount: 0,
        costSeconds: 1,
      },
    })
  })

  test('a failed trial is told without accuracy, with what its attempt cost', () => {
    const { commands, state } = fold([
      started(single),
      proposed(0, 0),
      attempt(0),
      failed(0, 0, 'timed-out'),
    ])
    expect(commands[0]).toMatchObject({
      observation: { outcome: 'timed-out', valAccuracy: null, costSeconds: 9 },
    })
    expect(state.outcomeCounts).toEqual({ 'timed-out': 1 })
    expect(endedCount(state)).toBe(1)
  })

  test('a retried attempt gets the next number and counts as a crash', () => {
    const { commands, state } = fold([
      started(single),
      proposed(0, 0),
      attempt(0),
      failed(0, 0, 'retry'),
    ])
    expect(commands).toMatchObject([{ type: 'start-attempt', trial: 0, attempt: 1 }])
    expect(state.active).toMatchObject([{ attempts: 1, crashes: 1, running: false }])
  })

  test('an attempt lost with its process gets the next number and is no crash', () => {
    const { commands, state } = fold([
      started(single),
      proposed(0, 0),
      attempt(0),
      { type: 'run-resumed' },
    ])
    expect(commands).toMatchObject([{ type: 'start-attempt', trial: 0, attempt: 1 }])
    expect(state.active).toMatchObject([{ attempts: 1, crashes: 0, running: false }])
  })

  test('a resumption leaves an awaited proposal to the replay and starts what never started', () => {
    const { commands, state } = fold([started(), proposed(0, 0), { type: 'run-resumed' }])
    expect(types(commands)).toEqual(['start-attempt 0'])
    expect(state.asked).toEqual({ trial: 1, told: 0 })
  })

  test('broken data aborts until the run is resumed; then the trial starts anew', () => {
    const begun = [started(single), proposed(0, 0), attempt(0)]
    const aborted = fold([...begun, failed(0, 0, 'abort-run')])
    expect(aborted.commands).toMatchObject([{ type: 'abort-run', failure: { message: 'gone' } }])
    expect(aborted.state.abortCause).not.toBeNull()
    const resumed = fold([...begun, failed(0, 0, 'abort-run'), { type: 'run-resumed' }])
    expect(types(resumed.commands)).toEqual(['start-attempt 0'])
    expect(resumed.state.abortCause).toBeNull()
  })

  test('remembers the environments, and whose results there are', () => {
    const seen = (hash: string): ExperimentEvent => {
      return { type: 'environment-seen', hash, fingerprint: {} }
    }
    const { state } = fold([...oneTrial.slice(0, 1), seen('x'), seen('toy'), seen('x')])
    expect(state.environments).toEqual(['x', 'toy'])
    expect(state.resultEnvironments).toEqual([])
    expect(fold(oneTrial).state.resultEnvironments).toEqual(['toy'])
  })

  test('leave to mix environments stays once given', () => {
    const allowed = { type: 'run-resumed', allowMixed: true } as const
    expect(fold([started(), allowed, { type: 'run-resumed' }]).state.allowMixed).toBe(true)
    expect(fold([started(), { type: 'run-resumed' }]).state.allowMixed).toBe(false)
  })
})

describe('time', () => {
  test('counts within sessions, not between them, and never backwards', () => {
    const { state } = fold([
      [1_000, started()],
      [1_200, proposed(0, 0)],
      [1_300, { type: 'run-interrupted' }],
      [90_000, { type: 'run-resumed' }],
      [90_050, attempt(0)],
      [80_000, proposed(1, 0)],
      [80_010, attempt(1)],
    ])
    expect(state.searchedMs).toBe(200 + 100 + 50 + 10)
    expect(state.lastMs).toBe(80_010)
  })

  test('spent time lets what is under way end, then the run', () => {
    const plan = { budget: { seconds: 5 }, hasTest: false } as const
    const begun = [started({ ...plan, ...single }), proposed(0, 0), attempt(0)]
    const spent = fold([...begun, { type: 'time-spent' }])
    expect(spent.commands).toEqual([])
    const ended = fold([...begun, { type: 'time-spent' }, finished(0, 0.1)])
    expect(types(ended.commands)).toEqual(['tell', 'select-trial 0'])
    const selected = { type: 'trial-selected', trial: 0 } as const
    expect(fold([...begun, { type: 'time-spent' }, finished(0, 0.1), selected]).commands).toEqual([
      { type: 'finish-run', reason: 'seconds' },
    ])
  })

  test('a count that was reached ends the run rather than the clock', () => {
    const plan = { ...single, budget: { trials: 1, seconds: 5 }, hasTest: false } as const
    const { commands } = fold([
      started(plan),
      proposed(0, 0),
      attempt(0),
      { type: 'time-spent' },
      finished(0, 0.1),
      { type: 'trial-selected', trial: 0 },
    ])
    expect(commands).toEqual([{ type: 'finish-run', reason: 'trials' }])
  })

  test('time spent with nothing under way ends the run at once', () => {
    const { commands, state } = fold([
      started({ ...single, budget: { seconds: 5 } }),
      proposed(0, 0),
      attempt(0),
      failed(0, 0, 'diverged'),
      proposed(1, 1),
      attempt(1),
      { type: 'time-spent' },
      failed(1, 0, 'diverged'),
    ])
    expect(types(commands)).toEqual(['tell', 'finish-run'])
    expect(state.phase).toBe('finishing')
  })
})

test('an attempt whose worker departed is repeated, and not counted as a crash', () => {
  const failed = (attemptNumber: number, kind: 'departed' | 'crashed') =>
    ({
      type: 'attempt-failed',
      trial: 0,
      attempt: attemptNumber,
      failure: { kind, message: 'gone' },
      verdict: 'retry',
    }) as const
  const events = [
    started({ budget: { trials: 1 } }),
    proposed(0, 0),
    attempt(0),
    failed(0, 'departed'),
    { type: 'attempt-started', trial: 0, attempt: 1 } as const,
    failed(1, 'crashed'),
  ]
  const { commands, state } = fold(events)
  expect(commands).toMatchObject([{ type: 'start-attempt', trial: 0, attempt: 2 }])
  expect(state.active[0]?.crashes).toBe(1)
})

describe('the end', () => {
  const test0 = { type: 'trial-selected', trial: 0 } as const
  const failTest = (attemptNumber: number, verdict: 'retry' | 'failed' | 'abort-run') =>
    ({
      type: 'test-failed',
      trial: 0,
      attempt: attemptNumber,
      failure: { kind: 'crashed', message: 'gone' },
      verdict,
    }) as const

  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]]])(
    'selects by validation accuracy, the lower index of equals, when %j came in',
    (order) => {
      const plan = { budget: { trials: 3 } }
      const accuracies = [0.6, 0.7, 0.7]
      const { commands } = fold([
        started(plan),
        proposed(0, 0),
        proposed(1, 0),
        proposed(2, 0),
        attempt(0),
        attempt(1),
        attempt(2),
        ...order.map((trial) => finished(trial, accuracies[trial] ?? 0)),
      ])
      expect(types(commands).at(-1)).toBe('select-trial 1')
    },
  )

  test('measures the test once the winner is recorded, then finishes', () => {
    expect(types(fold(oneTrial).commands)).toEqual(['tell', 'select-trial 0'])
    expect(fold([...oneTrial, test0]).commands).toEqual([
      { type: 'measure-test', trial: 0, attempt: 0 },
    ])
    const measured = { type: 'test-measured', trial: 0, metrics: { testAccuracy: 0.4 } } as const
    const { commands, state } = fold([...oneTrial, test0, measured])
    expect(commands).toEqual([{ type: 'finish-run', reason: 'trials' }])
    expect(state.test.metrics).toEqual({ testAccuracy: 0.4 })
    const end = fold([...oneTrial, test0, measured, { type: 'run-finished', reason: 'trials' }])
    expect(end).toMatchObject({ commands: [], state: { phase: 'finished' } })
  })

  test.each([
    ['retry', [{ type: 'measure-test', trial: 0, attempt: 1 }]],
    ['failed', [{ type: 'finish-run', reason: 'trials' }]],
    ['abort-run', [{ type: 'abort-run', failure: { kind: 'crashed', message: 'gone' } }]],
  ] as const)('a failed test with verdict %s', (verdict, expected) => {
    expect(fold([...oneTrial, test0, failTest(0, verdict)]).commands).toEqual(expected)
  })

  test.each([
    ['selecting', oneTrial, [{ type: 'select-trial', trial: 0 }]],
    ['testing', [...oneTrial, test0], [{ type: 'measure-test', trial: 0, attempt: 0 }]],
    [
      'an aborted test',
      [...oneTrial, test0, failTest(0, 'abort-run')],
      [{ type: 'measure-test', trial: 0, attempt: 1 }],
    ],
    [
      'finishing',
      [...oneTrial, test0, failTest(0, 'failed')],
      [{ type: 'finish-run', reason: 'trials' }],
    ],
  ] as const)('a run killed while %s goes on there', (_, events, expected) => {
    expect(fold([...events, { type: 'run-resumed' }]).commands).toEqual(expected)
  })

  test('without a completed trial nothing is selected or tested', () => {
    const { commands, state } = fold([...oneTrial.slice(0, 3), failed(0, 0, 'failed')])
    expect(types(commands)).toEqual(['tell', 'finish-run'])
    expect(state.best).toBeNull()
  })
})

describe('events that cannot follow are refused', () => {
  const begun = [started(), proposed(0, 0)]
  const progressed = {
    type: 'trial-progressed',
    trial: 0,
    attempt: 0,
    point: {
      epoch: 1,
      trainLoss: 1,
      trainAccuracy: 0,
      valLoss: 1,
      valAccuracy: 0,
      learningRate: 1,
      seconds: 1,
    },
  } as const

  test.each<[string, readonly ExperimentEvent[], string]>([
    ['a second start', [started(), started()], 'A run cannot start twice'],
    ['a resumption of nothing', [{ type: 'run-resumed' }], 'A new run cannot be resumed'],
    [
      'a proposal out of turn',
      [started(), proposed(1, 0)],
      'Trial 1 was proposed after 0 observations, expected trial 0 after 0',
    ],
    ['a proposal that saw too much', [started(), proposed(0, 1)], 'expected trial 0 after 0'],
    [
      'a proposal nobody asked for',
      [started({ budget: { trials: 1 } }), proposed(0, 0), proposed(1, 0)],
      'expected no proposal',
    ],
    ['an unknown trial', [...begun, attempt(5)], 'Trial 5 is not under way'],
    ['a skipped attempt', [...begun, attempt(0, 1)], 'started attempt 1, expected 0'],
    ['two attempts at once', [...begun, attempt(0), attempt(0, 1)], 'has an attempt under way'],
    ['a result before the start', [...begun, finished(0, 0.1)], 'Attempt 0 of trial 0'],
    ['a result of a lost attempt', [...begun, attempt(0), finished(0, 0.1, 1)], 'is not under way'],
    ['progress before the start', [...begun, progressed], 'is not under way'],
    ['a second result', [...oneTrial, finished(0, 0.2)], 'Trial 0 is not under way'],
    [
      'another winner',
      [...oneTrial, { type: 'trial-selected', trial: 3 }],
      'Trial 3 was selected, expected trial 0',
    ],
    [
      'a winner too early',
      [...begun, { type: 'trial-selected', trial: 0 }],
      'trial-selected came while the run was searching',
    ],
    [
      'a test before the selection',
      [...oneTrial, { type: 'test-measured', trial: 0, metrics: { testAccuracy: 1 } }],
      'test-measured came while the run was selecting',
    ],
    [
      'an end too early',
      [...begun, { type: 'run-finished', reason: 'trials' }],
      'run-finished came while the run was searching',
    ],
    [
      'an end for another reason',
      [
        ...oneTrial.slice(0, 3),
        failed(0, 0, 'diverged'),
        { type: 'run-finished', reason: 'epochs' },
      ],
      'The run ended by epochs, expected trials',
    ],
  ])('%s', (_, events, message) => {
    expect(() => fold(events)).toThrow(message)
  })
})
