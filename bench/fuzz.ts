/**
 * Mutated messages by the million at each end: what decodes them must refuse them in words or go on,
 * and hold its memory.
 *
 *   node bench/fuzz.ts [--count 1000000] [--seed 1] [--out bench/results/fuzz.json]
 *
 * Three quarters of the messages of each end go the way that it reads, and on into its rule (the pool's
 * step, the worker's loop); the others are what its tests read.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs, promisify } from 'node:util'
import { pythonFolder } from '#src/environment/folders.ts'
import { resolveEnvironment } from '#src/environment/resolve.ts'
import { ArchloomError } from '#src/errors.ts'
import { Random } from '#src/random/random.ts'
import { decodeAny, FuzzedPool } from '#test/fixtures/fuzzed-pool.ts'
import { mutate, seedsOf } from '#test/fixtures/mutated-messages.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: join('bench', 'results', 'fuzz.json') },
  },
})
const [count, seed] = [Number(values.count), Number(values.seed)]

const { python } = await resolveEnvironment('cpu', { allowDrift: true })
const inPython = promisify(execFile)(
  python,
  ['-m', 'tests.fuzzed_worker', String(count), String(seed)],
  { cwd: pythonFolder() },
)
const orchestrator = fuzzHere()
const { stdout } = await inPython
const figures = {
  command: `npm run bench -- fuzz --count ${count} --seed ${seed}`,
  machine: `${cpus().length} of ${cpus()[0]?.model ?? 'unknown'}`,
  orchestrator,
  worker: JSON.parse(stdout) as unknown,
}
writeFileSync(values.out, `${JSON.stringify(figures, null, 2)}\n`)
console.log(JSON.stringify(figures, null, 2))

function fuzzHere() {
  const random = Random.named(seed, 'fuzz')
  const inward = seedsOf('from-worker')
  const outward = seedsOf('to-worker')
  const pool = new FuzzedPool()
  const beganMs = performance.now()
  let accepted = 0
  for (let index = 0; index < count; index++) {
    const isInward = index % 4 !== 0
    const mutations = Array.from({ length: 1 + random.int(3) }, () => ({
      kind: random.int(2 ** 16),
      place: random.int(2 ** 20),
      value: random.int(2 ** 16),
    }))
    const message = mutate(random.pick(isInward ? inward : outward), mutations)
    const found = decodeAny(message, isInward ? 'from-worker' : 'to-worker')
    if (!(found instanceof ArchloomError)) accepted++
    if (isInward && found !== null) pool.take(found, random.int(2 ** 16))
  }
  return {
    messages: count,
    accepted,
    seconds: Number(((performance.now() - beganMs) / 1000).toFixed(1)),
    peakMebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}
