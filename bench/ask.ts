/**
 * What one ask and one tell cost once 10,000 trials are told, beside plain loops that do the same
 * draws and changes without streams, text forms or states. Run: `node bench/ask.ts`.
 *
 * Prints a table and one line of JSON, and exits with 1 when an ask takes more than the limit.
 * Times are in microseconds a call, of the fastest and the median block of calls: on a busy machine
 * the fastest says what the call costs, and the limit holds for it. Where fewer than ten times as many
 * architectures exist as trials were told, `unique` has used the space up and each of its asks costs
 * `maxDraws` draws: such a line is shown with a star and not held to the limit.
 */
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Json } from '#src/encoding/json.ts'
import { growingHistory } from '#src/experiment/history.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { Observation } from '#src/trial/observation.ts'

const told = 10_000
const blocks = 40
const callsPerBlock = 500
/** The most that an ask of a model-free method may cost. */
const limitMicroseconds = 50

interface Measurement {
  readonly what: string
  readonly space: string
  readonly askMicroseconds: number
  readonly askMedianMicroseconds: number
  readonly tellMicroseconds: number | null
  readonly isUsedUp: boolean
}

/** Name, settings, and the spaces where it is measured, all by default. */
const methods: readonly (readonly [
  string,
  Readonly<Record<string, unknown>>,
  (readonly string[])?,
])[] = [
  ['random-search', {}],
  ['random-search', { unique: true }],
  ['regularized-evolution', {}],
  ['regularized-evolution', { replacement: false }],
  ['regularized-evolution', { removal: 'worst' }],
  // Elsewhere it costs what checking a configuration costs: 20 to 70 microseconds.
  ['reinforce', {}, ['nas-bench-101', 'nas-bench-201', 'nas-bench-macro', 'chain']],
  ['local-search', { known: 'nothing' }, ['nas-bench-101', 'nas-bench-201', 'chain']],
  // On a benchmark's space, this many trials make most neighbours known, and each known one is looked up.
  ['local-search', {}, ['chain']],
  ['differential-evolution', {}, ['nas-bench-101', 'nas-bench-201', 'nas-bench-macro']],
  ['neuroevolution', {}],
  ['nsga-ii', { unique: false }, ['nas-bench-201', 'nas-bench-macro', 'chain']],
  ['large-scale-evolution', {}, ['nas-bench-101', 'nas-bench-201', 'nas-bench-macro', 'chain']],
]

function measureOptimizer(
  optimizer: Optimizer,
  space: SearchSpace,
): Omit<Measurement, 'what' | 'isUsedUp'> {
  const history = growingHistory()
  let state: Json = optimizer.init()
  const ask = () => {
    const trial = history.length
    const random = Random.named('1', 'ask', trial)
    const [proposal, next] = optimizer.ask(state, {
      trial,
      random,
      history,
      pending: [],
      fullFidelity: { epochs: 1 },
    })
    state = next
    return proposal.architecture
  }
  const tell = (architecture: string) => {
    const observation: Observation = {
      trial: history.length,
      architecture,
      fidelity: { epochs: 1 },
      outcome: 'completed',
      valAccuracy: Random.named('worth', architecture).uniform(),
      parameterCount: null,
      costSeconds: 0,
    }
    history.append(observation)
    const start = performance.now()
    state = optimizer.tell(state, observation, history)
    return performance.now() - start
  }
  for (let trial = 0; trial < told; trial++) tell(ask())
  const asks: number[] = []
  const tells: number[] = []
  for (let block = 0; block < blocks; block++) {
    let askTime = 0
    let tellTime = 0
    for (let call = 0; call < callsPerBlock; call++) {
      const start = performance.now()
      const architecture = ask()
      askTime += performance.now() - start
      tellTime += tell(architecture)
    }
    asks.push((askTime / callsPerBlock) * 1000)
    tells.push((tellTime / callsPerBlock) * 1000)
  }
  return {
    space: space.name,
    askMicroseconds: Math.min(...asks),
    askMedianMicroseconds: median(asks),
    tellMicroseconds: Math.min(...tells),
  }
}

/** The same work with one generator, architectures as values, and an array for a population. */
function measurePlain(what: string, space: SearchSpace, isEvolution: boolean): Measurement {
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
  const warm = asks.slice(10)
  return {
    what,
    space: space.name,
    askMicroseconds: Math.min(...warm),
    askMedianMicroseconds: median(warm),
    tellMicroseconds: null,
    isUsedUp: false,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function measureAll(): Measurement[] {
  return spaceCatalog.flatMap((spaceEntry) => {
    const space = spaceEntry.create(spaceEntry.settings.parse({}))
    const here = methods.filter(([, , spaces]) => spaces?.includes(space.name) ?? true)
    const measured = here.map(([name, settings]) => {
      const entry = optimizerCatalog.find((candidate) => candidate.name === name)
      if (entry === undefined) throw new Error(`No optimizer ${name}`)
      return {
        what: `${name} ${JSON.stringify(settings)}`,
        isUsedUp: settings.unique === true && space.count().value < 10 * told,
        ...measureOptimizer(entry.create(space, entry.settings.parse(settings)), space),
      }
    })
    return [
      measurePlain('plain loop, random', space, false),
      measurePlain('plain loop, evolution', space, true),
      ...measured,
    ]
  })
}

const measurements = measureAll()
const cell = (value: number | null) => (value === null ? '-' : value.toFixed(2)).padStart(9)
const lines = measurements.map(
  ({ what, space, isUsedUp, askMicroseconds, askMedianMicroseconds, tellMicroseconds }) =>
    `${space.padEnd(14)} ${`${what}${isUsedUp ? ' *' : ''}`.padEnd(46)} ${cell(askMicroseconds)} ${cell(askMedianMicroseconds)} ${cell(tellMicroseconds)}`,
)
const header = `${'space'.padEnd(14)} ${'method'.padEnd(46)} ${'ask µs'.padStart(9)} ${'median'.padStart(9)} ${'tell µs'.padStart(9)}`
const isWithinLimit = measurements.every(
  ({ isUsedUp, askMicroseconds }) => isUsedUp || askMicroseconds < limitMicroseconds,
)
const summary = {
  told,
  limitMicroseconds,
  isWithinLimit,
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  measurements,
}
process.stdout.write(`${[header, ...lines].join('\n')}\n${JSON.stringify(summary)}\n`)
process.exitCode = isWithinLimit ? 0 : 1
