/** Benchmarks and their answers as a person reads them. */
import { bytes, duration, integer, percent } from '#src/report/format.ts'
import type { BenchmarkSummary } from '#src/runner/benchmarks.ts'
import type { Measurement, QueryAnswer } from '#src/runner/query-benchmark.ts'

const metricWords = {
  trainAccuracy: 'train',
  valAccuracy: 'validation',
  testAccuracy: 'test',
  trainSeconds: 'time',
} as const
type MetricName = keyof typeof metricWords
const metricNames: readonly MetricName[] = [
  'trainAccuracy',
  'valAccuracy',
  'testAccuracy',
  'trainSeconds',
]

/** Such as `cifar10: 4, 12, 36 and 108 epochs, 3 repeats; train, validation, test, time`. */
export function datasetWords({ name, budgets }: BenchmarkSummary['datasets'][number]): string {
  const groups = Map.groupBy(budgets, ({ repeatCount, metrics, isTestOnly }) =>
    [
      repeatCount === 0 ? 'means' : repeatCount === 1 ? '1 repeat' : `${repeatCount} repeats`,
      `; ${metricNames
        .filter((metric) => metrics.includes(metric))
        .map((metric) => metricWords[metric])
        .join(', ')}`,
      isTestOnly ? ' (test-only)' : '',
    ].join(''),
  )
  const parts = [...groups].map(([words, group]) => {
    const epochs = group.map((budget) => String(budget.epochs))
    const list =
      epochs.length > 1 ? `${epochs.slice(0, -1).join(', ')} and ${epochs.at(-1)}` : epochs[0]
    return `${list} epochs, ${words}`
  })
  return `${name}: ${parts.join(' | ')}`
}

export function benchmarkLines(benchmark: BenchmarkSummary): readonly string[] {
  const { name, summary, source, rowCount, space, datasets, notes, path, fileBytes } = benchmark
  return [
    `${name}: ${summary}`,
    `Source        ${source}`,
    `Architectures ${integer(rowCount)} of the space ${space.name}`,
    `Settings      ${JSON.stringify(space.settings)}`,
    ...datasets.map(
      (dataset, index) => `${index === 0 ? 'Measured' : ''}`.padEnd(14) + datasetWords(dataset),
    ),
    ...notes.map((note, index) => `${index === 0 ? 'Notes' : ''}`.padEnd(14) + note),
    `File          ${path}, ${bytes(fileBytes)}`,
    `Content       ${benchmark.contentHash}`,
  ]
}

/** @param asked - the architecture as it was given */
export function answerLines(asked: string, answer: QueryAnswer): readonly string[] {
  const { architecture, row, sizes, measurements } = answer
  const columns = metricNames.filter((metric) =>
    measurements.some((one) => one[metric] !== undefined),
  )
  const table = [
    ['data set', 'epochs', 'repeat', ...columns.map((metric) => metricWords[metric])],
    ...measurements.map((one) => [
      one.dataset,
      one.epoch === one.epochs ? `${one.epochs}` : `${one.epoch} of ${one.epochs}`,
      `${one.repeat}`,
      ...columns.map((metric) => shown(one, metric)),
    ]),
  ]
  const known = sizes.filter((size) => sizeWords(size) !== '')
  const sizeLines = [...new Set(known.map(sizeWords))]
  return [
    `${architecture}`,
    `row ${integer(row)} of ${answer.benchmark}${architecture === asked ? '' : `, asked for as ${asked}`}`,
    ...(sizeLines.length === 1
      ? sizeLines
      : known.map((size) => `${size.dataset}: ${sizeWords(size)}`)),
    '',
    ...alignedLines(table),
  ]
}

function sizeWords({ parameterCount, multiplyAdds }: QueryAnswer['sizes'][number]): string {
  return [
    ...(parameterCount === null ? [] : [`${integer(parameterCount)} parameters`]),
    ...(multiplyAdds === null ? [] : [`${integer(multiplyAdds)} multiply-adds`]),
  ].join(', ')
}

function shown(measurement: Measurement, metric: MetricName): string {
  const value = measurement[metric]
  if (value === undefined) return '–'
  return metric === 'trainSeconds' ? duration(value) : percent(value)
}

/** The first column to the left, numbers to the right. */
function alignedLines(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  )
  return table.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
