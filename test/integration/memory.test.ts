import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { MemoryReport } from '../../bench/memory.ts'

/**
 * A cell's text takes about 100 bytes and an observation's numbers 48, in arrays that double: 250 is
 * what the history alone may need. Keeping every result or event would take a multiple of it.
 */
const limitBytesPerTrial = 250

// Twenty thousand trials here; `node --expose-gc bench/memory.ts` runs a hundred thousand.
test('the orchestrator retains the history of its trials and nothing else', async () => {
  const script = join(import.meta.dirname, '../../bench/memory.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, '20000'])
  const { samples, bytesPerTrial } = JSON.parse(stdout) as MemoryReport
  expect(samples).toHaveLength(10)
  expect(bytesPerTrial).toBeLessThan(limitBytesPerTrial)
})
