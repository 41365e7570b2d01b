/** The programs of docs/node-api.md run, and say what they should. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { cpuEnvironment } from '../fixtures/worker-environment.ts'

beforeAll(async () => {
  await cpuEnvironment()
})

async function run(name: string): Promise<string> {
  const program = join(projectFolder(), 'configs', 'programs', name)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=archloom-source', program],
    { timeout: 100_000 },
  )
  return stdout
}

test.concurrent('a training script is driven: progress and typed results', async () => {
  const output = await run('drive-training.ts')
  const reports = [...output.matchAll(/^rate 0\.1, epoch (\d+): 0\.\d{3}$/gm)]
  expect(reports.map(([, epoch]) => Number(epoch))).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
  const rows = output.split('\n').filter((line) => /^│ \d/.test(line))
  expect(rows).toHaveLength(4)
  // Whether the others are stopped in time is up to the machine; the best runs to its end.
  expect(rows[0]).toMatch(/│ 0\.1 +│ 0\.9\d+ +│ 20 +│ false +│/)
})

test.concurrent('a model stays between calls and learns', async () => {
  const output = await run('keep-model.ts')
  const counts = [...output.matchAll(/: (\d+) of 500 noisy/g)].map(([, count]) => Number(count))
  expect(counts).toHaveLength(3)
  expect(Math.min(...counts)).toBeGreaterThan(350)
  const losses = [...output.matchAll(/loss (\d\.\d+)/g)].map(([, loss]) => Number(loss))
  expect(losses).toEqual(losses.toSorted((a, b) => b - a))
})

test.concurrent('what happens to calls is told', async () => {
  const lines = (await run('control-calls.ts')).trim().split('\n')
  expect(lines.map((line) => line.replace(/ .*/, ''))).toEqual([
    'cancelling',
    'cancelled:',
    'timeout:',
    'internal:',
    'invalid_task:',
    'invalid_task:',
  ])
  expect(lines[1]).toBe('cancelled: AbortError')
  expect(lines[3]).toMatch(/^internal: RuntimeError: .+ \(digits_training\.py, line \d+\)$/)
  expect(lines[5]).toContain('digits_training:train needs learning_rate, but the call gives rate')
})
