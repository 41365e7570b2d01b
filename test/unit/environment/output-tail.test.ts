import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { keepOutput } from '#src/environment/output-tail.ts'

/** A process that prints that many letters as errors, and an end. */
function printing(count: number) {
  const script = `process.stderr.write('x'.repeat(${count}), () => process.stderr.write('end'))`
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
}

describe('keepOutput', () => {
  it('keeps the end of much output, and says once that it is much', async () => {
    const child = printing(1_000_000)
    let overflows = 0
    const output = keepOutput(child, 1000, () => {
      overflows++
    })
    await once(child, 'close')
    expect(output.tail()).toMatch(/^x+end$/)
    expect(output.tail().length).toBeLessThanOrEqual(64 * 1024)
    expect(overflows).toBe(1)
  })

  it('says nothing of little output', async () => {
    const child = printing(10)
    const output = keepOutput(child, 1000, () => expect.unreachable())
    await once(child, 'close')
    expect(output.tail()).toBe('xxxxxxxxxxend')
  })
})
