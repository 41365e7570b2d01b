/** The files of a study's folder beside its database: made from it, for people and programs. */
import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { studyFiles } from '#src/store/study-folder.ts'
import type { StudyReader } from '#src/store/study-store.ts'
import type { StudyDocument } from '#src/study/document.ts'
import type { Study } from '#src/study/study.ts'
import { checkpointsOf, incumbentAtCheckpoint, tabulateStudy } from '#src/study/table.ts'
import { replaceFile } from '../write-files.ts'

/** What is known before the first cell. */
export async function writeStudyPlan(
  folder: string,
  document: StudyDocument,
  store: StudyReader,
): Promise<void> {
  const files = studyFiles(folder)
  await replaceFile(files.config, stringify(document))
  const environments = store
    .facts()
    .flatMap(({ kind, label, body }) => (kind === 'environment' ? [[label, body] as const] : []))
  await replaceFile(files.environment, json(Object.fromEntries(environments)))
}

/** What the cells give. */
export async function writeStudyFiles(folder: string, study: Study): Promise<void> {
  const files = studyFiles(folder)
  await replaceFile(files.result, json(studyResult(study)))
  await writeFile(files.cells, cellsCsv(study))
}

/** For programs: what a study is, and its tables. */
export function studyResult(study: Study) {
  const { name, description, methods, missing, environments, cells } = study
  return {
    version: 1,
    name,
    description,
    status: missing.length === 0 ? 'finished' : 'interrupted',
    confounded: Object.keys(environments).length > 1,
    cells: { finished: cells.length, missing: missing.length },
    environments,
    methods: methods.map(({ seeds, ...method }) => ({ ...method, seedCount: seeds.length })),
    benchmarks: study.benchmarks.map(({ label, hash, protocol, optimum, mark }) => ({
      label,
      mark,
      optimum,
      hash,
      protocol,
    })),
    tables: tabulateStudy(study),
  }
}

const cellColumns = [
  'benchmark',
  'method',
  'seed',
  'checkpoint',
  'place',
  'trial',
  'valAccuracy',
  'testAccuracy',
  'endedCount',
  'simulatedSeconds',
  'askSeconds',
  'tellSeconds',
] as const

/** One row a cell and checkpoint; accuracies are shares, empty where there is none. */
export function cellsCsv(study: Study): string {
  const places = new Map(study.benchmarks.map((one) => [one.label, checkpointsOf(one)]))
  const rows = study.cells.flatMap((cell) =>
    (places.get(cell.key.benchmark) ?? []).map((checkpoint) => {
      const incumbent = incumbentAtCheckpoint(cell.incumbents, checkpoint)
      return [
        cell.key.benchmark,
        cell.key.method,
        cell.key.seed,
        checkpoint.kind,
        checkpoint.place,
        incumbent?.trial ?? null,
        incumbent?.valAccuracy ?? null,
        incumbent?.testAccuracy ?? null,
        cell.endedCount,
        cell.seconds,
        cell.ask.total,
        cell.tell.total,
      ]
    }),
  )
  return `${[cellColumns, ...rows].map((row) => row.map(csvField).join(',')).join('\n')}\n`
}

function csvField(value: string | number | null): string {
  if (value === null || Number.isNaN(value)) return ''
  const text = String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
