/**
 * What a person watches while a run goes on: a few lines kept up to date on a terminal, one line a
 * finished trial where output is piped. Always on stderr; stdout is for the result.
 */
import { percent } from '#src/report/format.ts'
import { type ObjectiveSummary, valueWords } from '#src/report/objective.ts'
import type { RunSnapshot } from '#src/runner/snapshot.ts'
import { type Clock, systemClock, type Timer } from '#src/time/clock.ts'

export interface Progress extends Disposable {
  update(snapshot: RunSnapshot): void
}

/** Where progress goes; a terminal when it has a width. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** What is searched for, and where. */
export interface ProgressTitle {
  readonly name: string
  /** Null where it is an accuracy. */
  readonly objective: ObjectiveSummary | null
}

interface ProgressOptions extends ProgressTitle {
  readonly output: ProgressOutput
  readonly clock?: Clock
}

/** Milliseconds between redraws: fast enough to look alive, slow enough to cost nothing. */
const redrawMs = 100

/** Milliseconds after which the time on the screen is renewed without news. */
const clockMs = 1000

export function showProgress(options: ProgressOptions): Progress {
  const { output, objective, clock = systemClock() } = options
  return output.isTTY ? liveProgress(options, output, clock) : plainProgress(output, objective)
}

export const noProgress: Progress = { update() {}, [Symbol.dispose]() {} }

function liveProgress(title: ProgressTitle, output: ProgressOutput, clock: Clock): Progress {
  let latest: { snapshot: RunSnapshot; takenMs: number } | null = null
  let isDrawn = true
  let drawnMs = 0
  let drawnLines = 0
  const draw = () => {
    if (latest === null) return
    const elapsedMs = latest.snapshot.elapsedMs + clock.monotonicMs() - latest.takenMs
    const lines = progressLines(title, { ...latest.snapshot, elapsedMs }, output.columns ?? 80)
    output.write(`${erase(drawnLines)}${lines.join('\n')}\n`)
    drawnLines = lines.length
    drawnMs = clock.monotonicMs()
    isDrawn = true
  }
  // One beat for all: news is drawn with the next one, and the clock on the screen goes on.
  const beat = () => {
    if (!isDrawn || clock.monotonicMs() - drawnMs >= clockMs) draw()
    timer = clock.setTimer(redrawMs, beat)
  }
  let timer: Timer = clock.setTimer(redrawMs, beat)
  return {
    update(snapshot) {
      latest = { snapshot, takenMs: clock.monotonicMs() }
      isDrawn = false
    },
    [Symbol.dispose]() {
      timer.cancel()
      if (drawnLines > 0) output.write(erase(drawnLines))
    },
  }
}

function plainProgress(output: ProgressOutput, objective: ObjectiveSummary | null): Progress {
  let doneCount = 0
  return {
    update(snapshot) {
      if (snapshot.trialsDone === doneCount) return
      doneCount = snapshot.trialsDone
      const { best, elapsedMs } = snapshot
      const words = best
        ? `best ${shownValue(best.valAccuracy, objective)} by trial ${best.trial}`
        : 'no result yet'
      output.write(`${trialsWords(snapshot)} done, ${words}, ${clockTime(elapsedMs)}\n`)
    },
    [Symbol.dispose]() {},
  }
}

/** The lines of the live display, none longer than `columns`. */
export function progressLines(
  { name, objective }: ProgressTitle,
  snapshot: RunSnapshot,
  columns: number,
): string[] {
  const { best, running } = snapshot
  const times = timeWords(snapshot)
  const share = doneShare(snapshot)
  const bar = share === null ? '' : `  ${progressBar(share, 24)}`
  const lines = [`${name}${bar}  ${trialsWords(snapshot)}  ${times}`]
  if (best) {
    const value = shownValue(best.valAccuracy, objective)
    lines.push(`best      ${value}  trial ${best.trial}  ${best.architecture}`)
  }
  for (const { trial, lastPoint } of running) {
    const words = lastPoint
      ? `epoch ${lastPoint.epoch}  ${objective === null ? 'validation ' : ''}${shownValue(lastPoint.valAccuracy, objective)}`
      : 'starting'
    lines.push(`training  trial ${trial}  ${words}`)
  }
  return lines.map((line) => (line.length < columns ? line : `${line.slice(0, columns - 2)}…`))
}

/** `96.31%`, or `rmse 0.169`. */
export function shownValue(share: number, objective: ObjectiveSummary | null): string {
  return objective === null ? percent(share) : `${objective.metric} ${valueWords(share, objective)}`
}

function trialsWords({ trialsDone, trialsTotal }: RunSnapshot): string {
  return trialsTotal === null ? `${trialsDone} trials` : `${trialsDone} of ${trialsTotal} trials`
}

/** Share of the budget that is spent, by whichever limit is nearest. */
function doneShare(snapshot: RunSnapshot): number | null {
  const { budget, trialsDone, epochsProposed, elapsedMs, toldSeconds } = snapshot
  const shares = [
    budget?.trials === undefined ? 0 : trialsDone / budget.trials,
    budget?.epochs === undefined ? 0 : epochsProposed / budget.epochs,
    budget?.seconds === undefined ? 0 : elapsedMs / 1000 / budget.seconds,
    budget?.costSeconds === undefined ? 0 : toldSeconds / budget.costSeconds,
  ]
  return budget === null ? null : Math.min(1, Math.max(...shares))
}

function timeWords(snapshot: RunSnapshot): string {
  const elapsed = clockTime(snapshot.elapsedMs)
  const share = doneShare(snapshot)
  if (share === null || share <= 0 || share >= 1 || snapshot.trialsDone === 0) return elapsed
  const leftMs = snapshot.elapsedMs * (1 / share - 1)
  return `${elapsed}, about ${clockTime(leftMs)} left`
}

/** `0:07`, `12:30`, `3:05:00`. */
export function clockTime(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours = 0, ...rest] = parts
  const [minutes = '', tail = ''] = rest.map((part) => String(part).padStart(2, '0'))
  return hours > 0 ? `${hours}:${minutes}:${tail}` : `${Number(minutes)}:${tail}`
}

export function progressBar(share: number, width: number): string {
  const filled = Math.round(share * width)
  return `${'━'.repeat(filled)}${'─'.repeat(width - filled)}`
}

/** Moves up over what was drawn and clears it. */
function erase(lineCount: number): string {
  return lineCount === 0 ? '' : `\u001b[${lineCount}A\u001b[J`
}
