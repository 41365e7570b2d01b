/** A study as its folder holds it, for tables, plots and reports. */
import { resolve } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import { readStudyStore, type StudyReader } from '#src/store/study-store.ts'
import { applicableCells, cellName } from '#src/study/cells.ts'
import type { CellSummary, Study, StudyBenchmark } from '#src/study/study.ts'
import { type Survey, unpackSummary, unpackTrajectory } from './job.ts'
import { storedPlan } from './plan.ts'

/**
 * Reads a study, finished or not; also while it goes on.
 *
 * @throws store/not-a-journal, store/newer, store/corrupt
 */
export function openStudy(folder: string): Study & Disposable {
  const store = readStudyStore(resolve(folder))
  try {
    return studyOf(store, folder)
  } catch (error) {
    store[Symbol.dispose]()
    throw error
  }
}

function studyOf(store: StudyReader, folder: string): Study & Disposable {
  const plan = storedPlan(store)
  if (plan === null) {
    throw new ArchloomError(
      'store/not-a-journal',
      `The study in ${folder} died before it began; start it again, in the same folder if you like`,
      { details: { folder } },
    )
  }
  const wanted = applicableCells(plan)
  const finished = new Map<string, CellSummary>()
  for (const row of store.summaries()) finished.set(cellName(row), unpackSummary(row))
  const facts = store.facts()
  const cells = wanted.flatMap((key) => finished.get(cellName(key)) ?? [])
  const used = new Set(cells.map(({ fingerprint }) => fingerprint))
  return {
    ...plan,
    benchmarks: plan.benchmarks.map((benchmark): StudyBenchmark => {
      const fact = facts.find(({ kind, label }) => kind === 'survey' && label === benchmark.hash)
      return { ...benchmark, ...((fact?.body ?? noSurvey) as unknown as Survey) }
    }),
    cells,
    missing: wanted.filter((key) => !finished.has(cellName(key))),
    environments: Object.fromEntries(
      facts.flatMap(({ kind, label, body }) =>
        kind === 'environment' && used.has(label) ? [[label, body]] : [],
      ),
    ),
    trajectory(key) {
      const bytes = store.trajectory(key)
      if (bytes !== null) return unpackTrajectory(bytes)
      const { method, benchmark, seed } = key
      throw new ArchloomError(
        'store/corrupt',
        `The study in ${folder} holds no cell of ${method} on ${benchmark} with seed ${seed}; continue it first`,
        { details: { folder, method, benchmark, seed } },
      )
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  }
}

const noSurvey: Survey = {
  optimum: { valAccuracy: null, testAccuracy: null },
  randomSearch: null,
}
