/**
 * Everything that a report says of a study, computed from its cells: curves, standings, ranks,
 * paired tests, ablations, origins and overhead. Pure; the same cells give the same numbers.
 *
 * @see Lindauer and Hutter 2020, "Best Practices for Scientific Research on Neural Architecture
 *   Search"; Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets".
 */
import { Random } from '#src/random/random.ts'
import type { Study, StudyBenchmark, StudyMethod } from '../study.ts'
import { type Anytime, anytimeScores } from './anytime.ts'
import { type Standing, standingsOf } from './checkpoints.ts'
import { type Comparison, comparePairs, type Finals, type Pair } from './comparison.ts'
import {
  aggregateCurves,
  type CurveSet,
  type ResamplingSource,
  resamplingSource,
} from './curves.ts'
import { type Origins, type Overhead, originsOf, overheadOf } from './effort.ts'
import {
  type CellGroup,
  courseMeasureOf,
  finalValue,
  groupCells,
  type Measure,
  measureOf,
} from './measure.ts'
import { type Ranking, rankMethods } from './ranking.ts'

export interface MethodStandings {
  readonly method: string
  readonly cellCount: number
  /** One a checkpoint, in the order of `checkpointsOf`. */
  readonly standings: readonly (Standing | null)[]
}

export interface BenchmarkAnalysis {
  readonly benchmark: StudyBenchmark
  /** Null where nothing has been found yet. */
  readonly measure: Measure | null
  /** Of `curves` and `anytime`. */
  readonly course: Measure | null
  /** Those that say something, by axis; all methods, variants included. */
  readonly curves: readonly CurveSet[]
  readonly methods: readonly MethodStandings[]
  /** Methods that are no variants, by final value within seeds; null where too little is there. */
  readonly ranking: Ranking | null
  readonly anytime: readonly Anytime[]
  /** Method with the highest mean at the end, variants left out. */
  readonly best: string | null
}

/** Variants of one method on one benchmark. */
export interface Ablation {
  readonly benchmark: string
  readonly base: string
  /** Each variant against the base. */
  readonly comparisons: readonly Comparison[]
}

/** Cells that are not there. */
export interface MissingCells {
  readonly benchmark: string
  readonly method: string
  readonly count: number
  /** Cells that the study asks for. */
  readonly wanted: number
}

export interface StudyAnalysis {
  readonly benchmarks: readonly BenchmarkAnalysis[]
  /** By mean final value within benchmarks, of the methods that are on all of them. */
  readonly overall: Ranking | null
  /** Label of random search; null where the study lists none. */
  readonly control: string | null
  /** Each method against random search, then against the best; one family for the correction. */
  readonly againstControl: readonly Comparison[]
  readonly againstBest: readonly Comparison[]
  /** A family of its own. */
  readonly ablations: readonly Ablation[]
  readonly origins: readonly Origins[]
  readonly overhead: readonly Overhead[]
  readonly missing: readonly MissingCells[]
  /** Environments that the cells come from. */
  readonly environmentCount: number
}

export function analyzeStudy(study: Study): StudyAnalysis {
  const groups = groupCells(study)
  const control = study.methods.find(({ isControl, variant }) => isControl && variant === null)
  const context: Context = {
    study,
    groups,
    control: control?.label ?? null,
    variants: new Set(study.methods.flatMap(({ label, variant }) => (variant ? [label] : []))),
    resamplingOf: resamplingSource(Random.named('0', 'study-bootstrap')),
  }
  const benchmarks = study.benchmarks.map((benchmark) => analyzeBenchmark(context, benchmark))
  const finals = finalsOf(benchmarks, groups)
  return {
    benchmarks,
    overall: rankOverall(benchmarks, context, finals),
    control: context.control,
    ...mainComparisons(benchmarks, context, finals),
    ablations: ablationsOf(study, context, finals),
    origins: groups.map(originsOf),
    overhead: groups.map((group) => {
      const { tuning } = study.methods.find(({ label }) => label === group.method) ?? {}
      return overheadOf(group, tuning?.costSeconds ?? null)
    }),
    missing: missingOf(study),
    environmentCount: Object.keys(study.environments).length,
  }
}

interface Context {
  readonly study: Study
  readonly groups: readonly CellGroup[]
  readonly control: string | null
  readonly variants: ReadonlySet<string>
  readonly resamplingOf: ResamplingSource
}

function analyzeBenchmark(context: Context, benchmark: StudyBenchmark): BenchmarkAnalysis {
  const { control, variants, resamplingOf } = context
  const groups = context.groups.filter((group) => group.benchmark === benchmark.label)
  const cells = groups.flatMap((group) => group.cells)
  const measure = measureOf(benchmark, cells)
  const course = courseMeasureOf(benchmark, cells)
  if (measure === null || course === null) {
    const nothing = { curves: [], methods: [], ranking: null, anytime: [], best: null }
    return { benchmark, measure: null, course: null, ...nothing }
  }
  const { metric } = measure
  const options = { benchmark, metric, resamplingOf }
  const axes = ['trials', 'seconds', 'secondsWithOverhead'] as const
  const main = groups.filter(({ method }) => !variants.has(method))
  const finals = main.map((group) => finalsOfGroup(group, benchmark, measure))
  return {
    benchmark,
    measure,
    course,
    curves: axes.flatMap(
      (axis) => aggregateCurves(groups, axis, { ...options, metric: course.metric }) ?? [],
    ),
    methods: groups.map((group) => ({
      method: group.method,
      cellCount: group.cells.length,
      standings: standingsOf(group, options),
    })),
    ranking: rankMethods(columnsOf(finals)),
    anytime: (['trials', 'seconds'] as const).flatMap((axis) => {
      if (control === null || (axis === 'seconds' && !benchmark.hasSeconds)) return []
      return anytimeScores(groups, axis, { control, measure: course, resamplingOf }) ?? []
    }),
    best: bestOf(finals),
  }
}

function finalsOfGroup(
  { method, cells }: CellGroup,
  benchmark: StudyBenchmark,
  { metric }: Measure,
): Finals {
  const bySeed = new Map(cells.map((cell) => [cell.key.seed, finalValue(cell, benchmark, metric)]))
  return { benchmark: benchmark.label, method, bySeed }
}

/** One value a seed of the first method; what another lacks is no number. */
function columnsOf(finals: readonly Finals[]) {
  const seeds = [...(finals[0]?.bySeed.keys() ?? [])]
  return finals.map(({ method, bySeed }) => ({
    method,
    values: seeds.map((seed) => bySeed.get(seed) ?? Number.NaN),
  }))
}

function bestOf(finals: readonly Finals[]): string | null {
  const ranked = finals
    .map((one) => ({ method: one.method, mean: meanOf(one) }))
    .filter(({ mean }) => Number.isFinite(mean))
    .sort((a, b) => b.mean - a.mean)
  return ranked[0]?.method ?? null
}

/** Over the seeds that found something. */
function meanOf({ bySeed }: Finals): number {
  const found = [...bySeed.values()].filter(Number.isFinite)
  return found.reduce((sum, value) => sum + value, 0) / found.length
}

function finalsOf(
  benchmarks: readonly BenchmarkAnalysis[],
  groups: readonly CellGroup[],
): readonly Finals[] {
  return groups.flatMap((group) => {
    const found = benchmarks.find(({ benchmark }) => benchmark.label === group.benchmark)
    if (found === undefined || found.measure === null) return []
    return [finalsOfGroup(group, found.benchmark, found.measure)]
  })
}

function rankOverall(
  benchmarks: readonly BenchmarkAnalysis[],
  { study, variants }: Context,
  finals: readonly Finals[],
): Ranking | null {
  const columns = study.methods
    .filter(({ label }) => !variants.has(label))
    .map(({ label }) => ({
      method: label,
      values: benchmarks.map(({ benchmark }) => {
        const own = finals.find((one) => one.benchmark === benchmark.label && one.method === label)
        return own === undefined ? Number.NaN : meanOf(own)
      }),
    }))
  return rankMethods(columns.filter(({ values }) => values.every(Number.isFinite)))
}

function mainComparisons(
  benchmarks: readonly BenchmarkAnalysis[],
  { control, variants, resamplingOf }: Context,
  finals: readonly Finals[],
): Pick<StudyAnalysis, 'againstControl' | 'againstBest'> {
  const pairsWith = (otherOf: (benchmark: BenchmarkAnalysis) => string | null) =>
    benchmarks.flatMap((one): Pair[] => {
      const own = finals.filter(
        ({ benchmark, method }) => benchmark === one.benchmark.label && !variants.has(method),
      )
      const against = own.find(({ method }) => method === otherOf(one))
      if (against === undefined) return []
      return own.filter((method) => method !== against).map((method) => [method, against])
    })
  const first = pairsWith(() => control)
  const second = pairsWith(({ best }) => best)
  const compared = comparePairs([...first, ...second], resamplingOf)
  return {
    againstControl: compared.slice(0, first.length).filter((one) => one !== null),
    againstBest: compared.slice(first.length).filter((one) => one !== null),
  }
}

function ablationsOf(
  { methods, benchmarks }: Study,
  { resamplingOf }: Context,
  finals: readonly Finals[],
): readonly Ablation[] {
  const bases = [...new Set(methods.flatMap(({ variant }) => variant?.of ?? []))]
  const places = benchmarks.flatMap(({ label }) =>
    bases.map((base) => ({ benchmark: label, base })),
  )
  const isVariantOf = (base: string, label: string) =>
    methods.some((method: StudyMethod) => method.label === label && method.variant?.of === base)
  const pairs = places.flatMap(({ benchmark, base }): Pair[] => {
    const own = finals.filter((one) => one.benchmark === benchmark)
    const against = own.find(({ method }) => method === base)
    if (against === undefined) return []
    return own.filter(({ method }) => isVariantOf(base, method)).map((method) => [method, against])
  })
  const compared = comparePairs(pairs, resamplingOf).filter((one) => one !== null)
  return places.flatMap(({ benchmark, base }) => {
    const comparisons = compared.filter(
      (one) => one.benchmark === benchmark && one.against === base,
    )
    return comparisons.length === 0 ? [] : [{ benchmark, base, comparisons }]
  })
}

function missingOf({ missing, cells }: Study): readonly MissingCells[] {
  const nameOf = ({ benchmark, method }: { benchmark: string; method: string }) =>
    JSON.stringify([benchmark, method])
  const finished = Map.groupBy(cells, ({ key }) => nameOf(key))
  return [...Map.groupBy(missing, nameOf)].flatMap(([name, keys]) => {
    const [first] = keys
    if (first === undefined) return []
    const { benchmark, method } = first
    const wanted = keys.length + (finished.get(name)?.length ?? 0)
    return [{ benchmark, method, count: keys.length, wanted }]
  })
}
