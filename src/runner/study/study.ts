/** Runs a study over all cores, and takes an interrupted one up again. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { reloadExtensions } from '#src/config/load.ts'
import { type LoadedStudy, studyKind } from '#src/config/load-study.ts'
import { resolveStudy } from '#src/config/resolve-study.ts'
import { contentHash } from '#src/encoding/hash.ts'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { resumeStudyCommand } from '#src/store/study-folder.ts'
import { openStudyStore, readStudyStore, type StudyStore } from '#src/store/study-store.ts'
import { applicableCells, cellName } from '#src/study/cells.ts'
import { type Schedule, scheduleCells } from '#src/study/schedule.ts'
import type { CellKey } from '#src/study/study.ts'
import { type Clock, systemClock } from '#src/time/clock.ts'
import { archloomVersion } from '../version.ts'
import {
  type DescribedBenchmark,
  describeBenchmark,
  openStudyBenchmark,
  type StudySource,
} from './compose.ts'
import { type StudyEnvironment, studyEnvironment } from './environment.ts'
import type { StudyExecutor } from './executor.ts'
import { writeStudyFiles, writeStudyPlan } from './files.ts'
import type { StudyJob, WorkshopSetting } from './job.ts'
import { planFacts, refuseChanges, type StudyPlan, surveyFact } from './plan.ts'
import { openStudy } from './result.ts'
import { threadExecutor } from './threads.ts'

export interface StudyOptions {
  /** The study's folder; one that holds part of this study is continued. */
  readonly folder: string
  /** Threads; by default one a core. */
  readonly cores?: number
  /** Aborting interrupts the study; it can be continued. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Called whenever cells are finished. */
  readonly onUpdate?: (snapshot: StudySnapshot) => void
  /** Add cells of this environment to those of others; every table then says so. */
  readonly allowMixed?: boolean
  /** Who computes; by default threads. */
  readonly makeExecutor?: (setting: WorkshopSetting) => StudyExecutor
}

/** How far a study is. */
export interface StudySnapshot {
  /** Cells, those of earlier sessions included. */
  readonly finished: number
  readonly total: number
  readonly elapsedMs: number
  /** Milliseconds that the rest will take; null before it can be told. */
  readonly leftMs: number | null
}

/**
 * Computes every cell of a study that its folder does not hold yet, then writes the folder's files.
 *
 * @throws confounded/comparison when the folder's cells may not be pooled with these; run/interrupted
 *   when the signal aborts; config/*, benchmark/*, store/* as their parts say
 */
export async function runStudy(study: LoadedStudy, options: StudyOptions): Promise<void> {
  const folder = resolve(options.folder)
  const clock = options.clock ?? systemClock()
  const environment = studyEnvironment()
  const source: StudySource = { ...study, file: study.source.path }
  const plan = await makePlan(source)
  using store = openStudyStore(folder, headerOf(study, clock), clock)
  const allowMixed = options.allowMixed ?? false
  refuseChanges(store, plan, { folder, environment, allowMixed })
  store.describe({ ...headerOf(study, clock), createdMs: store.header.createdMs }, [
    ...planFacts(plan, environment),
  ])
  await writeStudyPlan(folder, study.document, store)
  const setting: WorkshopSetting = { source, fingerprint: environment.hash, clock }
  await computeRest({ plan, store, study, setting, environment }, { ...options, folder, clock })
  using finished = openStudy(folder)
  await writeStudyFiles(folder, finished)
}

/**
 * Continues the study of a folder, as its document stands there.
 *
 * @throws store/not-a-journal and the like, and as `runStudy`
 */
export async function resumeStudy(options: StudyOptions): Promise<void> {
  await runStudy(await storedStudy(resolve(options.folder)), options)
}

/** The study that a folder holds, loaded and resolved. */
export async function storedStudy(folder: string): Promise<LoadedStudy> {
  using store = readStudyStore(folder)
  const { document, source } = store.header
  const extensions = await reloadExtensions(source, studyKind)
  const resolved = resolveStudy(document, extensions, source.path)
  return { ...resolved, hash: contentHash(resolved.document), extensions, source }
}

function headerOf({ document, hash, source }: LoadedStudy, clock: Clock) {
  return {
    archloomVersion: archloomVersion(),
    // A validated document is JSON: it was read from YAML or from a module's plain object.
    document: document as unknown as Json,
    documentHash: hash,
    source,
    createdMs: clock.nowMs(),
  }
}

async function makePlan(source: StudySource): Promise<StudyPlan> {
  const benchmarks: DescribedBenchmark[] = []
  for (const index of source.document.benchmarks.keys()) {
    using open = await openStudyBenchmark(source, index)
    benchmarks.push(describeBenchmark(source, index, open))
  }
  const { name, description } = source.document
  return { name, description, methods: source.methods, benchmarks }
}

interface Computation {
  readonly plan: StudyPlan
  readonly store: StudyStore
  readonly study: LoadedStudy
  readonly setting: WorkshopSetting
  readonly environment: StudyEnvironment
}

async function computeRest(
  computation: Computation,
  options: StudyOptions & { readonly clock: Clock },
): Promise<void> {
  const { plan, store, study, setting, environment } = computation
  const all = applicableCells(plan)
  const known = new Set(store.keys().map(cellName))
  const missing = all.filter((key) => !known.has(cellName(key)))
  const surveys = missingSurveys(plan, store)
  if (missing.length + surveys.length === 0) return
  const signal = options.signal ?? new AbortController().signal
  refuseAborted(signal, options.folder)
  const { document, source } = study
  const count = options.cores ?? availableParallelism()
  await using executor = options.makeExecutor
    ? options.makeExecutor(setting)
    : threadExecutor({ document, source, fingerprint: environment.hash }, count)
  const schedule = scheduleCells(missing)
  const startMs = options.clock.monotonicMs()
  const done = all.length - missing.length
  const update = () => {
    const leftSeconds = schedule.secondsLeft()
    options.onUpdate?.({
      finished: done + schedule.finished,
      total: all.length,
      elapsedMs: options.clock.monotonicMs() - startMs,
      leftMs: leftSeconds === null ? null : (leftSeconds * 1000) / executor.slots,
    })
  }
  update()
  const lanes = Array.from({ length: executor.slots }, () =>
    workLane({ executor, schedule, surveys, store, plan, signal, update }),
  )
  await untilAborted(Promise.all(lanes), signal)
  refuseAborted(signal, options.folder)
}

interface Lane {
  readonly executor: StudyExecutor
  readonly schedule: Schedule
  /** Taken from by all lanes. */
  readonly surveys: StudyJob[]
  readonly store: StudyStore
  readonly plan: StudyPlan
  readonly signal: AbortSignal
  readonly update: () => void
}

/** One slot's work: the next job, until there is none. Surveys come first: some take long. */
async function workLane({ executor, schedule, surveys, store, plan, signal, update }: Lane) {
  for (;;) {
    const job = surveys.shift() ?? searchJob(schedule.next())
    if (job === null || signal.aborted) return
    const result = await executor.run(job)
    if (signal.aborted) return
    if (result.type === 'survey') {
      const benchmark = plan.benchmarks.find(({ label }) => label === result.benchmark)
      store.describe(store.header, [surveyFact(benchmark?.hash ?? '', result.survey)])
      continue
    }
    store.add(result.cells)
    schedule.took(result.cells, result.seconds)
    update()
  }
}

function searchJob(keys: readonly CellKey[] | null): StudyJob | null {
  return keys && { type: 'search', keys }
}

function missingSurveys({ benchmarks }: StudyPlan, store: StudyStore): StudyJob[] {
  const known = new Set(
    store.facts().flatMap(({ kind, label }) => (kind === 'survey' ? [label] : [])),
  )
  return benchmarks.flatMap(({ label, hash, checkpoints }) =>
    known.has(hash)
      ? []
      : [{ type: 'survey' as const, benchmark: label, trials: checkpoints.trials }],
  )
}

/** What is under way when the signal comes is dropped. */
async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const stop = () => aborted.resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => {})
  }
}

function refuseAborted(signal: AbortSignal, folder: string): void {
  if (!signal.aborted) return
  const resume = resumeStudyCommand(folder)
  throw new ArchloomError(
    'run/interrupted',
    `The study was interrupted and every finished cell is kept; continue it with ${resume}`,
    { details: { folder, resume } },
  )
}
