import { describe, expect, it } from 'vitest'
import { showShare } from '#src/cli/share-progress.ts'

function drawing(isTTY: boolean) {
  const lines: string[] = []
  let nowMs = 0
  const output = { isTTY, columns: 60, write: (more: string) => lines.push(more) }
  const progress = showShare({
    words: 'Reading nasbench_full.tfrecord, which is long',
    output,
    clock: { monotonicMs: () => nowMs },
  })
  const wait = (ms: number) => {
    nowMs += ms
  }
  return { progress, wait, text: () => lines.join('') }
}

describe('the progress of an import', () => {
  it('renews one line of a terminal, and takes it away', () => {
    const { progress, wait, text } = drawing(true)
    progress.update(0)
    wait(50)
    progress.update(0.1)
    wait(50)
    progress.update(0.5)
    const lines = text().split('\r\u001b[K')
    expect(lines).toHaveLength(3)
    expect(lines[2]).toMatch(/^━{12}─{12} {2}50% {2}Reading nasbench_full/)
    expect(lines[2]?.length).toBeLessThan(60)
    progress.clear()
    progress.clear()
    expect(text().endsWith('\r\u001b[K')).toBe(true)
    expect(text().split('\r\u001b[K')).toHaveLength(4)
  })

  it('adds a line now and then elsewhere, and none to what is short', () => {
    const { progress, wait, text } = drawing(false)
    progress.update(0.2)
    wait(9_999)
    progress.update(0.4)
    expect(text()).toBe('')
    wait(1)
    progress.update(0.6)
    progress.update(0.7)
    progress.clear()
    expect(text()).toMatch(/^━+─+ {2}60% {2}Reading .* long\n$/)
  })

  it('can be nothing at all', () => {
    using progress = showShare({ words: 'x', output: null })
    progress.update(0.5)
    progress.clear()
  })
})
