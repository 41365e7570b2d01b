/** Finds what would keep a worker from running in an environment, and says the mend. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choiceName, type EnvironmentChoice } from './choice.ts'
import { errorFinding, type Finding, fine, problem, settle } from './finding.ts'
import { findUnlocked, pinnedName } from './open.ts'
import { findPython, probePython } from './python.ts'
import {
  findEnvironment,
  interpreterOf,
  type ListedEnvironment,
  resolveEnvironment,
} from './resolve.ts'
import { checkLoads } from './worker-check.ts'
import { checkWorkerNeeds } from './worker-needs.ts'

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
export async function diagnose(
  choice: EnvironmentChoice,
  options: DoctorOptions = {},
): Promise<Finding[]> {
  const name = await pinnedName(choice)
  const pinned = name === null ? null : await findEnvironment(name)
  const sockets = checkSocket(options.socketFolder ?? tmpdir())
  const port = options.port === undefined ? [] : [checkPort(options.port)]
  return [
    checkNode(process.versions.node),
    ...(pinned
      ? await checkPinned(pinned, options.signal)
      : await checkUnlocked(choice, options.signal)),
    await sockets,
    ...(await Promise.all(port)),
  ]
}

/** @param version - Of the running Node, such as `24.21.0`. */
export function checkNode(version: string): Finding {
  if (Number(version.split('.')[0]) >= minimumNode) return fine('Node', version)
  return problem('Node', version, `run archloom on Node ${minimumNode} or newer: npm run setup`)
}

async function checkPinned(
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
  const loads = await checkLoads(
    { name: spec.name, command: [interpreterOf(folder)], activation: null },
    {
      device: spec.device,
      reinstall: `${create} --force`,
      needsTorch: true,
      ...(signal && { signal }),
    },
  )
  return [python, fine('environment', folder), lock, ...loads]
}

/** One that archloom did not make: there is no lock to hold it against. */
async function checkUnlocked(
  choice: EnvironmentChoice,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  try {
    const environment = await findUnlocked(choice)
    const { python, executable } = await checkWorkerNeeds(environment, signal)
    return [
      fine('Python', `${python} at ${executable}`),
      fine('environment', `${environment.name}, as it is: no lock pins it`),
      ...(await checkLoads(environment, {
        device: 'cpu',
        reinstall: environment.mend.packages,
        needsTorch: false,
        ...(signal && { signal }),
      })),
    ]
  } catch (error) {
    return [errorFinding(`environment ${choiceName(choice)}`, error)]
  }
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

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
