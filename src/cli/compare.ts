import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { loadStudy } from '#src/config/load-study.ts'
import { ArchloomError } from '#src/errors.ts'
import type { StudyReportFacts } from '#src/report/study/study-report.ts'
import { writeStudyReport } from '#src/report/study/write-study-report.ts'
import { studyResult } from '#src/runner/study/files.ts'
import { openStudy } from '#src/runner/study/result.ts'
import { compareRuns } from '#src/runner/study/runs.ts'
import { resumeStudy, runStudy, type StudyOptions, storedStudy } from '#src/runner/study/study.ts'
import { archloomVersion } from '#src/runner/version.ts'
import type { Study } from '#src/study/study.ts'
import { studyLines } from './compare-output.ts'
import { noStudyProgress, showStudyProgress } from './compare-progress.ts'
import { abortOnSignals } from './interrupt.ts'
import { addOutputOptions, collect, type OutputOptions } from './options.ts'

interface Flags extends OutputOptions {
  readonly set: readonly string[]
  readonly out?: string
  readonly resume?: string
  readonly cores?: number
  readonly allowMixed: boolean
}

/** `archloom compare CONFIG`. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description('run methods on benchmarks from many seeds, and compare them')
    .argument(
      '[study...]',
      'study.yaml, or a module that default-exports defineStudy({...}); or two or more run folders',
    )
    .option('--set <path=value>', 'override a value of the study; repeatable', collect, [])
    .option(
      '--out <folder>',
      "the study's folder, by default studies/<name>; of runs, where their report goes",
    )
    .option('--resume <folder>', 'continue the study of a folder, as it stands there')
    .option('--cores <number>', 'searches at once; by default one a core', parseCores)
    .option(
      '--allow-mixed',
      'add to cells that another environment computed; said in every table',
      false,
    )
  return addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  archloom compare configs/suites/bakeoff.yaml
  archloom compare study.yaml --set seeds=10 --cores 1
  archloom compare --resume studies/bakeoff
  archloom compare runs/evolution-* runs/random-* --out comparisons/evolution
  archloom compare study.yaml --json | jq '.result.tables[0]'

Ctrl-C keeps every finished search; the same command goes on with the rest. A study may grow in its
folder by seeds, methods and benchmarks; cells that came about differently are refused.`,
    )
    .action(async (paths: readonly string[], flags: Flags) => {
      if (paths.length > 1) return compareFolders(paths, flags)
      const { name, folder, run } = await chooseStudy(paths[0], flags)
      await carryOut(name, folder, flags, run)
    })
}

interface ChosenStudy {
  readonly name: string
  readonly folder: string
  readonly run: (options: StudyOptions) => Promise<void>
}

async function chooseStudy(config: string | undefined, flags: Flags): Promise<ChosenStudy> {
  if ((config === undefined) === (flags.resume === undefined)) {
    throw new ArchloomError(
      'config/usage',
      'Give either a study to run or, with --resume, the folder of one to continue',
    )
  }
  if (config === undefined) {
    const folder = flags.resume ?? ''
    const { document } = await storedStudy(folder)
    return { name: document.name, folder, run: resumeStudy }
  }
  const study = await loadStudy(config, { overrides: flags.set })
  const { name } = study.document
  const folder = flags.out ?? `studies/${name}`
  return { name, folder, run: (options) => runStudy(study, options) }
}

async function carryOut(
  name: string,
  folder: string,
  flags: Flags,
  run: ChosenStudy['run'],
): Promise<void> {
  using stopping = abortOnSignals()
  if (!flags.quiet) process.stderr.write(`Study folder ${folder}\n`)
  {
    using progress = flags.quiet
      ? noStudyProgress
      : showStudyProgress({ name, output: process.stderr })
    await run({
      folder,
      cores: flags.cores ?? availableParallelism(),
      signal: stopping.signal,
      allowMixed: flags.allowMixed,
      onUpdate: (snapshot) => progress.update(snapshot),
    })
  }
  using study = openStudy(folder)
  await report(study, { folder }, flags)
  show(study, folder, flags)
}

/** Runs have a folder each; a report is written where `--out` says. */
async function compareFolders(runs: readonly string[], flags: Flags): Promise<void> {
  const study = compareRuns(runs, flags)
  if (flags.out !== undefined) await report(study, { folder: flags.out, runs }, flags)
  show(study, flags.out ?? null, flags)
}

async function report(
  study: Study,
  place: Pick<StudyReportFacts, 'folder' | 'runs'>,
  { quiet }: Flags,
): Promise<void> {
  const facts = { ...place, archloomVersion: archloomVersion() }
  const { path } = await writeStudyReport(study, facts)
  if (!quiet) process.stderr.write(`Report ${path}\n`)
}

/** @param folder - null for runs without a folder for their comparison */
function show(study: Study, folder: string | null, { json }: Flags): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ folder, result: studyResult(study) }, null, 2)}\n`)
  } else {
    process.stdout.write(`${studyLines(study).join('\n')}\n`)
  }
}

function parseCores(value: string): number {
  const cores = Number(value)
  if (/^[0-9]+$/.test(value) && cores >= 1 && cores <= 1024) return cores
  throw new InvalidArgumentError(
    `expected an integer from 1 to 1024, found ${JSON.stringify(value)}`,
  )
}
