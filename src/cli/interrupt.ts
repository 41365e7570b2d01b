/**
 * Turns Ctrl-C and SIGTERM into an abort: the run stops in good order and can be resumed. A second
 * Ctrl-C ends the process at once; the journal holds what was committed.
 */
export function abortOnSignals(words = 'Stopping'): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write(`\n${words}; press Ctrl-C again to stop at once\n`)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
