/**
 * Whole searches of one optimizer on the real tables of NAS-Bench-101 and -201.
 * Run: `node bench/searches.ts arc-gp [--table nb101|c10|c100|in16] [--searches 30] [--settings JSON]`.
 *
 * The objective is the mean test accuracy of the table, without noise. Prints mean and standard
 * deviation of the best after 50, 100 and 150 evaluations in percent (test error on NAS-Bench-101,
 * test accuracy on -201), the processor time of an ask, and where the proposals came from.
 */
import { parseArgs } from 'node:util'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { playSearch } from '#test/fixtures/play-search.ts'
import { mean } from '#test/fixtures/statistics.ts'
import { accuracyOf, type Table } from '#test/fixtures/yardsticks.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    table: { type: 'string' },
    searches: { type: 'string', default: '30' },
    settings: { type: 'string', default: '{}' },
  },
})
const checkpoints = [50, 100, 150]
const trials = Math.max(...checkpoints)
const tables = (values.table ? [values.table] : ['nb101', 'c10', 'c100', 'in16']) as Table[]

for (const name of positionals) {
  for (const table of tables) process.stdout.write(`${name} ${table} ${measure(name, table)}\n`)
}

function measure(name: string, table: Table): string {
  const spaceName = table === 'nb101' ? 'nas-bench-101' : 'nas-bench-201'
  const spaceEntry = spaceCatalog.find((entry) => entry.name === spaceName)
  const entry = optimizerCatalog.find((candidate) => candidate.name === name)
  if (spaceEntry === undefined || entry === undefined) throw new Error(`No ${name}`)
  const space = spaceEntry.create(spaceEntry.settings.parse({}))
  const accuracy = accuracyOf(table, space)
  const origins = new Map<string, number>()
  const start = process.cpuUsage().user
  const bests = Array.from({ length: Number(values.searches) }, (_, search) => {
    const played = playSearch({
      optimizer: entry.create(space, entry.settings.parse(JSON.parse(values.settings))),
      seed: `yardstick ${table} ${search}`,
      trials,
      accuracy: (architecture) => accuracy(architecture) / 100,
    })
    let best = 0
    return played.map(({ proposal: { origin }, observation: { valAccuracy } }) => {
      origins.set(origin, (origins.get(origin) ?? 0) + 1)
      best = Math.max(best, 100 * (valAccuracy ?? 0))
      return table === 'nb101' ? 100 - best : best
    })
  })
  const askMs = (process.cpuUsage().user - start) / 1000 / (bests.length * trials)
  const numbers = checkpoints.map((count) => {
    const found = bests.map((best) => best[count - 1] ?? Number.NaN)
    const deviation = Math.sqrt(mean(found.map((value) => (value - mean(found)) ** 2)))
    return `${count}: ${mean(found).toFixed(3)} ± ${deviation.toFixed(3)}`
  })
  return `${numbers.join('  ')}  ${askMs.toFixed(2)} ms an ask  ${JSON.stringify(Object.fromEntries(origins))}`
}
