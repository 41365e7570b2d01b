/** Finds what would keep a worker from running in an environment, and says the mend. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import { pythonFolder } from './folders.ts'
import { probeWorker } from './probe.ts'
import { findPython, probePython } from './python.ts'
import {
  findEnvironment,
  interpreterOf,
  type ListedEnvironment,
  resolveEnvironment,
} from './resolve.ts'

export interface Finding {
  readonly check: string
  readonly status: 'fine' | 'problem'
  /** What was seen. */
  readonly found: string
  /** What to do; null when all is fine. */
  readonly mend: string | null
}

export interface DoctorOptions {
  /** A TCP port that workers elsewhere are to reach. */
  readonly port?: number
  /** Where sockets are made; by default the system's temporary folder. */
  readonly socketFolder?: string
  readonly signal?: AbortSignal
}

/** The Node that archloom is written for. */
const minimumNode = 24
/** Longest path of a Unix socket: `sun_path` holds 108 bytes with its final zero (Linux, unix(7)). */
const socketPathBytes = 107

/**
 * Checks an environment from the bottom up. A check that another one's problem makes senseless is
 * left out.
 *
 * @throws environment/invalid when there is no environment of that name, or its files are wrong.
 */
export async function diagnose(name: string, options: DoctorOptions = {}): Promise<Finding[]> {
  const environment = await findEnvironment(name)
  const sockets = checkSocket(options.socketFolder ?? tmpdir())
  const port = options.port === undefined ? [] : [checkPort(options.port)]
  return [
    checkNode(process.versions.node),
    ...(await checkEnvironment(environment, options.signal)),
    await sockets,
    ...(await Promise.all(port)),
  ]
}

/** @param version - Of the running Node, such as `24.21.0`. */
export function checkNode(version: string): Finding {
  if (Number(version.split('.')[0]) >= minimumNode) return fine('Node', version)
  return problem('Node', version, `run archloom on Node ${minimumNode} or newer: npm run setup`)
}

async function checkEnvironment(
  environment: ListedEnvironment,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const { spec, folder, created } = environment
  const create = `archloom env create ${spec.name}`
  if (!created) {
    const base = await settle('Python', findPython(spec.python), ({ path, version }) =>
      fine('Python', `${version} at ${path}`),
    )
    return [base, problem('environment', `not created in ${folder}`, create)]
  }
  const interpreter = await probePython(interpreterOf(folder))
  if (interpreter === null) {
    const found = `${interpreterOf(folder)} does not run`
    return [problem('Python', found, `install Python ${spec.python}, then: ${create}`)]
  }
  const python = fine('Python', `${interpreter.version} at ${interpreter.path}`)
  const lock = await settle('lock', resolveEnvironment(spec.name), () =>
    fine('lock', `every package as in ${spec.lockPath}`),
  )
  return [python, fine('environment', folder), lock, ...(await checkWorker(environment, signal))]
}

async function checkWorker(
  { spec, folder }: ListedEnvironment,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const reinstall = `archloom env create ${spec.name} --force`
  const probe = await probeWorker(interpreterOf(folder), signal).catch((error: unknown) => {
    if (error instanceof ArchloomError) return error
    throw error
  })
  if (probe instanceof ArchloomError) return [problem('worker', probe.message, reinstall)]
  const broken = Object.entries(probe.broken)
  const imports = broken.map(([module, reason]) =>
    problem(
      module,
      `cannot be imported: ${reason}`,
      module.startsWith('archloom_worker') ? `restore ${pythonFolder()}` : reinstall,
    ),
  )
  const worker = broken.length === 0 ? [fine('worker', 'its code and packages load')] : imports
  if (probe.torch === null) return worker
  const { version, cuda, gpus } = probe.torch
  const build = fine('PyTorch', `${version}, ${cuda === null ? 'CPU build' : `CUDA ${cuda}`}`)
  return [...worker, build, ...(spec.device === 'cuda' ? [checkGpu(cuda, gpus, reinstall)] : [])]
}

/**
 * @param cuda - CUDA version of the PyTorch build; null for a CPU build.
 * @param gpus - Names of the GPUs that PyTorch sees.
 */
export function checkGpu(cuda: string | null, gpus: readonly string[], reinstall: string): Finding {
  if (gpus.length > 0) return fine('GPU', gpus.join(', '))
  if (cuda === null) {
    return problem(
      'GPU',
      'this PyTorch is a CPU build and cannot use a GPU',
      `install a CUDA build from another index: ${reinstall} --index-url URL`,
    )
  }
  return problem(
    'GPU',
    `PyTorch for CUDA ${cuda} sees no GPU`,
    'check that nvidia-smi lists one and that its driver is new enough, or use the environment cpu',
  )
}

/** Binds a real Unix socket where the pool would make one. */
async function checkSocket(folder: string): Promise<Finding> {
  const mend = 'point TMPDIR to a short folder that can be written, such as /tmp'
  let made: string
  try {
    made = await mkdtemp(join(folder, 'archloom-'))
  } catch (error) {
    return problem('sockets', `no folder can be made in ${folder}: ${reason(error)}`, mend)
  }
  try {
    const path = join(made, 'workers.sock')
    if (Buffer.byteLength(path) > socketPathBytes) {
      const length = Buffer.byteLength(path)
      return problem('sockets', `${path} has ${length} bytes; ${socketPathBytes} fit`, mend)
    }
    await tryListening({ path })
    return fine('sockets', folder)
  } catch (error) {
    return problem('sockets', `no socket can be made in ${folder}: ${reason(error)}`, mend)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

async function checkPort(port: number): Promise<Finding> {
  try {
    await tryListening({ port })
    return fine('port', `${port} is free`)
  } catch (error) {
    return problem('port', `${port} cannot be used: ${reason(error)}`, 'choose another port')
  }
}

function tryListening(options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(options, () => server.close(() => resolve()))
  })
}

async function settle<T>(
  check: string,
  promise: Promise<T>,
  found: (value: T) => Finding,
): Promise<Finding> {
  try {
    return found(await promise)
  } catch (error) {
    if (!(error instanceof ArchloomError)) throw error
    // The sentence reads: what was found; what to do.
    const [found = '', ...mend] = error.message.split('; ')
    return problem(check, found, mend.join('; '))
  }
}

function fine(check: string, found: string): Finding {
  return { check, status: 'fine', found, mend: null }
}

function problem(check: string, found: string, mend: string): Finding {
  return { check, status: 'problem', found, mend }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
