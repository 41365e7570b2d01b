import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { ArchloomError } from '#src/errors.ts'

/** `archloom init`: a starter experiment that runs as it is. */
export function initCommand(): Command {
  return new Command('init')
    .description('write a starter experiment that runs as it is')
    .argument('[file]', 'where to write it; its ending may choose the format')
    .addOption(
      new Option(
        '--format <format>',
        'yaml or ts; by default what the file ends in, else yaml',
      ).choices(['yaml', 'ts']),
    )
    .option('--force', 'overwrite a file that exists', false)
    .addHelpText(
      'after',
      `
Examples:
  archloom init                       writes experiment.yaml
  archloom init search.ts             writes a TypeScript experiment
  archloom init && archloom run experiment.yaml`,
    )
    .action(
      async (file: string | undefined, options: { format?: 'yaml' | 'ts'; force: boolean }) => {
        const format = options.format ?? (file?.endsWith('.ts') ? 'ts' : 'yaml')
        const path = file ?? `experiment.${format}`
        await writeStarter(path, format === 'ts' ? starterScript : starterYaml, options.force)
        process.stdout.write(`Wrote ${path}; run it with: archloom run ${path}\n`)
      },
    )
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
    throw new ArchloomError('config/usage', `Cannot write ${path}: ${code}`, { cause })
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
