import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { ArchloomError } from '#src/errors.ts'
import { addFunctionOptions, type FunctionFlags, functionOptions } from './function-options.ts'

interface InitFlags extends FunctionFlags {
  readonly format?: 'yaml' | 'ts'
  readonly force: boolean
  readonly from?: string
  readonly out?: string
}

/** `archloom init`: a starter experiment that runs as it is. */
export function initCommand(): Command {
  const command = new Command('init')
    .description('write a starter experiment that runs as it is, or one that calls your function')
    .argument('[file]', 'where to write it; its ending may choose the format')
    .addOption(
      new Option(
        '--format <format>',
        'yaml or ts; by default what the file ends in, else yaml',
      ).choices(['yaml', 'ts']),
    )
    .option('--force', 'overwrite a file that exists', false)
    .option('--from <function>', 'module:function of your own that the experiment calls')
    .option('--out <file>', 'the same as the argument')
  return addFunctionOptions(command)
    .addHelpText(
      'after',
      `
With --from, the function is looked into as by archloom inspect. The space is the one that it
declares, or else guessed from its signature; guesses are marked in the file.

Examples:
  archloom init                       writes experiment.yaml
  archloom init search.ts             writes a TypeScript experiment
  archloom init && archloom run experiment.yaml
  archloom init --from training:train --out search.yaml
  archloom init --from training:train --environment .venv --python-path src`,
    )
    .action(init)
}

async function init(file: string | undefined, options: InitFlags): Promise<void> {
  const named = file ?? options.out
  const format = options.format ?? (named?.endsWith('.ts') ? 'ts' : 'yaml')
  const path = named ?? `experiment.${format}`
  if (options.from !== undefined) return initFrom(options.from, { path, format, options })
  await writeStarter(path, format === 'ts' ? starterScript : starterYaml, options.force)
  process.stdout.write(`Wrote ${path}; run it with: archloom run ${path}\n`)
}

interface Target {
  readonly path: string
  readonly format: 'yaml' | 'ts'
  readonly options: InitFlags
}

async function initFrom(name: string, { path, format, options }: Target): Promise<void> {
  if (format === 'ts') {
    throw new ArchloomError(
      'config/usage',
      `With --from a YAML file is written, but ${path} is to be TypeScript; name a .yaml file`,
    )
  }
  // They load every catalog, which a plain starter has no need of.
  const { lookInto } = await import('#src/runner/inspect-function.ts')
  const { starterExperiment } = await import('#src/runner/starter-experiment.ts')
  const asked = functionOptions(options)
  const found = await lookInto(name, asked)
  const { text, notes } = starterExperiment({ function: name, found, path, ...asked })
  await writeStarter(path, text, options.force)
  const then = notes.length === 0 ? 'run it with' : 'look through it, then run it with'
  process.stdout.write(`Wrote ${path}; ${then}: archloom run ${path}\n`)
  for (const note of notes) process.stdout.write(`  → ${note}\n`)
}

async function writeStarter(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EEXIST') {
      throw new ArchloomError(
        'config/usage',
        `Cannot write ${path}: it exists; give another name, or --force to overwrite it`,
      )
    }
    const why = code === 'ENOENT' ? 'its folder is not there; make it first' : code
    throw new ArchloomError('config/usage', `Cannot write ${path}: ${why}`, { cause })
  }
}

const starterYaml = `# An architecture search: what to search, how, and what each network is worth.
version: 1
name: my-search
seed: 1
space:
  name: nas-bench-201
  cellsPerStage: 1
  channels: 8
optimizer:
  name: regularized-evolution
  populationSize: 8
  sampleSize: 3
evaluator:
  name: train
  workers: 2
  dataset:
    name: digits
  recipe:
    batchSize: 64
    optimizer:
      kind: sgd
      learningRate: 0.1
fidelity:
  epochs: 4
budget:
  trials: 20
visibility:
  order: ordered
  window: 2
`

const starterScript = `import { defineExperiment } from 'archloom'

// An architecture search: what to search, how, and what each network is worth.
export default defineExperiment({
  version: 1,
  name: 'my-search',
  seed: 1,
  space: { name: 'nas-bench-201', cellsPerStage: 1, channels: 8 },
  optimizer: { name: 'regularized-evolution', populationSize: 8, sampleSize: 3 },
  evaluator: {
    name: 'train',
    workers: 2,
    dataset: { name: 'digits' },
    recipe: { batchSize: 64, optimizer: { kind: 'sgd', learningRate: 0.1 } },
  },
  fidelity: { epochs: 4 },
  budget: { trials: 20 },
  visibility: { order: 'ordered', window: 2 },
})
`
