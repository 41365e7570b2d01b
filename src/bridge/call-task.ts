/** A call under way, as its caller sees it. */
import type { CallOutcome, CallReport, CallTask } from './workers.ts'

/** Reports that wait for whoever iterates. */
const keptReports = 1024

/** What is needed to run a call: how its reports and its stop signal are handed over. */
export type Running<O> = (watch: {
  readonly onReport: (report: CallReport) => void
  readonly stopSignal: AbortSignal
}) => Promise<CallOutcome<O>>

/** Starts a call. */
export function startCall<O>(run: Running<O>): CallTask<O> {
  const reports = new ReportQueue()
  const stopping = new AbortController()
  const result = run({
    onReport: (report) => reports.add(report),
    stopSignal: stopping.signal,
  }).finally(() => reports.end())
  return {
    result,
    stop: () => stopping.abort(),
    async *[Symbol.asyncIterator]() {
      // Whoever iterates learns of a failure here, whether or not the result is awaited.
      result.catch(() => {})
      yield* reports.drain()
      await result
    },
  }
}

/** Invariant: nobody waits while reports do. */
class ReportQueue {
  #reports: CallReport[] = []
  #isEnded = false
  #changed = Promise.withResolvers<void>()

  add(report: CallReport): void {
    this.#reports.push(report)
    if (this.#reports.length > keptReports) this.#reports.shift()
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *drain(): AsyncGenerator<CallReport> {
    for (;;) {
      for (let next = this.#reports.shift(); next; next = this.#reports.shift()) yield next
      if (this.#isEnded) return
      await this.#changed.promise
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
