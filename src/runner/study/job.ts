/** What a core does for a study: whole searches, and what is known of a benchmark beforehand. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Objective } from '#src/benchmark/objective.ts'
import { ArchloomError, invariant } from '#src/errors.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { StoredCell } from '#src/store/study-store.ts'
import {
  decodeSummary,
  decodeTrajectory,
  encodeSummary,
  encodeTrajectory,
} from '#src/study/cell-bytes.ts'
import { curveTrials, type DrawTable, expectedBest } from '#src/study/expected-best.ts'
import type { CellKey, CellSummary, StudyBenchmark, Trajectory } from '#src/study/study.ts'
import { summarizeCell } from '#src/study/summary.ts'
import type { Clock } from '#src/time/clock.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { simulateCell } from './cell.ts'
import {
  makeOptimizer,
  type OpenBenchmark,
  openStudyBenchmark,
  type StudySource,
} from './compose.ts'

export type StudyJob =
  /** Searches; on one benchmark by one method. */
  | { readonly type: 'search'; readonly keys: readonly CellKey[] }
  /** What is known of a benchmark, by its label, without searching. */
  | { readonly type: 'survey'; readonly benchmark: string; readonly trials: readonly number[] }

/** What can be known of a benchmark by looking at all of it. */
export type Survey = Pick<StudyBenchmark, 'optimum' | 'randomSearch' | 'expectationGap'>

export type JobResult =
  | { readonly type: 'search'; readonly cells: readonly StoredCell[]; readonly seconds: number }
  | { readonly type: 'survey'; readonly benchmark: string; readonly survey: Survey }

/** Does jobs, one after the other; benchmarks are opened when they are first needed and stay open. */
export interface Workshop extends Disposable {
  run(job: StudyJob): Promise<JobResult>
}

export interface WorkshopSetting {
  readonly source: StudySource
  /** Hash of the environment. */
  readonly fingerprint: string
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export function openWorkshop({ source, fingerprint, clock }: WorkshopSetting): Workshop {
  const open = new Map<string, OpenBenchmark>()
  const benchmarkOf = async (label: string): Promise<OpenBenchmark> => {
    const known = open.get(label)
    if (known) return known
    const index = source.document.benchmarks.findIndex((choice) => choice.label === label)
    const opened = await openStudyBenchmark(source, index)
    open.set(label, opened)
    return opened
  }
  const search = (key: CellKey, benchmark: OpenBenchmark): StoredCell => {
    const method = source.methods.find(({ label }) => label === key.method)
    invariant(method, `A study has no method ${key.method}`)
    const { space, objective, plan } = benchmark
    const optimizer = makeOptimizer(method, space, source.extensions)
    const cell = namingCell(key, () =>
      simulateCell({ optimizer, objective, plan: { ...plan, seed: key.seed }, clock }),
    )
    const summary = summarizeCell({ key, fingerprint, ...cell })
    return packCell(summary, cell.trajectory)
  }
  return {
    async run(job) {
      if (job.type === 'survey') {
        const { benchmark, trials } = job
        return { type: 'survey', benchmark, survey: surveyOf(await benchmarkOf(benchmark), trials) }
      }
      const [first] = job.keys
      invariant(first, 'A job has at least one cell')
      const benchmark = await benchmarkOf(first.benchmark)
      const startMs = clock.monotonicMs()
      const cells = job.keys.map((key) => search(key, benchmark))
      return { type: 'search', cells, seconds: (clock.monotonicMs() - startMs) / 1000 }
    },
    [Symbol.dispose]() {
      for (const benchmark of open.values()) benchmark[Symbol.dispose]()
      open.clear()
    },
  }
}

/** Says which cell it was that broke. */
function namingCell<T>({ method, benchmark, seed }: CellKey, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (!(cause instanceof ArchloomError)) throw cause
    throw new ArchloomError(
      cause.code,
      `${method} on ${benchmark} with seed ${seed}: ${cause.message}`,
      { cause, details: { ...cause.details, method, benchmark, seed } },
    )
  }
}

/** The fastest level: text forms shrink to a tenth, more would take longer than the search. */
const level = 1

function packCell(summary: CellSummary, trajectory: Trajectory): StoredCell {
  const { key, fingerprint } = summary
  return {
    ...key,
    fingerprint,
    summary: encodeSummary(summary),
    trajectory: deflateRawSync(encodeTrajectory(trajectory), { level }),
  }
}

/** @throws store/corrupt */
export function unpackSummary(cell: Omit<StoredCell, 'trajectory'>): CellSummary {
  const { method, benchmark, seed, fingerprint } = cell
  return decodeSummary(cell.summary, { key: { method, benchmark, seed }, fingerprint })
}

/** @throws store/corrupt */
export function unpackTrajectory(bytes: Uint8Array): Trajectory {
  let columns: Uint8Array
  try {
    columns = inflateRawSync(bytes)
  } catch (cause) {
    throw new ArchloomError(
      'store/corrupt',
      "A cell of the study is damaged: its trials cannot be unpacked; delete the study's folder, or restore it from a copy",
      { cause },
    )
  }
  return decodeTrajectory(columns)
}

function surveyOf({ space, objective, plan }: OpenBenchmark, trials: readonly number[]): Survey {
  const drawn = drawTable(space, objective)
  const table = typeof drawn === 'string' ? null : drawn
  const limit = plan.budget.trials
  const gap = typeof drawn === 'string' ? drawn : limit === undefined ? unlimited : null
  return {
    optimum: {
      valAccuracy: objective.bestValAccuracy() ?? highest(table?.valAccuracies),
      testAccuracy: objective.hasTest
        ? (objective.bestTestAccuracy() ?? highest(table?.testAccuracies))
        : null,
    },
    randomSearch:
      limit === undefined || table === null
        ? null
        : expectedBest(table, curveTrials(limit, trials)),
    ...(gap !== null && { expectationGap: gap }),
  }
}

/** NaN stands for draws that fail. */
function highest(values: Float64Array | null | undefined): number | null {
  const known = values?.filter((value) => !Number.isNaN(value))
  if (known === undefined || known.length === 0) return null
  return known.reduce((best, value) => Math.max(best, value))
}

const unlimited = 'the budget does not limit trials'

/**
 * What the benchmark does not hold is a draw that fails.
 *
 * @returns why there is none, where the space cannot be listed, or a measurement depends on more than
 *   the architecture
 */
function drawTable(space: SearchSpace, objective: Objective): DrawTable | string {
  if (space.support === undefined) return `the architectures of ${space.name} cannot be listed`
  const probabilities: number[] = []
  const valAccuracies: number[] = []
  const testAccuracies: number[] = []
  for (const { architecture, probability } of space.support()) {
    const text = space.format(architecture)
    const val = toldValue(objective, text, '0')
    if (probabilities.length < trialDraws && isNoisy(objective, text, val)) {
      return 'a measurement depends on more than the architecture, such as the repeat that is drawn'
    }
    probabilities.push(probability)
    valAccuracies.push(val)
    testAccuracies.push(
      objective.hasTest && !Number.isNaN(val) ? objective.testAccuracy(text) : Number.NaN,
    )
  }
  if (valAccuracies.every(Number.isNaN)) return 'the benchmark holds nothing that the space draws'
  return {
    probabilities: Float64Array.from(probabilities),
    valAccuracies: Float64Array.from(valAccuracies),
    testAccuracies: objective.hasTest ? Float64Array.from(testAccuracies) : null,
  }
}

/** Architectures that are measured with several seeds, to see whether the seed matters. */
const trialDraws = 20
const trialSeeds = ['1', '2', '3', '4', '5', '6', '7', '8']

function isNoisy(objective: Objective, architecture: string, val: number): boolean {
  return trialSeeds.some((seed) => !Object.is(toldValue(objective, architecture, seed), val))
}

function toldValue(objective: Objective, architecture: string, seed: string): number {
  try {
    return objective.measure(architecture, objective.fullFidelity, seed).metrics.valAccuracy
  } catch (error) {
    if (error instanceof AttemptFailure) return Number.NaN
    throw error
  }
}
