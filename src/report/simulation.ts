/** Runs that were simulated on a benchmark: their second clock, and what must be said of them. */
import { scheduleTrials } from '#src/benchmark/simulated-schedule.ts'
import type { Plan } from '#src/experiment/experiment.ts'
import { simulationOf } from '#src/trial/simulation.ts'
import { duration, plural } from './format.ts'
import { type Html, html } from './html.ts'
import { rangeWords } from './objective.ts'
import type {
  BestStep,
  EnvironmentSummary,
  RunSummary,
  SimulationSummary,
  TrialSummary,
} from './run-summary.ts'
import { banner } from './section.ts'

/**
 * @remarks
 * The schedule follows from the costs, the window and the workers alone; a trial that failed costs
 * nothing. After an interruption in `arrival` visibility the trials under way were begun anew, so that
 * the real order can differ from this one.
 */
export function summarizeSimulation(
  environments: readonly EnvironmentSummary[],
  plan: Plan | null,
  trials: readonly TrialSummary[],
): SimulationSummary | null {
  const simulation = environments.map(({ fingerprint }) => simulationOf(fingerprint)).find(Boolean)
  if (!simulation || plan === null) return null
  const open = trials.findIndex(({ state }) => state === 'running' || state === 'waiting')
  const ended = open < 0 ? trials : trials.slice(0, open)
  const { workers } = simulation
  const spans = scheduleTrials(
    ended.map(({ cost }) => ({ costSeconds: cost?.seconds ?? 0 })),
    { workers, visibility: plan.visibility },
  )
  const endSeconds = spans.map((span) => span.endSeconds)
  return {
    ...simulation,
    seconds: endSeconds.reduce((last, end) => Math.max(last, end), 0),
    endSeconds,
    best: bestSteps(ended, endSeconds),
  }
}

function bestSteps(trials: readonly TrialSummary[], endSeconds: readonly number[]): BestStep[] {
  const byEnd = trials
    .map((trial) => ({ ...trial, end: endSeconds[trial.trial] ?? 0 }))
    .sort((first, second) => first.end - second.end || first.trial - second.trial)
  const steps: BestStep[] = []
  for (const { trial, state, metrics, end } of byEnd) {
    if (state !== 'completed' || metrics === null) continue
    if (metrics.valAccuracy <= (steps.at(-1)?.valAccuracy ?? -1)) continue
    steps.push({ trial, seconds: end, valAccuracy: metrics.valAccuracy })
  }
  return steps
}

/** What trials are measured by, as a title: validation, unless the run was told otherwise. */
export function signalTitle({
  simulation,
  objective,
}: Pick<RunSummary, 'simulation' | 'objective'>): string {
  if (objective !== null) return `${objective.metric}${rangeWords(objective)}`
  if (simulation === null || simulation.mark === null) return 'Validation accuracy'
  return `Test accuracy, ${simulation.mark}`
}

/** `3 h 20 min simulated on 4 workers`; null where there is no such time. */
export function simulatedWords({ simulation }: Pick<RunSummary, 'simulation'>): string | null {
  if (!simulation?.hasSeconds) return null
  return `${duration(simulation.seconds)} simulated on ${plural(simulation.workers, 'worker')}`
}

/** That nothing was trained, what was told, and the mark, loudly. */
export function simulationBanners({ simulation }: RunSummary): Html[] {
  if (simulation === null) return []
  const { mark, description } = simulation
  const told = banner(
    'calm',
    'Results of a benchmark, nothing was trained here',
    html`${description}`,
  )
  if (mark === null) return [told]
  const words = html`The search was told test accuracies, so its result is no estimate of what such a search finds on data that nobody has seen.`
  return [banner('warn', `${mark.charAt(0).toUpperCase()}${mark.slice(1)}`, words), told]
}
