/**
 * Model-free methods and TPE on the real tables of NAS-Bench-101 and -201 beside independently computed
 * yardsticks, in full. Run: `node bench/yardsticks.ts [--searches 300] [--only TEXT]`.
 *
 * Prints, for each method and table, our mean of the best after each number of queries, the
 * yardstick's, and how many standard errors of both sides they are apart; exits with 1 when a
 * distance is 4 or more. The tables must lie beside the checkout.
 */
import { parseArgs } from 'node:util'
import { optimizerCatalog } from '#src/optimizer/catalog.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { evolutionYardsticks } from '#test/fixtures/evolution-yardsticks.ts'
import { surrogateYardsticks } from '#test/fixtures/surrogate-yardsticks.ts'
import { compareWithYardstick } from '#test/fixtures/yardsticks.ts'

const { values } = parseArgs({
  options: {
    searches: { type: 'string', default: '300' },
    only: { type: 'string', default: '' },
  },
})
const searches = Number(values.searches)

let worst = 0
for (const { name, optimizer, settings, space, yardstick } of [
  ...evolutionYardsticks,
  ...surrogateYardsticks,
]) {
  if (!`${name} ${yardstick.table}`.includes(values.only)) continue
  const spaceEntry = spaceCatalog.find((entry) => entry.name === space.name)
  const entry = optimizerCatalog.find((candidate) => candidate.name === optimizer)
  if (spaceEntry === undefined || entry === undefined) throw new Error(`No ${optimizer}`)
  const made = spaceEntry.create(spaceEntry.settings.parse(space.settings))
  const start = performance.now()
  const comparisons = compareWithYardstick(
    () => entry.create(made, entry.settings.parse(settings)),
    made,
    yardstick,
    { searches },
  )
  const seconds = (performance.now() - start) / 1000
  process.stdout.write(
    `${yardstick.table} ${name} (${searches} searches, ${seconds.toFixed(0)} s)\n`,
  )
  for (const { queries, found, expected, distance } of comparisons) {
    worst = Math.max(worst, distance)
    process.stdout.write(
      `  ${String(queries).padStart(5)} ${found.toFixed(3)} beside ${expected.toFixed(3)}, ${distance.toFixed(1)} standard errors\n`,
    )
  }
}
process.exitCode = worst < 4 ? 0 : 1
