/**
 * The command line. A command's module is loaded only when that command is named, so that `--help`
 * answers before the heavy parts (PyTorch pools, SQLite, catalogs) are touched.
 */
import { Command, CommanderError } from 'commander'
import { archloomVersion } from '#src/runner/version.ts'
import { reportError } from './error-output.ts'

interface CommandStub {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

const commands: readonly CommandStub[] = [
  {
    name: 'run',
    summary: 'run an experiment from a YAML file or a TypeScript module',
    load: async () => (await import('./run.ts')).runCommand(),
  },
  {
    name: 'resume',
    summary: 'continue an interrupted run on the same trajectory',
    load: async () => (await import('./resume.ts')).resumeCommand(),
  },
  {
    name: 'compare',
    summary: 'run methods on benchmarks from many seeds, and compare them',
    load: async () => (await import('./compare.ts')).compareCommand(),
  },
  {
    name: 'replay',
    summary: "prove from its journal that a run's decisions follow from its observations",
    load: async () => (await import('./replay.ts')).replayCommand(),
  },
  {
    name: 'report',
    summary: 'write the report page of one or more runs',
    load: async () => (await import('./report.ts')).reportCommand(),
  },
  {
    name: 'space',
    summary: 'list, show, sample and draw search spaces',
    load: async () => (await import('./space.ts')).spaceCommand(),
  },
  {
    name: 'bench',
    summary: 'import, list, show and ask tabular benchmarks',
    load: async () => (await import('./bench.ts')).benchCommand(),
  },
  {
    name: 'env',
    summary: 'pinned Python environments, and the keys of workers on other machines',
    load: async () => (await import('./env.ts')).envCommand(),
  },
  {
    name: 'worker',
    summary: 'start PyTorch workers that serve an orchestrator elsewhere',
    load: async () => (await import('./worker.ts')).workerCommand(),
  },
  {
    name: 'inspect',
    summary: 'look into a Python function of your own before work is sent to it',
    load: async () => (await import('./inspect.ts')).inspectCommand(),
  },
  {
    name: 'workers',
    summary: 'show who works for a run: on what, at what, since when',
    load: async () => (await import('./workers.ts')).workersCommand(),
  },
  {
    name: 'init',
    summary: 'write a starter experiment, YAML or TypeScript',
    load: async () => (await import('./init.ts')).initCommand(),
  },
]

/**
 * Runs one command line.
 *
 * @param args - what follows the program's name
 * @returns the exit status: 0, or that of the error's code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    const program = await buildProgram(args)
    await program.parseAsync(args, { from: 'user' })
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportError(error, {
      json: args.includes('--json'),
      verbose: args.includes('--verbose'),
    })
  }
}

async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('archloom')
    .description('Neural architecture search from Node, trained by a pinned PyTorch worker')
    .version(archloomVersion(), '-V, --version')
    .addHelpText('after', examples)
    .showSuggestionAfterError(true)
  // `archloom help run` names its command second.
  const named = args[0] === 'help' ? args[1] : args[0]
  for (const { name, summary, load } of commands) {
    program.addCommand(name === named ? await load() : new Command(name).description(summary))
  }
  applyToAll(program, (command) => {
    command.exitOverride().configureHelp({ showGlobalOptions: false })
  })
  return program
}

function applyToAll(command: Command, change: (command: Command) => void): void {
  change(command)
  for (const child of command.commands) applyToAll(child, change)
}

const examples = `
Examples:
  archloom run configs/quickstart.yaml
  archloom run search.yaml --set budget.trials=20 --seed 3 --out runs/third
  archloom resume runs/third
  archloom workers --watch
  archloom compare configs/suites/bakeoff.yaml
  archloom space sample nas-bench-201 --count 3
  archloom bench import nasbench_full.tfrecord
  archloom env doctor

Exit status: 0 done, 2 wrong input, 3 environment or worker trouble, 4 refused comparison,
5 failed verification, 70 a defect of archloom, 130 interrupted and resumable.`
