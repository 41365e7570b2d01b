import { Command } from 'commander'
import { isRunning, type WatchedRun, watchLiveRuns, watchRun } from '#src/runner/watched-run.ts'
import { systemClock } from '#src/time/clock.ts'
import { workersLines } from './workers-output.ts'

interface Flags {
  readonly json: boolean
  readonly watch: boolean
}

/** Where `archloom run` makes its folders. */
const runsFolder = 'runs'

/** `archloom workers [RUN…]`. */
export function workersCommand(): Command {
  return new Command('workers')
    .description('show who works for a run: on what, at what, since when')
    .argument('[runs...]', `run folders; by default every run under ./${runsFolder} that is live`)
    .option(
      '--json',
      'one JSON document on stdout; with --watch one a second, each on a line',
      false,
    )
    .option('--watch', 'show it anew every second, until no run is live or Ctrl-C', false)
    .addHelpText(
      'after',
      `
Examples:
  archloom workers
  archloom workers runs/third --watch
  archloom workers runs/third --json | jq '.runs[].said.workers[] | select(.state == "silent")'

A run says this itself, about once a second, in workers.json of its folder; the lock of the folder
tells whether its process lives. Looking disturbs no run.`,
    )
    .action((folders: readonly string[], flags: Flags) => show(folders, flags))
}

async function show(folders: readonly string[], { json, watch }: Flags): Promise<void> {
  const clock = systemClock()
  let drawnLines = 0
  for (;;) {
    const nowMs = clock.nowMs()
    const runs = look(folders, nowMs)
    const text = json ? jsonText(runs, watch) : linesOf(runs, nowMs)
    // On a terminal the last one is overwritten.
    const erase = process.stdout.isTTY && drawnLines > 0 ? `\u001b[${drawnLines}A\u001b[J` : ''
    process.stdout.write(`${erase}${text}\n`)
    drawnLines = text.split('\n').length
    if (!watch || !runs.some(isRunning)) return
    await clock.sleep(1000)
  }
}

function look(folders: readonly string[], nowMs: number): WatchedRun[] {
  if (folders.length === 0) return watchLiveRuns(runsFolder, nowMs)
  return folders.map((folder) => watchRun(folder, nowMs))
}

function jsonText(runs: readonly WatchedRun[], isOneLine: boolean): string {
  return JSON.stringify({ runs }, null, isOneLine ? 0 : 2)
}

function linesOf(runs: readonly WatchedRun[], nowMs: number): string {
  if (runs.length === 0) {
    return `No run under ./${runsFolder} is live; name a run folder to see who worked for it last`
  }
  return runs.map((run) => workersLines(run, nowMs).join('\n')).join('\n\n')
}
