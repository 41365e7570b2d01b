import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveDocument } from '#src/config/resolve.ts'
import { contentHash } from '#src/encoding/hash.ts'
import { ArchloomError } from '#src/errors.ts'
import { renderStudyReport } from '#src/report/study/study-report.ts'
import { runExperiment } from '#src/runner/run.ts'
import { openStudy } from '#src/runner/study/result.ts'
import { compareRuns } from '#src/runner/study/runs.ts'
import { analyzeStudy } from '#src/study/analysis/analysis.ts'
import { tabulateStudy } from '#src/study/table.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { runToyStudy, silent, toyExtensions, toyInput } from '#test/fixtures/toy-study.ts'

const evolution = { name: 'regularized-evolution', populationSize: 4, sampleSize: 2 }
const document = {
  version: 1,
  name: 'one',
  budget: { trials: 12 },
  space: { name: 'nas-bench-macro', blocksPerStage: [2, 3] },
  optimizer: evolution,
  evaluator: { name: 'toy' },
  fidelity: { epochs: 4 },
}

async function makeRun(
  folder: string,
  change: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
) {
  const resolved = resolveDocument({ ...document, ...change }, toyExtensions, 'one.yaml')
  await runExperiment(
    {
      document: resolved,
      hash: contentHash(resolved),
      extensions: toyExtensions,
      source: { path: 'one.yaml', sha256: '', overrides: [] },
    },
    { folder, logger: silent, ...(signal && { signal }) },
  )
  return folder
}

function failure(action: () => unknown): ArchloomError {
  try {
    action()
  } catch (error) {
    if (error instanceof ArchloomError) return error
    throw error
  }
  throw new Error('Expected an ArchloomError')
}

describe('runs side by side', () => {
  it('are the cells of the study that they could have been', async () => {
    await using folder = await temporaryFolder()
    const runs: string[] = []
    for (const seed of ['0', '1', '2']) {
      runs.push(await makeRun(join(folder.path, `e${seed}`), { seed }))
      const optimizer = { name: 'random-search' }
      runs.push(await makeRun(join(folder.path, `r${seed}`), { seed, optimizer }))
    }
    const compared = compareRuns(runs)
    await runToyStudy(join(folder.path, 'study'), {
      ...toyInput,
      benchmarks: toyInput.benchmarks.slice(0, 1),
    })
    using study = openStudy(join(folder.path, 'study'))
    expect(compared.methods.map(({ label, seeds }) => [label, seeds.length])).toEqual([
      ['regularized-evolution', 3],
      ['random-search', 3],
    ])
    const [table] = tabulateStudy(compared)
    const wanted = tabulateStudy(study)[0]?.rows.map(({ values }) => values.at(-1)?.mean)
    expect(table?.rows.map(({ values }) => values.at(-1)?.mean).toReversed()).toEqual(wanted)
    // The simulated clock, too, although the journal keeps real times.
    const ours = compared.trajectory({
      method: 'random-search',
      benchmark: 'nas-bench-macro',
      seed: '1',
    })
    const theirs = study.trajectory({ method: 'random-search', benchmark: 'first', seed: '1' })
    expect(ours.endSeconds).toEqual(theirs.endSeconds)
    expect(ours.architectures).toEqual(theirs.architectures)
  })

  it('are reported in full: tested at the end, told on the way, random search the control', async () => {
    await using folder = await temporaryFolder()
    const runs: string[] = []
    for (const seed of ['0', '1']) {
      runs.push(await makeRun(join(folder.path, `e${seed}`), { seed }))
      const optimizer = { name: 'random-search' }
      runs.push(await makeRun(join(folder.path, `r${seed}`), { seed, optimizer }))
    }
    const compared = compareRuns(runs)
    const { benchmarks, control, againstControl, overhead } = analyzeStudy(compared)
    const [found] = benchmarks
    expect(control).toBe('random-search')
    expect(found?.measure?.metric).toBe('testAccuracy')
    expect(found?.course?.metric).toBe('valAccuracy')
    // The journal keeps no times of the optimizer, so there is no curve with them.
    expect(found?.curves.map(({ axis }) => axis)).toEqual(['trials', 'seconds'])
    expect(overhead.map(({ isTimed }) => isTimed)).toEqual([false, false])
    const [standing] = found?.methods[0]?.standings ?? []
    expect(standing?.mean).toBe(tabulateStudy(compared)[0]?.rows[0]?.values[0]?.mean)
    expect(againstControl).toHaveLength(1)
    const { page, figures, tables } = renderStudyReport(compared, {
      folder: 'compared',
      archloomVersion: '1.2.3',
      runs,
    })
    expect(page).not.toContain('No search has finished yet')
    expect(page).toContain('Validation accuracy of the incumbent, 2 runs a method')
    expect(Object.keys(figures)).toContain('nas-bench-macro-regret-evaluations.svg')
    expect(Object.keys(tables)).toContain('standings-nas-bench-macro.csv')
  })

  it('tell settings of one optimizer apart', async () => {
    await using folder = await temporaryFolder()
    const compared = compareRuns([
      await makeRun(join(folder.path, 'a'), {}),
      await makeRun(join(folder.path, 'b'), { optimizer: { ...evolution, removal: 'worst' } }),
    ])
    expect(compared.methods.map(({ label }) => label)).toEqual([
      'regularized-evolution removal="oldest"',
      'regularized-evolution removal="worst"',
    ])
  })

  it.each([
    ['another budget', { budget: { trials: 11 } }, 'budget.trials is 12 there and 11 here'],
    [
      'another benchmark',
      { evaluator: { name: 'toy', salt: 'x' } },
      'evaluator.salt is  there and x here',
    ],
    [
      'another space',
      { space: { name: 'nas-bench-macro', blocksPerStage: [2, 2] } },
      'space.blocksPerStage is [2,3] there and [2,2] here',
    ],
    [
      'another visibility',
      { visibility: { order: 'arrival', window: 2 } },
      'visibility.order is ordered there and arrival here, visibility.window is 1 there and 2 here',
    ],
  ])('are refused with %s', async (_, change, words) => {
    await using folder = await temporaryFolder()
    const first = await makeRun(join(folder.path, 'a'), {})
    const other = await makeRun(join(folder.path, 'b'), { seed: '1', ...change })
    const error = failure(() => compareRuns([first, other]))
    expect(error.exitCode).toBe(4)
    expect(error.message).toContain(words)
    expect(error.message).toContain(other)
  })

  it('are refused when they are the same search, alone, or not finished', async () => {
    await using folder = await temporaryFolder()
    const first = await makeRun(join(folder.path, 'a'), {})
    const twin = await makeRun(join(folder.path, 'b'), {})
    expect(failure(() => compareRuns([first, twin])).message).toContain('are the same search')
    expect(failure(() => compareRuns([first])).message).toContain('at least two')
    const stopped = join(folder.path, 'c')
    await makeRun(stopped, { seed: '2' }, AbortSignal.abort()).catch(() => {})
    expect(failure(() => compareRuns([first, stopped])).message).toContain(
      `archloom resume ${stopped}`,
    )
  })
})
