/**
 * What peers from PyPI and archloom find with the same budget on the same tables, seed by seed.
 * Run: `npm run bench -- peers-quality --python DIR/bin/python [--seeds 30] [--trials 150]
 * [--only TEXT] [--out bench/results/NAME.json]`; peer/process.ts says how to make DIR. `--only` takes
 * the pairs and tables whose `peer table` has the text, and leaves the other rows of the file alone.
 *
 * The objective is the mean test accuracy of a table, without noise; what is no architecture costs
 * nothing, and is told as the worst to methods that take such results. A difference is the peer's
 * final regret less ours, in points of accuracy: above 0 archloom found the better architecture. Its
 * 95% interval is bootstrapped over the seeds; exits with 1 where it lies below 0
 * altogether, as it does for TPE by hyperopt's rules.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { unitCube } from '#src/optimizer/cma-es/cube.ts'
import { listedValues } from '#src/parameter/domain.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { centralInterval, resample, resampledMeans } from '#src/stats/resampling.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { mean } from '#test/fixtures/statistics.ts'
import { accuracyOf, type Table } from '#test/fixtures/yardsticks.ts'
import { environmentOf, runPeer } from './peer/process.ts'

interface Pair {
  readonly peer: string
  readonly optimizer: string
  readonly settings: Readonly<Record<string, unknown>>
  /** What the peer's points are: places of choices, or the unit cube. */
  readonly points: 'places' | 'cube'
}

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    seeds: { type: 'string', default: '30' },
    trials: { type: 'string', default: '150' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench/results/peers-quality.json' },
  },
})
const python = values.python
if (python === undefined) throw new Error('Name the Python that has the peers: --python FILE')
const seeds = Number(values.seeds)
const trials = Number(values.trials)

const pairs: readonly Pair[] = [
  // The default, and beside it the older rules, which search without a joint density.
  { peer: 'optuna-tpe', optimizer: 'tpe', settings: {}, points: 'places' },
  { peer: 'optuna-tpe', optimizer: 'tpe', settings: { rules: 'hyperopt' }, points: 'places' },
  { peer: 'optuna-cmaes', optimizer: 'cma-es', settings: {}, points: 'cube' },
  { peer: 'dehb-de', optimizer: 'differential-evolution', settings: {}, points: 'cube' },
  {
    peer: 'smac3',
    optimizer: 'smac',
    // SMAC3 knows the budget: a quarter of it is the design.
    settings: { initialTrialsMax: Math.floor(trials / 4) },
    points: 'places',
  },
]
const tables: readonly Table[] = ['c10', 'c100', 'in16', 'nb101']
/** Best accuracies of the tables, in percent. */
const optimum = { c10: 94.37333, c100: 73.51333, in16: 47.31111, nb101: 94.31757 }

function spaceOf(table: Table): SearchSpace {
  const name = table === 'nb101' ? 'nas-bench-101' : 'nas-bench-201'
  const entry = spaceCatalog.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new Error(`No space ${name}`)
  return entry.create(entry.settings.parse({}))
}

function ourRegrets({ optimizer, settings }: Pair, table: Table): number[] {
  const space = spaceOf(table)
  const entry = optimizerCatalog.find(({ name }) => name === optimizer)
  if (entry === undefined) throw new Error(`No optimizer ${optimizer}`)
  const accuracy = accuracyOf(table, space)
  return Array.from({ length: seeds }, (_, seed) => {
    const played = playSearch({
      optimizer: entry.create(space, entry.settings.parse(settings)),
      seed,
      trials,
      accuracy: (architecture) => accuracy(architecture) / 100,
    })
    const best = Math.max(...played.map(({ observation }) => observation.valAccuracy ?? 0))
    return optimum[table] - 100 * best
  })
}

async function peerRegrets(
  { peer, points }: Pair,
  table: Table,
  python: string,
): Promise<number[]> {
  const space = spaceOf(table)
  const { parameters } = space.encodings
  if (!parameters) throw new Error(`The space ${space.name} has no parameters`)
  const listed = parameters.space.parameters.map((parameter) => listedValues(parameter) ?? [])
  const cube = unitCube(parameters.space, 'binned')
  const accuracy = accuracyOf(table, space)
  const decode = (point: readonly number[]): Configuration =>
    points === 'cube'
      ? cube.decode(Float64Array.from(point))
      : Object.fromEntries(
          parameters.space.parameters.map(({ name }, index) => [
            name,
            listed[index]?.[point[index] ?? -1] ?? '',
          ]),
        )
  const regrets: number[] = []
  for (let seed = 0; seed < seeds; seed++) {
    let best = 0
    const sizes = listed.map(({ length }) => length)
    const task = { peer, seed, told: 0, trials, sizes, limit: 3600 }
    await runPeer(python, task, (point) => {
      const decoded = parameters.decode(decode(point))
      if ('problems' in decoded) return { loss: 1, counts: false }
      const found = accuracy(space.format(decoded.architecture)) / 100
      best = Math.max(best, found)
      return { loss: 1 - found, counts: true }
    })
    regrets.push(optimum[table] - 100 * best)
  }
  return regrets
}

function compare(pair: Pair, table: Table, peers: readonly number[], ours: readonly number[]) {
  const differences = peers.map((regret, seed) => regret - (ours[seed] ?? Number.NaN))
  const resampling = resample(seeds, Random.named('peers', table, pair.peer))
  const { low, high } = centralInterval(resampledMeans(differences, resampling))
  return {
    table,
    peer: pair.peer,
    optimizer: pair.optimizer,
    settings: pair.settings,
    seeds,
    trials,
    peerRegret: mean(peers),
    ourRegret: mean(ours),
    difference: mean(differences),
    interval: [low, high] as const,
  }
}

type Row = ReturnType<typeof compare> & { readonly cpu: string }

/** Rows of an earlier record that this run does not measure. */
function keptRows(): readonly Row[] {
  if (values.only === '' || !existsSync(values.out)) return []
  const earlier: { readonly results: readonly Row[] } = JSON.parse(readFileSync(values.out, 'utf8'))
  return earlier.results.filter(({ peer, table }) => !`${peer} ${table}`.includes(values.only))
}

const environment = await environmentOf(python)
const cpu = String(environment.cpu)
const kept = keptRows()
const results: Row[] = []
const known = new Map<string, readonly number[]>()
for (const pair of pairs) {
  for (const table of tables) {
    if (!`${pair.peer} ${table}`.includes(values.only)) continue
    const key = `${pair.peer} ${table}`
    const peers = known.get(key) ?? (await peerRegrets(pair, table, python))
    known.set(key, peers)
    const result = { ...compare(pair, table, peers, ourRegrets(pair, table)), cpu }
    results.push(result)
    const [low, high] = result.interval.map((end) => end.toFixed(3))
    process.stdout.write(
      `${table.padEnd(6)} ${pair.peer.padEnd(13)} ${result.peerRegret.toFixed(3)}  ${pair.optimizer} ${JSON.stringify(pair.settings)} ${result.ourRegret.toFixed(3)}  difference ${result.difference.toFixed(3)} [${low}, ${high}]\n`,
    )
    const written = { environment, results: [...kept, ...results] }
    writeFileSync(values.out, `${JSON.stringify(written, null, 2)}\n`)
  }
}
process.exitCode = results.every(({ interval }) => interval[1] >= 0) ? 0 : 1
