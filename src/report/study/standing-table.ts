/** What every method had at every checkpoint of a benchmark. */
import type { BenchmarkAnalysis } from '#src/study/analysis/analysis.ts'
import type { Standing } from '#src/study/analysis/checkpoints.ts'
import { type Measure, regretOf } from '#src/study/analysis/measure.ts'
import { type Checkpoint, checkpointsOf } from '#src/study/table.ts'
import { duration, integer } from '../format.ts'
import { variantWords } from './series.ts'
import {
  nothing,
  numberColumn,
  type Table,
  type TableCell,
  type TableColumn,
  type TableRow,
  wordColumn,
} from './table.ts'

export interface TableFacts {
  readonly name: string
  readonly marks: readonly string[]
  /** Bases of variants, by label. */
  readonly bases: ReadonlyMap<string, string>
}

/** Null where nothing has been found yet. */
export function standingTable(analysis: BenchmarkAnalysis, facts: TableFacts): Table | null {
  const { measure, benchmark, methods } = analysis
  if (measure === null) return null
  const checkpoints = checkpointsOf(benchmark)
  const columns = columnsOf(checkpoints)
  const bests = checkpoints.map((_, index) =>
    Math.max(...methods.map(({ standings }) => standings[index]?.mean ?? Number.NEGATIVE_INFINITY)),
  )
  const rows = methods.map(({ method, cellCount, standings }): TableRow => {
    const final = standings.at(-1) ?? null
    const cells = [
      { text: variantWords(method, facts.bases.get(method)), values: [method] },
      { text: integer(cellCount), values: [cellCount] },
      ...checkpoints.map((_, index) => meanCell(standings[index] ?? null, bests[index])),
      ...finalCells(final, measure, columns.slice(-3)),
    ]
    return { cells, ...(facts.bases.has(method) && { look: 'indented' as const }) }
  })
  const words = measure.metric === 'testAccuracy' ? 'Test accuracy' : 'Validation accuracy'
  return {
    name: facts.name,
    title: `${words} of the incumbent on ${benchmark.label} (%)`,
    marks: facts.marks,
    columns,
    rows: [...expectedRow(analysis, checkpoints, columns), ...rows],
    notes: notesOf(analysis, measure),
  }
}

function columnsOf(checkpoints: readonly Checkpoint[]): readonly TableColumn[] {
  return [
    wordColumn('Method', 'method'),
    numberColumn('Runs', ['runs']),
    ...checkpoints.map((checkpoint) => {
      const field = `${checkpoint.kind}_${checkpoint.place}`
      return numberColumn(
        checkpointWords(checkpoint),
        [`mean_at_${field}`, `deviation_at_${field}`],
        'Mean ± standard deviation over runs',
      )
    }),
    numberColumn(
      '95% CI',
      ['final_low', 'final_high'],
      'Of the final mean, bootstrapped over runs',
    ),
    numberColumn(
      'Median [quartiles]',
      ['final_median', 'final_lower_quartile', 'final_upper_quartile'],
      'At the last checkpoint',
    ),
    numberColumn('Regret', ['final_mean_regret'], 'Mean distance to the optimum, in points'),
  ]
}

export function checkpointWords({ kind, place }: Checkpoint): string {
  return kind === 'trials' ? `${integer(place)} trial${place === 1 ? '' : 's'}` : duration(place)
}

function meanCell(standing: Standing | null, best: number | undefined): TableCell {
  if (standing === null) return { text: '–', values: [null, null] }
  const { mean, deviation, runCount } = standing
  const spread = runCount > 1 ? ` ± ${percentText(deviation)}` : ''
  return {
    text: `${percentText(mean)}${spread}`,
    values: [mean, runCount > 1 ? deviation : null],
    isBest: mean === best,
  }
}

function finalCells(
  final: Standing | null,
  measure: Measure,
  columns: readonly TableColumn[],
): readonly TableCell[] {
  if (final === null) return columns.map(nothing)
  const { low, high, median, lowerQuartile, upperQuartile, mean } = final
  return [
    { text: `${percentText(low)}–${percentText(high)}`, values: [low, high] },
    {
      text: `${percentText(median)} [${percentText(lowerQuartile)}–${percentText(upperQuartile)}]`,
      values: [median, lowerQuartile, upperQuartile],
    },
    regretCell(regretOf(mean, measure)),
  ]
}

/** The exact expectation of random search, where it was computed. */
function expectedRow(
  { benchmark, measure }: BenchmarkAnalysis,
  checkpoints: readonly Checkpoint[],
  columns: readonly TableColumn[],
): readonly TableRow[] {
  const { randomSearch } = benchmark
  if (randomSearch === null || measure === null) return []
  const isTest = measure.metric === 'testAccuracy'
  const means = isTest ? randomSearch.testAccuracy : randomSearch.valAccuracy
  const deviations = isTest ? randomSearch.testDeviation : randomSearch.valDeviation
  const valueAt = ({ kind, place }: Checkpoint, values: readonly number[] | null) =>
    (kind === 'trials' ? values?.[randomSearch.trials.indexOf(place)] : undefined) ?? null
  const cells = checkpoints.map((checkpoint): TableCell => {
    const [mean, deviation] = [valueAt(checkpoint, means), valueAt(checkpoint, deviations)]
    if (mean === null) return { text: '–', values: [null, null] }
    const spread = deviation === null ? '' : ` ± ${percentText(deviation)}`
    return { text: `${percentText(mean)}${spread}`, values: [mean, deviation] }
  })
  const last = checkpoints.at(-1)
  const final = last === undefined ? null : valueAt(last, means)
  const regret = final === null ? null : regretOf(final, measure)
  return [
    {
      look: 'reference',
      cells: [
        { text: 'random search, exact', values: ['random search, exact'] },
        { text: '–', values: [null] },
        ...cells,
        ...columns.slice(-3, -1).map(nothing),
        regret === null ? { text: '–', values: [null] } : regretCell(regret),
      ],
    },
  ]
}

function notesOf({ benchmark, methods }: BenchmarkAnalysis, measure: Measure): readonly string[] {
  const { expectationGap } = benchmark
  const optimum = percentText(measure.optimum)
  const few = methods.filter(({ cellCount }) => cellCount < 10).map(({ method }) => method)
  return [
    'Mean ± standard deviation over runs, the best mean of a column marked; the incumbent is chosen by what the search was told',
    measure.isOptimumKnown
      ? `Regret is the distance to the best of the space, ${optimum}%, in percentage points`
      : `The best of the space is not known: regret is the distance to the best that any run found, ${optimum}%`,
    ...(expectationGap === undefined
      ? []
      : [`Random search has no exact expectation here: ${expectationGap}`]),
    ...(few.length === 0
      ? []
      : [
          `Fewer than ten runs of ${few.join(', ')}: bootstrapped intervals of so few are too narrow`,
        ]),
  ].map((note) => `${note}.`)
}

function regretCell(regret: number): TableCell {
  return { text: (100 * regret).toFixed(3), values: [regret] }
}

function percentText(share: number): string {
  return (100 * share).toFixed(2)
}
