/** A real search whose real workers come and go: its trajectory is that of an undisturbed one. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { eventsOf, trajectory } from '#test/fixtures/run-events.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const trialCount = 10
const run = [
  ...['run', join(projectFolder(), 'configs', 'quickstart.yaml')],
  ...['--set', `budget.trials=${trialCount}`, '--set', 'fidelity.epochs=2'],
  ...['--set', 'optimizer={name: regularized-evolution, populationSize: 3, sampleSize: 2}'],
]

/** Does one thing after the other, each when the run has come so far. */
function whenDone(
  stream: NodeJS.ReadableStream,
  steps: readonly (readonly [trials: number, action: () => void])[],
): void {
  const left = [...steps]
  stream.on('data', (text: string) => {
    const done = Number(/(\d+) of \d+ trials done/.exec(text)?.[1] ?? 0)
    while (left[0] && done >= left[0][0]) left.shift()?.[1]()
  })
}

test('joining late, leaving, being killed, all leaving and one returning change nothing', async () => {
  await cpuEnvironment()
  await using folder = await temporaryFolder()
  const keys = join(folder.path, 'keys')
  expect(archloom(['env', 'keys', keys]).status).toBe(0)
  const undisturbed = join(folder.path, 'undisturbed')
  expect(archloom([...run, '--out', undisturbed]).status).toBe(0)

  const out = join(folder.path, 'elastic')
  const endpoint = 'tcp://127.0.0.1:47619'
  const remote = `evaluator.remote={endpoint: "${endpoint}", keys: ${keys}, waitSeconds: 90}`
  const elastic = ['--set', 'evaluator.workers=0', '--set', remote, '--out', out]
  const orchestrator = startArchloom([...run, ...elastic])
  const join_ = (name: string) =>
    startArchloom([
      ...['worker', '--connect', endpoint, '--keys', join(keys, 'worker.json')],
      ...['--dataset', 'digits', '--name', name],
    ])
  const first = join_('first')
  const late: ReturnType<typeof startArchloom>[] = []
  whenDone(orchestrator.child.stderr, [
    [2, () => late.push(join_('late'))],
    // In good order, in the middle of something.
    [4, () => first.child.kill('SIGTERM')],
    // With all that it had started, and nobody is left until one comes under the same name.
    [6, () => late[0]?.child.kill('SIGKILL')],
    [6, () => late.push(join_('late'))],
  ])
  const { status, stderr } = await orchestrator.ended
  if (status !== 0) for (const { child } of [first, ...late]) child.kill('SIGTERM')
  const workers = await Promise.all([first, ...late].map(({ ended }) => ended))
  const said = workers.map((worker) => worker.stderr).join('')
  expect(status, `${stderr}${said}`).toBe(0)
  expect(workers.map((worker) => worker.status)).toEqual([0, null, 0])
  expect(trajectory(out)).toEqual(trajectory(undisturbed))
  // Who was between two trials has lost none.
  const kinds = eventsOf(out, 'attempt-failed').map(({ failure }) => failure.kind)
  expect(kinds.filter((kind) => kind !== 'departed' && kind !== 'crashed')).toEqual([])
}, 240_000)
