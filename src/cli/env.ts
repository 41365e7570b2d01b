import { Command, InvalidArgumentError } from 'commander'
import { absoluteChoice, parseChoice } from '#src/environment/choice.ts'
import { createEnvironment } from '#src/environment/create.ts'
import { diagnose } from '#src/environment/doctor.ts'
import type { Finding } from '#src/environment/finding.ts'
import { relockEnvironment } from '#src/environment/relock.ts'
import { writeKeyFiles } from '#src/worker/keys.ts'
import { envListCommand } from './env-list.ts'

interface Output {
  readonly json?: boolean
}

/** `archloom env`: the pinned Python environments that workers run in. */
export function envCommand(): Command {
  return new Command('env')
    .description('Python environments, pinned and your own, and the keys of workers elsewhere')
    .addCommand(envListCommand())
    .addCommand(createCommand())
    .addCommand(doctorCommand())
    .addCommand(lockCommand())
    .addCommand(keysCommand())
    .addHelpText(
      'after',
      `
Examples:
  archloom env list
  archloom env create cpu
  archloom env doctor cuda --port 5555
  archloom env keys keys`,
    )
}

function createCommand(): Command {
  return new Command('create')
    .description('make an environment from its lock, or anew when it is broken or has drifted')
    .argument('[name]', 'which environment', 'cpu')
    .option('--python <path>', 'interpreter to build from')
    .option('--index-url <url>', "package index instead of pip's own")
    .option('--force', 'make it anew although it is complete', false)
    .option('--quiet', 'only errors')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  archloom env create cpu
  archloom env create cuda --python python3.12
  archloom env create ./envs/vision`,
    )
    .action(async (name: string, options: CreateFlags) => {
      const environment = await createEnvironment(name, {
        force: options.force,
        ...(options.quiet ? {} : { onLine: (line) => process.stderr.write(`${line}\n`) }),
        ...(options.python !== undefined && { python: options.python }),
        ...(options.indexUrl !== undefined && { indexUrl: options.indexUrl }),
      })
      if (options.json) printJson(environment)
      else if (!options.quiet) print(environment.python)
    })
}

interface CreateFlags extends Output {
  readonly python?: string
  readonly indexUrl?: string
  readonly force: boolean
  readonly quiet?: boolean
}

function doctorCommand(): Command {
  return new Command('doctor')
    .description('find what would keep a worker from running, and say the mend; exit status 3 then')
    .argument('[environment]', 'a pinned one, a path, conda:NAME or [command]', 'cpu')
    .option('--port <port>', 'also check a TCP port for workers elsewhere', parsePort)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  archloom env doctor
  archloom env doctor cuda --port 5555
  archloom env doctor ~/vision/.venv
  archloom env doctor conda:vision`,
    )
    .action(async (name: string, options: Output & { readonly port?: number }) => {
      const findings = await diagnose(absoluteChoice(parseChoice(name), process.cwd()), {
        ...(options.port !== undefined && { port: options.port }),
      })
      if (options.json) printJson({ environment: name, findings })
      else for (const finding of findings) print(formatFinding(finding))
      if (findings.some(({ status }) => status === 'problem')) process.exitCode = 3
    })
}

function lockCommand(): Command {
  return new Command('lock')
    .description('write the lock anew from what is installed')
    .argument('[name]', 'which environment', 'cpu')
    .option('--add <packages...>', 'lock these installed packages as well')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  archloom env lock cpu
  archloom env lock cpu --add pandas torchvision`,
    )
    .action(async (name: string, options: Output & { readonly add?: string[] }) => {
      const { lockPath, changed } = await relockEnvironment(name, options.add)
      if (options.json) return printJson({ lockPath, changed })
      print(
        changed
          ? `Wrote ${lockPath}; make the environment that it describes with: archloom env create ${name}`
          : `${lockPath} says already what is installed`,
      )
    })
}

function keysCommand(): Command {
  return new Command('keys')
    .description('make the CURVE keys by which workers on other machines are let in')
    .argument('[folder]', 'where to write orchestrator.json and worker.json', 'keys')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Both files hold a secret. orchestrator.json stays; worker.json is copied to every machine that runs
workers, and lets whoever holds it join.

Examples:
  archloom env keys keys
  archloom worker --connect tcp://10.0.0.1:7001 --keys worker.json`,
    )
    .action(async (folder: string, options: Output) => {
      const paths = await writeKeyFiles(folder)
      if (options.json) printJson(paths)
      else print(paths.join('\n'))
    })
}

function formatFinding({ check, status, found, mend }: Finding): string {
  const line = `${status === 'fine' ? 'fine   ' : 'PROBLEM'}  ${check}: ${found}`
  return mend === null ? line : `${line}\n         → ${mend}`
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new InvalidArgumentError(`expected a whole number from 1 to 65535, found ${text}`)
}

function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
