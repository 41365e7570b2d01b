/**
 * What an ask and a tell cost beside peers from PyPI, in the same run, on the same spaces.
 * Run: `npm run bench -- peers --python DIR/bin/python [--only TEXT] [--out bench/results/NAME.json]`;
 * peer/process.ts says how to make DIR.
 *
 * After 100, 1,000 and 10,000 trials with made-up accuracies, the mean over some more trials. TPE and
 * the forests are given that history; methods that need a history of their own run through it. A peer
 * that would take more than a minute for one cell is left out there. Times are those of processors, so
 * that other work on the machine matters little; ours are those of code that is warm, as it is in a
 * search of that length. Ratios are the peer's time by ours.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Json } from '#src/encoding/json.ts'
import { growingHistory } from '#src/experiment/history.ts'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { categorical, equals, float, integer, parameterSpace, when } from '#src/parameter/define.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { parameterSearchSpace } from '#src/space/parameter-search-space.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { observe } from '#test/fixtures/observe.ts'
import { environmentOf, runPeer } from './peer/process.ts'

interface Pair {
  readonly peer: string
  readonly optimizer: string
  readonly settings: Readonly<Record<string, unknown>>
  /** Whether it can be given a history that it did not make. */
  readonly isGiven: boolean
  /** Trials that are measured. */
  readonly trials: number
}

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench/results/peers.json' },
  },
})
const python = values.python
if (python === undefined) throw new Error('Name the Python that has the peers: --python FILE')

const limitSeconds = 60
/** Steps of another search before ours is measured, at most twice what ours was told: they compile the code. */
const warmStepsMax = 2000
/** Searches of ours, and the least trials of each that are measured: an ask is short beside what disturbs it. */
const ourSearches = 20
const ourTrials = 100
const sizes = [100, 1000, 10_000]
const pairs: readonly Pair[] = [
  { peer: 'optuna-tpe', optimizer: 'tpe', settings: {}, isGiven: true, trials: 30 },
  {
    peer: 'optuna-tpe',
    optimizer: 'tpe',
    settings: { rules: 'hyperopt' },
    isGiven: true,
    trials: 30,
  },
  { peer: 'optuna-nsga2', optimizer: 'nsga-ii', settings: {}, isGiven: false, trials: 200 },
  { peer: 'optuna-cmaes', optimizer: 'cma-es', settings: {}, isGiven: false, trials: 200 },
  {
    peer: 'dehb-de',
    optimizer: 'differential-evolution',
    settings: {},
    isGiven: false,
    trials: 200,
  },
  // Two models' worth of proposals.
  { peer: 'smac3', optimizer: 'smac', settings: {}, isGiven: true, trials: 16 },
]

function mixedSpace(): SearchSpace {
  return parameterSearchSpace({
    name: 'mixed',
    settings: {},
    takes: 'features',
    parameters: parameterSpace({
      name: 'mixed',
      parameters: [
        categorical('method', ['sgd', 'adam', 'rmsprop']),
        float('rate', 1e-5, 1, { log: true }),
        integer('depth', 1, 8),
        integer('width', 16, 512, { log: true }),
        float('momentum', 0, 0.99),
        categorical('nesterov', [false, true]),
        float('beta', 0.8, 0.999),
      ],
      conditions: [
        when('momentum', equals('method', 'sgd')),
        when('nesterov', equals('method', 'sgd')),
        when('beta', equals('method', 'adam')),
      ],
    }),
    compile: () => {
      throw new Error('Nothing is built here')
    },
  })
}

function cellSpace(): SearchSpace {
  const entry = spaceCatalog.find(({ name }) => name === 'nas-bench-201')
  if (entry === undefined) throw new Error('No space nas-bench-201')
  return entry.create(entry.settings.parse({}))
}

const spaces = [
  { name: 'six categoricals', space: cellSpace(), choices: [5, 5, 5, 5, 5, 5] },
  { name: 'mixed conditional', space: mixedSpace(), choices: [] },
]

/** Mean processor seconds of an ask and a tell after `told` trials, those of the collector included. */
function ourSeconds(pair: Pair, space: SearchSpace, told: number): number {
  // A search of a thousand trials has long been compiled; one that is only begun here has not.
  const warm = beginSearch(pair, space, 0)
  for (let trial = 0; trial < Math.min(2 * told, warmStepsMax); trial++) warm()
  const trials = Math.max(pair.trials, ourTrials)
  let microseconds = 0
  for (let search = 0; search < ourSearches; search++) {
    const step = beginSearch(pair, space, told)
    // The first ask reads the whole history, which a search has read by then.
    step()
    const before = process.cpuUsage()
    for (let trial = 0; trial < trials; trial++) step()
    const { user, system } = process.cpuUsage(before)
    microseconds += user + system
  }
  return microseconds / 1e6 / (ourSearches * trials)
}

/** A search with a history; each call of what is returned asks and tells once. */
function beginSearch(
  { optimizer, settings, isGiven }: Pair,
  space: SearchSpace,
  told: number,
): () => void {
  const entry = optimizerCatalog.find(({ name }) => name === optimizer)
  if (entry === undefined) throw new Error(`No optimizer ${optimizer}`)
  const made = entry.create(space, entry.settings.parse(settings))
  const history = growingHistory()
  const worth = Random.named(1, 'worth')
  const fullFidelity = { epochs: 1 }
  let state: Json = made.init()
  const tell = (architecture: string) => {
    const observation = observe(history.length, architecture, worth.uniform())
    history.append(observation)
    state = made.tell(state, observation, history)
  }
  const step = () => {
    const trial = history.length
    const random = Random.named(1, 'ask', trial)
    const [proposal, next] = made.ask(state, { trial, random, history, pending: [], fullFidelity })
    state = next
    tell(proposal.architecture)
  }
  const start = Random.named(2, 'start')
  for (let trial = 0; trial < told; trial++) {
    if (isGiven) tell(space.format(space.sample(start)))
    else step()
  }
  return step
}

async function peerSeconds(
  pair: Pair,
  choices: readonly number[],
  told: number,
  python: string,
): Promise<number | null> {
  const { peer, isGiven, trials } = pair
  const task = {
    peer,
    seed: 1,
    told: isGiven ? told : 0,
    trials: (isGiven ? 0 : told) + trials,
    sizes: choices,
    limit: limitSeconds,
  }
  const { seconds, isGivenUp } = await runPeer(python, task, null)
  if (isGivenUp) return null
  const last = seconds.slice(-trials)
  return last.reduce((sum, one) => sum + one, 0) / last.length
}

const measurements = []
for (const { name, space, choices } of spaces) {
  for (const pair of pairs) {
    if (!pair.isGiven && choices.length === 0) continue
    if (!`${pair.peer} ${name}`.includes(values.only)) continue
    let isTooSlow = false
    for (const told of sizes) {
      const ours = ourSeconds(pair, space, told)
      // Nothing gets faster with more trials.
      const peers: number | null = isTooSlow ? null : await peerSeconds(pair, choices, told, python)
      isTooSlow = peers === null || peers * pair.trials * 10 > limitSeconds
      const ratio = peers === null ? null : peers / ours
      const { peer, optimizer, settings } = pair
      measurements.push({ space: name, peer, optimizer, settings, told, peers, ours, ratio })
      process.stdout.write(
        `${name.padEnd(18)} ${peer.padEnd(13)} ${String(told).padStart(6)}  ${peers === null ? 'left out' : `${(peers * 1000).toFixed(2)} ms`}  ${optimizer} ${JSON.stringify(settings)} ${(ours * 1000).toFixed(3)} ms  ${ratio === null ? '-' : `${ratio.toFixed(0)} times`}\n`,
      )
      const written = { environment: await environmentOf(python), limitSeconds, measurements }
      writeFileSync(values.out, `${JSON.stringify(written, null, 2)}\n`)
    }
  }
}
