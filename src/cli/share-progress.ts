/** How far a long reading has come: a line that is renewed, or now and then one more. */
import { systemClock } from '#src/time/clock.ts'
import { type ProgressOutput, progressBar } from './progress.ts'

export interface ShareProgress extends Disposable {
  /** @param share - 0 to 1 */
  update(share: number): void
  /** Takes the line away, before other lines. */
  clear(): void
}

/** Milliseconds between two drawings. */
const drawMs = { terminal: 100, plain: 10_000 }

export function showShare({
  words,
  output,
  clock = systemClock(),
}: {
  readonly words: string
  /** Null for none. */
  readonly output: ProgressOutput | null
  readonly clock?: Pick<ReturnType<typeof systemClock>, 'monotonicMs'>
}): ShareProgress {
  const isTerminal = output?.isTTY === true
  // The first plain line comes after ten seconds: what is short says nothing.
  let drawnMs = isTerminal ? Number.NEGATIVE_INFINITY : clock.monotonicMs()
  let isDrawn = false
  const clear = () => {
    if (isTerminal && isDrawn) output.write('\r\u001b[K')
    isDrawn = false
  }
  return {
    update(share) {
      const nowMs = clock.monotonicMs()
      if (output === null || nowMs - drawnMs < drawMs[isTerminal ? 'terminal' : 'plain']) return
      drawnMs = nowMs
      isDrawn = true
      const columns = output.columns ?? 80
      const percent = `${Math.floor(100 * share)}%`.padStart(4)
      const line = `${progressBar(share, 24)} ${percent}  ${words}`
      output.write(isTerminal ? `\r\u001b[K${line.slice(0, columns - 1)}` : `${line}\n`)
    },
    clear,
    [Symbol.dispose]: clear,
  }
}
