/**
 * What one ask and one tell of each model-free method cost once 100, 1,000 and 10,000 trials are told,
 * on every space that it searches, beside plain loops that do the same draws and changes without
 * streams, text forms or states.
 * Run: `npm run bench -- ask [--only TEXT] [--told 100,1000,10000] [--out bench/results/ask.json]`.
 *
 * Prints a table and exits with 1 when an ask and a tell together take more than the limit. Times are in
 * microseconds a call, of the fastest and of the median block of calls; the limit holds for the median.
 * They are of the processor: what the clock says, by the share of the processor that the thread had
 * during the measurement. Blocks of few trials told come from several searches, after one that only warms the code.
 * There are no exemptions: spaces that so many trials have used up count like the others. Methods that
 * fit a model (`mayBlock` in their entries), `tpe`, and `cma-es`, which factorizes a matrix, are not
 * model-free.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { Json } from '#src/encoding/json.ts'
import { growingHistory } from '#src/experiment/history.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Observation } from '#src/trial/observation.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    told: { type: 'string', default: '100,1000,10000' },
    out: { type: 'string' },
  },
})
/** The most that an ask and a tell of a model-free method may cost together. */
const limitMicroseconds = 50
/** Trials of the search that only warms the code. */
const warmTrials = 1000

interface Plan {
  /** Trials told before the first block. */
  readonly told: number
  readonly searches: number
  /** Of each search. */
  readonly blocks: number
  readonly callsPerBlock: number
}

const plans: readonly Plan[] = [
  { told: 100, searches: 10, blocks: 1, callsPerBlock: 50 },
  { told: 1000, searches: 3, blocks: 5, callsPerBlock: 100 },
  { told: 10_000, searches: 1, blocks: 10, callsPerBlock: 200 },
].filter(({ told }) => values.told.split(',').includes(String(told)))

interface Measurement {
  readonly what: string
  readonly space: string
  readonly told: number
  readonly askMicroseconds: number
  readonly askMedianMicroseconds: number
  readonly tellMicroseconds: number | null
  readonly tellMedianMicroseconds: number | null
}

/** Name and settings; measured on every space that the method searches. */
const methods: readonly (readonly [string, Readonly<Record<string, Json>>])[] = [
  ['random-search', {}],
  ['random-search', { unique: true }],
  ['regularized-evolution', {}],
  ['regularized-evolution', { replacement: false }],
  ['regularized-evolution', { removal: 'worst' }],
  ['reinforce', {}],
  ['local-search', {}],
  ['local-search', { known: 'nothing' }],
  ['differential-evolution', {}],
  ['neuroevolution', {}],
  ['nsga-ii', {}],
  ['nsga-ii', { unique: false }],
  ['large-scale-evolution', {}],
]

/** A search that has told nothing yet. */
function startSearch(optimizer: Optimizer, seed: number) {
  const history = growingHistory()
  let state: Json = optimizer.init()
  /** Milliseconds of one more ask, and of its tell. */
  return (): readonly [number, number] => {
    const trial = history.length
    const random = Random.named(seed, 'ask', trial)
    const context = { trial, random, history, pending: [], fullFidelity: { epochs: 1 } }
    const start = performance.now()
    const [proposal, next] = optimizer.ask(state, context)
    const asked = performance.now()
    state = next
    const { architecture } = proposal
    const observation: Observation = {
      trial,
      architecture,
      fidelity: { epochs: 1 },
      outcome: 'completed',
      valAccuracy: Random.named('worth', architecture).uniform(),
      parameterCount: null,
      costSeconds: 0,
    }
    history.append(observation)
    const told = performance.now()
    state = optimizer.tell(state, observation, history)
    return [asked - start, performance.now() - told]
  }
}

function measureOptimizer(make: () => Optimizer, plan: Plan) {
  const { told, searches, blocks, callsPerBlock } = plan
  const asks: number[] = []
  const tells: number[] = []
  const share = processorShare()
  if (told <= warmTrials) {
    const warm = startSearch(make(), 0)
    for (let trial = 0; trial < warmTrials; trial++) warm()
  }
  for (let search = 1; search <= searches; search++) {
    const step = startSearch(make(), search)
    for (let trial = 0; trial < told; trial++) step()
    for (let block = 0; block < blocks; block++) {
      const times = Array.from({ length: callsPerBlock }, step)
      asks.push(meanMicroseconds(times.map(([ask]) => ask)))
      tells.push(meanMicroseconds(times.map(([, tell]) => tell)))
    }
  }
  const had = share()
  return {
    askMicroseconds: Math.min(...asks) * had,
    askMedianMicroseconds: median(asks) * had,
    tellMicroseconds: Math.min(...tells) * had,
    tellMedianMicroseconds: median(tells) * had,
  }
}

/** The same work with one generator, architectures as values, and an array for a population. */
function measurePlain(what: string, space: SearchSpace, isEvolution: boolean): Measurement {
  const [blocks, callsPerBlock] = [40, 500]
  const random = Random.named('1', 'plain')
  const population = Array.from({ length: 100 }, () => ({
    architecture: space.sample(random),
    accuracy: random.uniform(),
  }))
  const propose = () => {
    if (!isEvolution) return space.sample(random)
    let parent = random.pick(population)
    for (let draw = 1; draw < 25; draw++) {
      const rival = random.pick(population)
      if (rival.accuracy > parent.accuracy) parent = rival
    }
    return space.mutate(parent.architecture, random)
  }
  const asks: number[] = []
  const share = processorShare()
  for (let block = 0; block < blocks + 10; block++) {
    const start = performance.now()
    for (let call = 0; call < callsPerBlock; call++) {
      const architecture = propose()
      if (isEvolution) {
        population.push({ architecture, accuracy: random.uniform() })
        population.shift()
      }
    }
    asks.push(((performance.now() - start) / callsPerBlock) * 1000)
  }
  const had = share()
  const warm = asks.slice(10).map((time) => time * had)
  return {
    what,
    space: space.name,
    told: 0,
    askMicroseconds: Math.min(...warm),
    askMedianMicroseconds: median(warm),
    tellMicroseconds: null,
    tellMedianMicroseconds: null,
  }
}

/** Starts a clock; it says which share of the time since then the thread had a processor. */
function processorShare(): () => number {
  const [start, before] = [performance.now(), process.threadCpuUsage()]
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return Math.min(1, (user + system) / 1000 / (performance.now() - start))
  }
}

function meanMicroseconds(milliseconds: readonly number[]): number {
  return (milliseconds.reduce((sum, one) => sum + one, 0) / milliseconds.length) * 1000
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function measureSpace(makeSpace: () => SearchSpace): readonly Measurement[] {
  const space = makeSpace()
  const isWanted = (what: string) => `${what} ${space.name}`.includes(values.only)
  const plain = [
    ['plain loop, random', false],
    ['plain loop, evolution', true],
  ] as const
  return [
    ...plain
      .filter(([what]) => isWanted(what))
      .map(([what, isEvolution]) => measurePlain(what, space, isEvolution)),
    ...methods.flatMap(([name, settings]) => {
      const entry = optimizerCatalog.find((candidate) => candidate.name === name)
      if (entry === undefined) throw new Error(`No optimizer ${name}`)
      const what = `${name} ${JSON.stringify(settings)}`
      if (!isWanted(what) || (entry.misfit?.(space) ?? null) !== null) return []
      // A space may remember, so that each search has its own.
      const make = () => entry.create(makeSpace(), entry.settings.parse(settings))
      return plans.map((plan) => ({
        what,
        space: space.name,
        told: plan.told,
        ...measureOptimizer(make, plan),
      }))
    }),
  ]
}

function print(measurement: Measurement): void {
  const { what, space, told } = measurement
  const { askMicroseconds, askMedianMicroseconds, tellMedianMicroseconds } = measurement
  const cells = [askMicroseconds, askMedianMicroseconds, tellMedianMicroseconds].map((value) =>
    (value === null ? '-' : value.toFixed(2)).padStart(9),
  )
  process.stdout.write(
    `${space.padEnd(16)} ${what.padEnd(44)} ${String(told).padStart(6)} ${cells.join(' ')}\n`,
  )
}

const header = ['ask µs', 'median', 'tell µs'].map((word) => word.padStart(9)).join(' ')
process.stdout.write(
  `${'space'.padEnd(16)} ${'method'.padEnd(44)} ${'told'.padStart(6)} ${header}\n`,
)
const measurements = spaceCatalog.flatMap((entry) => {
  const measured = measureSpace(() => entry.create(entry.settings.parse({})))
  measured.forEach(print)
  return measured
})
const sum = ({ askMedianMicroseconds, tellMedianMicroseconds }: Measurement) =>
  askMedianMicroseconds + (tellMedianMicroseconds ?? 0)
const ofMethods = measurements.filter(({ tellMicroseconds }) => tellMicroseconds !== null)
const worst = ofMethods.toSorted((one, two) => sum(two) - sum(one)).slice(0, 10)
process.stdout.write('\nThe ten that take longest:\n')
worst.forEach(print)
const isWithinLimit = ofMethods.every((measurement) => sum(measurement) < limitMicroseconds)
const summary = {
  limitMicroseconds,
  isWithinLimit,
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  measurements,
}
/** Hundredths of a microsecond. */
const short = (_: string, value: unknown) =>
  typeof value === 'number' ? Math.round(value * 100) / 100 : value
if (values.out !== undefined) {
  writeFileSync(values.out, `${JSON.stringify(summary, short, 2)}\n`)
}
process.exitCode = isWithinLimit ? 0 : 1
