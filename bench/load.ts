/**
 * How much an orchestrator takes: 200 simulated workers over a real ZeroMQ socket, tasks of a few
 * milliseconds, and the way of every trial in full: proposed, dispatched, run, returned, committed to
 * the journal before anything follows from it.
 *
 *   npm run bench -- load [--workers 200] [--processes 2] [--trials 20000] [--milliseconds 5,250]
 *                         [--json] [--out bench/results/load.json]
 *
 * With tasks of 5 ms the orchestrator is the bottleneck: its rate is what is measured, and a latency is
 * mostly waiting in line, as always where more is asked than can be done. With tasks of 250 ms the
 * 200 workers ask for up to 800 results a second, and the latency is what the way itself takes.
 * Processor time is given beside wall time, since the simulated workers need processor time, too.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { runExperiment } from '#src/runner/run.ts'
import { quantile } from '#src/stats/quantile.ts'
import { readJournal } from '#src/store/journal.ts'
import { type SwarmSettings, startSwarm, swarmExperiment } from '#test/fixtures/swarm-run.ts'

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: 'string', default: '200' },
    processes: { type: 'string', default: '2' },
    trials: { type: 'string', default: '20000' },
    milliseconds: { type: 'string', default: '5,250' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})

/** The first tenth warms up and is left out of rates and latencies. */
const warmUpShare = 0.1

const measurements = []
for (const taskMs of options.milliseconds.split(',').map(Number)) {
  measurements.push(
    await measure(
      { workers: Number(options.workers), processes: Number(options.processes), taskMs },
      // Long tasks bound the rate; as many of them as last a comparable time are enough.
      Math.min(Number(options.trials), Math.ceil((Number(options.workers) * 10_000) / taskMs)),
    ),
  )
}
const environment = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
}
const document = { bench: 'load', environment, measurements }
if (options.out !== undefined) {
  await writeFile(options.out, `${JSON.stringify(document, null, 2)}\n`)
}
if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
else for (const measurement of measurements) process.stdout.write(`${linesOf(measurement)}\n`)

type Measurement = Awaited<ReturnType<typeof measure>>

async function measure(settings: SwarmSettings, trials: number) {
  const folder = await mkdtemp(join(tmpdir(), 'archloom-load-'))
  try {
    await using swarm = await startSwarm(settings, pino({ level: 'silent' }))
    const watch = watchTrials(trials)
    const experiment = swarmExperiment(swarm, { trials, window: settings.workers }, watch)
    const loopDelay = monitorEventLoopDelay({ resolution: 5 })
    loopDelay.enable()
    const used = process.cpuUsage()
    const usage = performance.eventLoopUtilization()
    await runExperiment(experiment, {
      folder,
      logger: pino({ level: 'silent' }),
      onUpdate: ({ trialsDone }) => watch.committed(trialsDone),
    })
    loopDelay.disable()
    const { user, system } = process.cpuUsage(used)
    const reports = await swarm.end()
    const sum = (pick: (report: (typeof reports)[number]) => number) =>
      reports.reduce((total, report) => total + pick(report), 0)
    checkJournal(folder, trials)
    if (sum(({ runCount }) => runCount) !== trials) throw new Error('A task ran twice, or never')
    return {
      ...settings,
      trials,
      ...watch.figures(),
      loopBusyShare: performance.eventLoopUtilization(usage).utilization,
      loopDelayMs: {
        p50: loopDelay.percentile(50) / 1e6,
        p99: loopDelay.percentile(99) / 1e6,
        max: loopDelay.max / 1e6,
      },
      orchestratorCpuMsPerResult: (user + system) / 1000 / trials,
      workersCpuMsPerResult: (sum(({ cpuSeconds }) => cpuSeconds) * 1000) / trials,
      peakMemoryMiB: process.resourceUsage().maxRSS / 1024,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** When each trial was dispatched, returned, and safe in the journal. */
function watchTrials(trials: number) {
  const dispatchedMs = new Float64Array(trials)
  const committedMs = new Float64Array(trials)
  const returned: number[] = []
  let safeCount = 0
  let commitCount = 0
  return {
    dispatched(trial: number) {
      dispatchedMs[trial] = performance.now()
    },
    returned: (trial: number) => returned.push(trial),
    /** Trials are recorded in the order in which they came back. */
    committed(doneCount: number) {
      const nowMs = performance.now()
      commitCount++
      for (; safeCount < doneCount; safeCount++) committedMs[returned[safeCount] ?? -1] = nowMs
    },
    figures() {
      const skipped = Math.floor(trials * warmUpShare)
      const counted = returned.slice(skipped)
      const latenciesMs = counted.map(
        (trial) => (committedMs[trial] ?? Number.NaN) - (dispatchedMs[trial] ?? Number.NaN),
      )
      const firstMs = committedMs[returned[skipped - 1] ?? 0] ?? Number.NaN
      const lastMs = committedMs[returned.at(-1) ?? 0] ?? Number.NaN
      return {
        resultsPerSecond: (counted.length * 1000) / (lastMs - firstMs),
        resultsPerCommit: trials / commitCount,
        latencyMs: { p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99) },
      }
    },
  }
}

function checkJournal(folder: string, trials: number): void {
  using journal = readJournal(folder)
  const finished = new Set<number>()
  for (const { event } of journal.entries()) {
    if (event.type !== 'trial-finished') continue
    if (finished.has(event.trial)) throw new Error(`Trial ${event.trial} finished twice`)
    finished.add(event.trial)
  }
  if (finished.size !== trials) throw new Error(`${finished.size} of ${trials} trials finished`)
}

function linesOf(measured: Measurement): string {
  const { latencyMs, loopDelayMs } = measured
  const rows: [string, string][] = [
    ['workers, in processes', `${measured.workers} in ${measured.processes}`],
    ['tasks, of each', `${measured.trials} of ${measured.taskMs} ms`],
    ['results a second, in the journal', measured.resultsPerSecond.toFixed(0)],
    ['results a commit', measured.resultsPerCommit.toFixed(1)],
    ['dispatch to committed, median', `${latencyMs.p50.toFixed(1)} ms`],
    ['dispatch to committed, 99 of 100', `${latencyMs.p99.toFixed(1)} ms`],
    ['event loop busy', `${(100 * measured.loopBusyShare).toFixed(0)} %`],
    ['event loop delay, median', `${loopDelayMs.p50.toFixed(1)} ms`],
    ['event loop delay, 99 of 100', `${loopDelayMs.p99.toFixed(1)} ms`],
    ['event loop delay, longest', `${loopDelayMs.max.toFixed(1)} ms`],
    [
      'processor time a result, orchestrator',
      `${measured.orchestratorCpuMsPerResult.toFixed(3)} ms`,
    ],
    ['processor time a result, workers', `${measured.workersCpuMsPerResult.toFixed(3)} ms`],
    ['peak memory of the orchestrator', `${measured.peakMemoryMiB.toFixed(0)} MiB`],
  ]
  return `${rows.map(([name, value]) => `${name.padEnd(40)}${value}`).join('\n')}\n`
}
