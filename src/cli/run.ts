import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { loadExperiment } from '#src/config/load.ts'
import { absoluteChoice, parseChoice } from '#src/environment/choice.ts'
import { objectiveOf } from '#src/report/objective.ts'
import { runExperiment } from '#src/runner/run.ts'
import { systemClock } from '#src/time/clock.ts'
import { addRunFlags, collect, parseSeed, type RunFlags } from './options.ts'
import { carryOut } from './session.ts'

interface Flags extends RunFlags {
  readonly set: readonly string[]
  readonly seed?: string
  readonly environment?: string
  readonly out?: string
}

/** `archloom run CONFIG`. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('run an experiment from a YAML file or a TypeScript module')
    .argument(
      '<config>',
      'experiment.yaml, or a module that default-exports defineExperiment({...})',
    )
    .option('--set <path=value>', 'override a value of the configuration; repeatable', collect, [])
    .option('--seed <number>', "the run's seed; short for --set seed=<number>", parseSeed)
    .option(
      '--environment <environment>',
      'where workers run: pinned one, path, conda:NAME or [command]; short for --set evaluator.environment=…',
    )
    .option('--out <folder>', 'run folder; by default runs/<name>-<date>-<time>')
  return addRunFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  archloom run configs/quickstart.yaml
  archloom run search.ts --seed 7 --out runs/seventh
  archloom run configs/quickstart.yaml --set budget.trials=100 --set evaluator.workers=4
  archloom run pipeline.yaml --environment ~/vision/.venv
  archloom run configs/quickstart.yaml --json > result.json

Ctrl-C stops a run in good order; archloom resume <folder> continues it.`,
    )
    .action(async (config: string, flags: Flags) => {
      const seed = flags.seed === undefined ? [] : [`seed=${JSON.stringify(flags.seed)}`]
      const overrides = [...flags.set, ...seed, ...environmentOverride(flags.environment)]
      const experiment = await loadExperiment(config, { overrides })
      const { document } = experiment
      const { name } = document
      const folder = flags.out ?? freeFolder(`runs/${name}-${stamp(systemClock().nowMs())}`)
      await carryOut({
        title: { name, objective: objectiveOf(document) },
        folder,
        flags,
        extensions: experiment.extensions,
        run: (options) => runExperiment(experiment, options),
      })
    })
}

/** A path given here starts from the working folder, not from the experiment's. */
function environmentOverride(text: string | undefined): string[] {
  if (text === undefined) return []
  const choice = absoluteChoice(parseChoice(text), process.cwd())
  return [`evaluator.environment=${JSON.stringify(choice)}`]
}

/** Another name for the second run of one second. */
export function freeFolder(folder: string): string {
  let number = 2
  let free = folder
  while (existsSync(free)) free = `${folder}-${number++}`
  return free
}

/** `20261124-031500`, in universal time. */
function stamp(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}
