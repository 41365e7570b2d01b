import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseChoice } from '#src/environment/choice.ts'
import { dataFolders } from '#src/environment/folders.ts'
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
  readonly environment: string
  readonly device: string
  readonly threads: number
  readonly determinism: 'bitwise' | 'seeded' | 'fast'
  readonly dataset: readonly DatasetName[]
  readonly dataFolder?: string
  readonly allow: readonly string[]
  readonly pythonPath: readonly string[]
  readonly allowDrift: boolean
}

/** `archloom worker --connect URL`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('start a PyTorch worker that serves an orchestrator elsewhere')
    .option('--connect <url>', "the orchestrator's endpoint, such as tcp://10.0.0.1:7001")
    .option('--keys <file>', 'worker.json, copied from the key folder of the orchestrator')
    .option('--name <name>', "the worker's name; by default this host and process")
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

The experiment names the other side:
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
  const environment = await openEnvironment(parseChoice(flags.environment), {
    allowDrift: flags.allowDrift,
  })
  using stopping = abortOnSignals('The worker finishes what it can and leaves')
  return await runRemoteWorker(
    {
      environment,
      endpoint: flags.connect,
      worker: flags.name ?? `${hostname()}-${process.pid}`,
      device: flags.device,
      threads: flags.threads,
      determinism: flags.determinism,
      datasets: flags.dataset,
      dataFolders: dataFolders(flags.dataFolder),
      allow: flags.allow,
      pythonPath: flags.pythonPath.map((folder) => resolve(folder)),
    },
    await readWorkerKeys(flags.keys),
    stopping.signal,
  )
}

function parseCount(value: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(value)) return Number(value)
  throw new InvalidArgumentError(`expected a whole number from 1 to 9999, found ${value}`)
}
