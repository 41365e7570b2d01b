/** Ctrl-Z and a laptop's lid: an orchestrator that stands still for longer than silence may last. */
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { isAlive, workerProcesses } from '#test/fixtures/python-pool.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

/** ZeroMQ cuts an unanswered link after 8 s, and the silence bound of this pool is 3 s. */
const stopMs = 13_000

beforeAll(async () => {
  await cpuEnvironment()
})

test('an orchestrator that was stopped finds its worker where it left it', async () => {
  const program = join(projectFolder(), 'test', 'fixtures', 'stopped-orchestrator.ts')
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const lines = on(createInterface({ input: child.stdout }), 'line')
    expect((await lines.next()).value).toEqual(['begun'])
    const [[, pid] = ['', 0]] = workerProcesses(child.pid)
    child.kill('SIGSTOP')
    await setTimeout(stopMs)
    expect(isAlive(pid), 'the worker waits').toBe(true)
    child.kill('SIGCONT')
    const [line] = (await lines.next()).value as [string]
    expect(JSON.parse(line)).toEqual({
      ended: 'The task was cancelled',
      before: pid,
      after: pid,
      epochs: 1,
    })
    await once(child, 'close')
  } finally {
    child.kill('SIGKILL')
  }
}, 180_000)
