/** What a person watches while a study goes on; always on stderr. */
import type { StudySnapshot } from '#src/runner/study/study.ts'
import { type Clock, systemClock } from '#src/time/clock.ts'
import { clockTime, type ProgressOutput, progressBar } from './progress.ts'

export interface StudyProgress extends Disposable {
  update(snapshot: StudySnapshot): void
}

export const noStudyProgress: StudyProgress = { update() {}, [Symbol.dispose]() {} }

/** Milliseconds between two drawings: on a terminal a line is renewed, elsewhere one is added. */
const drawMs = { terminal: 100, plain: 10_000 }

export function showStudyProgress({
  name,
  output,
  clock = systemClock(),
}: {
  readonly name: string
  readonly output: ProgressOutput
  readonly clock?: Clock
}): StudyProgress {
  const isTerminal = output.isTTY === true
  let drawnMs = Number.NEGATIVE_INFINITY
  let isDrawn = false
  return {
    update(snapshot) {
      const nowMs = clock.monotonicMs()
      const isLast = snapshot.finished === snapshot.total
      if (!isLast && nowMs - drawnMs < drawMs[isTerminal ? 'terminal' : 'plain']) return
      drawnMs = nowMs
      const line = progressLine(name, snapshot)
      const columns = output.columns ?? 80
      output.write(isTerminal ? `\r\u001b[K${line.slice(0, columns - 1)}` : `${line}\n`)
      isDrawn = true
    },
    [Symbol.dispose]() {
      if (isTerminal && isDrawn) output.write('\r\u001b[K')
    },
  }
}

export function progressLine(name: string, snapshot: StudySnapshot): string {
  const { finished, total, elapsedMs, leftMs } = snapshot
  const bar = progressBar(total === 0 ? 1 : finished / total, 24)
  const left = leftMs === null || finished === total ? '' : `, about ${clockTime(leftMs)} left`
  return `${name}  ${bar}  ${finished} of ${total} searches  ${clockTime(elapsedMs)}${left}`
}
