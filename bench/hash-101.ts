/**
 * What the graph hash of NAS-Bench-101 costs, beside a plain Python version of it (`hash_101.py`), in
 * one run on the same cells: all 423,624, enumerated, no table needed.
 *
 *   node bench/hash-101.ts [--environment cpu] [--quick] [--json]
 *
 * `--quick` gives Python every 40th cell, and its time is scaled up; otherwise it hashes all, for
 * about a minute and a half. Times are processor time, user mode, of one thread's work, so that other
 * load on the machine counts less; Node's includes its compiler's and collector's threads. Reading and
 * enumerating are not timed. The checksums of both must agree.
 */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sha256 } from '#src/encoding/hash.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { resolveEnvironment } from '#src/environment/resolve.ts'
import { workerVariables } from '#src/environment/worker-variables.ts'
import { type Cell, cellOperations, vertexCount } from '#src/space/nas-bench-101/cell.ts'
import { enumerateCells } from '#src/space/nas-bench-101/enumerate.ts'
import { createCellHasher } from '#src/space/nas-bench-101/hash/hasher.ts'

const { values } = parseArgs({
  options: {
    environment: { type: 'string', default: 'cpu' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

interface PythonResult {
  readonly seconds: number
  readonly cells: number
  readonly checksum: string
}

const cells = [...enumerateCells(7)]
const asked = values.quick ? cells.filter((_, index) => index % 40 === 0) : cells
const python = await hashInPython(asked)

const hasher = createCellHasher()
const cold = processorSeconds(() => hasher.hashAll(cells))
const warm = processorSeconds(() => hasher.hashAll(cells))
const alone = processorSeconds(() => asked.map((cell) => hasher.hash(cell)))
const checksum = sha256(alone.result.join('\n'))
if (checksum !== python.checksum) {
  throw new Error(`The hashes differ: ${checksum} here, ${python.checksum} in Python`)
}

const pythonMicroseconds = (python.seconds / python.cells) * 1e6
const lines = [
  { measure: 'Python', microseconds: pythonMicroseconds },
  { measure: 'all at once, the first time', microseconds: (cold.seconds / cells.length) * 1e6 },
  { measure: 'all at once, again', microseconds: (warm.seconds / cells.length) * 1e6 },
  { measure: 'one by one', microseconds: (alone.seconds / asked.length) * 1e6 },
].map((line) => ({ ...line, timesFaster: pythonMicroseconds / line.microseconds }))

if (values.json) {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
  }
  const counts = { cells: cells.length, pythonCells: python.cells }
  process.stdout.write(
    `${JSON.stringify({ bench: 'hash-101', machine, ...counts, checksum, lines })}\n`,
  )
} else {
  process.stdout.write(`${cells.length} cells; Python hashed ${python.cells}\n`)
  for (const { measure, microseconds, timesFaster } of lines) {
    const cost = `${microseconds.toFixed(2).padStart(9)} µs a cell`
    process.stdout.write(`${measure.padEnd(30)}${cost}${timesFaster.toFixed(1).padStart(8)}x\n`)
  }
}

async function hashInPython(list: readonly Cell[]): Promise<PythonResult> {
  const { python: command } = await resolveEnvironment(values.environment, { allowDrift: true })
  const output = execFileSync(command, [join(projectFolder(), 'bench', 'hash_101.py')], {
    input: list.map((cell) => `${tableLine(cell)}\n`).join(''),
    env: workerVariables(1),
    encoding: 'utf8',
  })
  // Written by the script beside this one.
  return JSON.parse(output) as PythonResult
}

/** Vertices, adjacency number and one digit an operation, as the public table has them. */
function tableLine(cell: Cell): string {
  const digits = cell.operations.map((operation) => cellOperations.indexOf(operation))
  return `${vertexCount(cell)},${cell.adjacency},${digits.join('')}`
}

function processorSeconds<T>(work: () => T): { readonly seconds: number; readonly result: T } {
  const before = process.cpuUsage().user
  const result = work()
  return { seconds: (process.cpuUsage().user - before) / 1e6, result }
}
