import { expect, test } from 'vitest'
import { workersLines } from '#src/cli/workers-output.ts'
import type { WatchedRun } from '#src/runner/watched-run.ts'
import type { WorkerStatus } from '#src/worker/worker.ts'

const writtenMs = 1_000_000

const task: WorkerStatus['tasks'][number] = {
  task: 't000017',
  attempt: 0,
  kind: 'train',
  runningSeconds: 65,
  started: true,
  cancelled: false,
  epochs: 10,
  lastWord: { epoch: 3, valAccuracy: 0.7121, trainLoss: 0.9 },
}

const worker: WorkerStatus = {
  name: 'w00',
  local: true,
  state: 'working',
  pid: 7,
  on: {
    device: 'cuda',
    hardware: 'NVIDIA H100',
    system: 'Linux',
    python: '3.11.7',
    torch: '2.13.0',
    cuda: '12.8',
    threads: 1,
    slots: 1,
    fingerprint: 'f',
  },
  memory: { residentBytes: 2 ** 30, deviceBytes: 3 * 2 ** 30 },
  tasks: [task],
  finishedCount: 12,
  failedCount: 0,
  restarts: 0,
  heardSecondsAgo: 0.5,
}

function row(status: Partial<WorkerStatus>, state: WatchedRun['state'] = 'live'): string {
  const workers = [{ ...worker, ...status }]
  const process = { name: 'mine', pid: 99, host: 'here', ended: state === 'ended' }
  const said = { version: 1 as const, ...process, writtenMs, workers }
  return (workersLines({ folder: 'runs/a', state, said }, writtenMs + 1000)[2] ?? '')
    .trim()
    .split(/ {2,}/)
    .join(' | ')
}

test.each<[string, Partial<WorkerStatus>, string]>([
  [
    'training',
    {},
    'w00 | working | NVIDIA H100, Python 3.11.7, PyTorch 2.13.0, CUDA 12.8 | 1.00 GiB, GPU 3.00 GiB | train of trial 17 | 1:06 | epoch 3 of 10, 71.21% | 12 | 1.5 s ago',
  ],
  [
    'calling a function for the second time',
    {
      tasks: [
        {
          ...task,
          kind: 'call',
          attempt: 1,
          epochs: null,
          lastWord: { step: 40, loss: 0.123456, note: 'text is left out' },
        },
      ],
    },
    'w00 | working | NVIDIA H100, Python 3.11.7, PyTorch 2.13.0, CUDA 12.8 | 1.00 GiB, GPU 3.00 GiB | call of trial 17, attempt 2 | 1:06 | step 40, loss 0.1235 | 12 | 1.5 s ago',
  ],
  [
    'starting, unknown as yet',
    {
      state: 'starting',
      on: null,
      memory: null,
      tasks: [],
      finishedCount: 0,
      heardSecondsAgo: null,
    },
    'w00 | starting | 0 | never',
  ],
  [
    'elsewhere, restarted, with failures',
    { local: false, state: 'idle', tasks: [], memory: null, restarts: 2, failedCount: 1 },
    'w00 (elsewhere) | idle, restart 2 | NVIDIA H100, Python 3.11.7, PyTorch 2.13.0, CUDA 12.8 | 12, 1 failed | 1.5 s ago',
  ],
])('a worker %s', (_, status, line) => {
  expect(row(status)).toBe(line)
})

test('nobody is said to be heard of late once the run is over', () => {
  expect(row({ state: 'idle', tasks: [] }, 'ended')).toMatch(/12$/)
})

test('a run that died says how to go on', () => {
  const said = { version: 1 as const, name: 'mine', pid: 9, host: 'h', writtenMs, ended: false }
  const run: WatchedRun = { folder: 'runs/a b', state: 'died', said: { ...said, workers: [] } }
  expect(workersLines(run, writtenMs + 60_000)).toEqual([
    "runs/a b  mine, died 1:00 ago or later, continue it with archloom resume 'runs/a b'; this was the last, process 9 on h",
    '  nobody is connected',
  ])
})
