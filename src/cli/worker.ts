import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseChoice } from '#src/environment/choice.ts'
import { dataFolders } from '#src/environment/folders.ts'
import { localDevices } from '#src/environment/local-devices.ts'
import { openEnvironment } from '#src/environment/open.ts'
import { ArchloomError } from '#src/errors.ts'
import { type DatasetName, datasetNames } from '#src/protocol/recipe.ts'
import { readWorkerKeys } from '#src/worker/keys.ts'
import { runRemoteWorker } from '#src/worker/remote.ts'
import { abortOnSignals } from './interrupt.ts'

interface Flags {
  readonly connect?: string
  readonly keys?: string
  readonly name?: string
  readonly workers: number | 'auto'
  readonly workersPerDevice?: number
  readonly environment: string
  readonly device: string
  readonly threads: number
  readonly determinism: 'bitwise' | 'seeded' | 'fast'
  readonly dataset: readonly DatasetName[]
  readonly dataFolder?: string
  readonly root?: string
  readonly allow: readonly string[]
  readonly pythonPath: readonly string[]
  readonly allowDrift: boolean
}

/** `archloom worker --connect URL`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('start PyTorch workers that serve an orchestrator elsewhere')
    .option('--connect <url>', "the orchestrator's endpoint, such as tcp://10.0.0.1:7001")
    .option('--keys <file>', 'worker.json, copied from the key folder of the orchestrator')
    .option('--name <name>', "the worker's name; by default this host and process")
    .option('--workers <count>', 'how many, or auto for one on each GPU', parseWorkers, 1)
    .option('--workers-per-device <count>', 'how many may share one GPU', parseCount)
    .option('--environment <environment>', 'pinned one, path, conda:NAME or [command]', 'cpu')
    .option('--device <device>', 'cpu, cuda or cuda:INDEX', 'cpu')
    .option('--threads <count>', 'threads of one operation', parseCount, 1)
    .addOption(
      new Option('--determinism <mode>', "as in the experiment's evaluator")
        .choices(['bitwise', 'seeded', 'fast'])
        .default('bitwise'),
    )
    .addOption(
      new Option('--dataset <names...>', 'data sets to load at the start')
        .choices(datasetNames)
        .default([]),
    )
    .option('--data-folder <folder>', 'where data sets lie, before the usual places')
    .option('--root <folder>', 'only folder for checkpoints; by default a temporary one')
    .option('--allow <modules...>', 'Python modules whose functions may be called', [])
    .option('--python-path <folders...>', 'where modules are looked for first', [])
    .option('--allow-drift', 'serve although installed packages differ from the lock', false)
    .addHelpText(
      'after',
      `
Examples:
  archloom env keys keys
  archloom worker --connect tcp://10.0.0.1:7001 --keys worker.json --dataset cifar10 --device cuda
  archloom worker --connect tcp://10.0.0.1:7001 --keys worker.json --allow team.training --python-path .
  archloom worker --connect tcp://10.0.0.1:7001 --keys worker.json --dataset cifar10 --device cuda \\
    --workers auto --workers-per-device 2

Workers may join and leave at any time; SIGTERM and Ctrl-C make them leave in good order. Several
processes get the name and a number each. Tasks can name files in --root alone: the run folder, where
the machines share it. The experiment names the other side:
  evaluator: {name: train, workers: 0, remote: {endpoint: "tcp://*:7001", keys: keys, minWorkers: 2}, …}`,
    )
    .action(async (flags: Flags) => {
      process.exitCode = await serve(flags)
    })
}

async function serve(flags: Flags): Promise<number> {
  if (flags.connect === undefined || flags.keys === undefined) {
    throw new ArchloomError(
      'config/usage',
      'A worker needs --connect URL and --keys FILE; make keys with archloom env keys FOLDER',
    )
  }
  if (!/^(ipc:\/\/.+|tcp:\/\/[^*/]+:[0-9]+)$/.test(flags.connect)) {
    throw new ArchloomError(
      'config/usage',
      `--connect expects tcp://HOST:PORT of the orchestrator, such as tcp://10.0.0.1:7001, found "${flags.connect}"`,
    )
  }
  const environment = await openEnvironment(parseChoice(flags.environment), {
    allowDrift: flags.allowDrift,
  })
  const keys = await readWorkerKeys(flags.keys)
  await using scratch = await scratchFolder()
  const name = flags.name ?? `${hostname()}-${process.pid}`
  const request = {
    environment,
    endpoint: flags.connect,
    threads: flags.threads,
    determinism: flags.determinism,
    datasets: flags.dataset,
    dataFolders: dataFolders(flags.dataFolder),
    root: resolve(flags.root ?? scratch.path),
    allow: flags.allow,
    pythonPath: flags.pythonPath.map((folder) => resolve(folder)),
  }
  using stopping = abortOnSignals('The worker finishes what it can and leaves')
  const devices = await devicesOf(flags, stopping.signal)
  const statuses = await Promise.all(
    devices.map((device, index) => {
      const worker = devices.length === 1 ? name : `${name}-${index}`
      return runRemoteWorker({ ...request, worker, device }, keys, stopping.signal)
    }),
  )
  return Math.max(...statuses)
}

async function scratchFolder() {
  const path = await mkdtemp(join(tmpdir(), 'archloom-worker-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function devicesOf(flags: Flags, signal: AbortSignal): Promise<string[]> {
  const { workers, device, workersPerDevice = null, threads } = flags
  if (device === 'cpu' || device === 'cuda') {
    return await localDevices({ workers, device, workersPerDevice, threads }, signal)
  }
  // A GPU that is named is the only one.
  const count = workers === 'auto' ? (workersPerDevice ?? 1) : workers
  return Array.from({ length: count }, () => device)
}

function parseWorkers(value: string): number | 'auto' {
  return value === 'auto' ? value : parseCount(value)
}

function parseCount(value: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(value)) return Number(value)
  throw new InvalidArgumentError(`expected a whole number from 1 to 9999, found ${value}`)
}
