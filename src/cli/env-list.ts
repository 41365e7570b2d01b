import { Command } from 'commander'
import {
  absoluteChoice,
  choiceName,
  type EnvironmentChoice,
  parseChoice,
} from '#src/environment/choice.ts'
import { errorFinding, type Finding } from '#src/environment/finding.ts'
import { findUnlocked, pinnedName } from '#src/environment/open.ts'
import {
  findEnvironment,
  type ListedEnvironment,
  listEnvironments,
} from '#src/environment/resolve.ts'
import { checkWorkerNeeds, type WorkerNeeds } from '#src/environment/worker-needs.ts'

/** `archloom env list [environment...]`. */
export function envListCommand(): Command {
  return new Command('list')
    .description('show every pinned environment, or those that are named, your own among them')
    .argument('[environments...]', 'pinned ones, paths, conda:NAME or [command]')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  archloom env list
  archloom env list ~/vision/.venv conda:speech`,
    )
    .action(async (names: readonly string[], options: { readonly json?: boolean }) => {
      const listed = await (names.length === 0 ? listEnvironments() : Promise.all(names.map(look)))
      const text = options.json
        ? JSON.stringify(listed.map(describe), null, 2)
        : listed.map(lines).join('\n')
      process.stdout.write(`${text}\n`)
    })
}

/** An environment of the user's own: what its Python says, or what is wrong with it. */
type OwnEnvironment =
  | { readonly name: string; readonly needs: WorkerNeeds }
  | { readonly name: string; readonly trouble: Finding }

type Listed = ListedEnvironment | OwnEnvironment

async function look(text: string): Promise<Listed> {
  const choice = absoluteChoice(parseChoice(text), process.cwd())
  const pinned = await pinnedName(choice)
  return pinned === null ? lookAtOwn(choice) : findEnvironment(pinned)
}

async function lookAtOwn(choice: EnvironmentChoice): Promise<OwnEnvironment> {
  const name = choiceName(choice)
  try {
    return { name, needs: await checkWorkerNeeds(await findUnlocked(choice)) }
  } catch (error) {
    return { name, trouble: errorFinding('environment', error) }
  }
}

function describe(listed: Listed) {
  if ('spec' in listed) {
    const { spec, lockHash, folder, created } = listed
    return { ...spec, lockHash, folder, created }
  }
  const { name } = listed
  if ('trouble' in listed) {
    return { name, usable: false, found: listed.trouble.found, mend: listed.trouble.mend }
  }
  const { python, executable, torch } = listed.needs
  return { name, usable: true, python, executable, torch }
}

function lines(listed: Listed): string {
  if ('spec' in listed) {
    const { spec, created, folder } = listed
    const where = created ? folder : `not created; archloom env create ${spec.name}`
    return `${spec.name}  ${spec.summary}\n      ${where}`
  }
  if ('trouble' in listed) {
    return `${listed.name}  cannot be used: ${listed.trouble.found}\n      → ${listed.trouble.mend}`
  }
  const { python, executable, torch } = listed.needs
  return `${listed.name}  Python ${python}, ${torch ? 'with' : 'without'} PyTorch\n      ${executable}`
}
