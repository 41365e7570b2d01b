/** A starter experiment for a Python function: a YAML document with what has to be looked at marked. */
import { dirname, relative, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { resolveDocument } from '#src/config/resolve.ts'
import type { EnvironmentChoice } from '#src/environment/choice.ts'
import type { InspectedFunction } from '#src/environment/inspection.ts'
import { ArchloomError } from '#src/errors.ts'
import { signatureObstacles } from './function-arguments.ts'
import { type DeclaredSpace, readDeclaredSpace } from './function-space.ts'
import { type StarterObjective, starterObjective } from './starter-objective.ts'
import { type StarterSpace, starterSpace } from './starter-space.ts'
import { yamlLine } from './yaml-line.ts'

export interface StarterChoice {
  /** `module:function`. */
  readonly function: string
  readonly found: InspectedFunction
  readonly environment: EnvironmentChoice
  readonly pythonPath: readonly string[]
  /** Where the document will lie; relative paths in it start from its folder. */
  readonly path: string
}

export interface StarterExperiment {
  readonly text: string
  /** What a person has to look at before it runs; clauses. */
  readonly notes: readonly string[]
}

/**
 * Writes the document; it is valid, and runs where nothing had to be left open.
 *
 * @throws config/incompatible for a function that no experiment can call, or that takes nothing to
 *   search; and what `readDeclaredSpace` throws
 */
export function starterExperiment(choice: StarterChoice): StarterExperiment {
  const { function: name, found, path } = choice
  refuseUncallable(name, found)
  const declared = readDeclaredSpace(name, found)
  const starter = starterSpace(found, decidedNames(found, declared))
  const space = takesNetwork(found) ? networkSpace : parameterSpaceLines(name, starter, declared)
  const objective = starterObjective(found)
  const text = `${[
    `# Searches what ${name} is called with.`,
    'version: 1',
    `name: ${slug(name)}`,
    'seed: 1',
    'space:',
    ...indent(space.lines),
    'optimizer:',
    `  name: ${space.optimizer}`,
    'evaluator:',
    '  name: pipeline',
    ...indent(evaluatorLines(choice, starter, objective)),
    ...indent(space.network),
    ...fidelityLines(starter),
    'budget:',
    '  trials: 20',
  ].join('\n')}\n`
  resolveDocument(parse(text), {}, path)
  return { text, notes: [...space.notes, ...objective.notes, ...openNotes(starter)] }
}

interface SpaceLines {
  readonly lines: readonly string[]
  readonly optimizer: string
  /** Lines of the evaluator. */
  readonly network: readonly string[]
  readonly notes: readonly string[]
}

const networkSpace: SpaceLines = {
  lines: ['name: nas-bench-201', 'cellsPerStage: 1', 'channels: 8'],
  optimizer: 'regularized-evolution',
  network: [
    '# A guess: what the networks must fit.',
    'network: { kind: images, inputShape: [1, 28, 28], classCount: 10 }',
  ],
  notes: ['evaluator.network is a guess: say what your data are'],
}

/** What a space that is there decides; null where one is to be guessed. */
function decidedNames(
  found: InspectedFunction,
  declared: DeclaredSpace | null,
): readonly string[] | null {
  if (takesNetwork(found)) return []
  return declared?.space.parameters.map(({ name }) => name) ?? null
}

function parameterSpaceLines(
  name: string,
  { guesses }: StarterSpace,
  declared: DeclaredSpace | null,
): SpaceLines {
  const rest = { optimizer: 'tpe', network: [] }
  if (declared !== null) {
    const head = ['name: hyperparameters', `# As ${declared.where} declares them.`]
    return { lines: [...head, ...settingsLines(declared.settings)], notes: [], ...rest }
  }
  if (guesses.length === 0) {
    throw new ArchloomError(
      'config/incompatible',
      `${name} takes nothing that a search could choose; declare what it takes as the attribute search_space of the function, or as SEARCH_SPACE in its module`,
      { details: { function: name } },
    )
  }
  return {
    lines: [
      'name: hyperparameters',
      '# Guessed from the signature: edit the ranges, take out what is not to be searched.',
      'parameters:',
      ...guesses.map(
        ({ parameter, reason }) => `  - ${yamlLine(shortened(parameter))} # ${reason}`,
      ),
    ],
    notes: ['the ranges under space.parameters are guesses from the signature'],
    ...rest,
  }
}

/** Without what is so anyway. */
function shortened(parameter: object): object {
  const entries = Object.entries(parameter)
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== false))
}

function settingsLines(settings: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    Array.isArray(value)
      ? [`${key}:`, ...value.map((item) => `  - ${yamlLine(item)}`)]
      : stringify({ [key]: value }, { lineWidth: 0, aliasDuplicateObjects: false })
          .trimEnd()
          .split('\n'),
  )
}

function evaluatorLines(
  { function: name, environment, pythonPath, path }: StarterChoice,
  { epochs, seed, missing, kept }: StarterSpace,
  objective: StarterObjective,
): readonly string[] {
  const folder = dirname(resolve(path))
  const folders = pythonPath.map((entry) => relative(folder, resolve(entry)) || '.')
  return [
    `function: ${yamlLine(name)}`,
    ...(isUsual(folders) ? [] : [`pythonPath: ${yamlLine(folders)}`]),
    ...(environment === 'cpu' ? [] : [`environment: ${yamlLine(environment)}`]),
    ...(missing.length === 0
      ? []
      : [
          '# These must be given, and nothing tells how: fill them in.',
          `configuration: ${yamlLine(Object.fromEntries(missing.map((key) => [key, ''])))}`,
        ]),
    ...(kept.length === 0
      ? []
      : [`# Left at their defaults: ${kept.map(({ name: key }) => key).join(', ')}.`]),
    ...(epochs === null ? [] : [`epochsParameter: ${yamlLine(epochs.name)}`]),
    ...(seed === null ? [] : [`seedParameter: ${yamlLine(seed)}`]),
    ...objective.lines,
  ]
}

const isUsual = (folders: readonly string[]) => folders.length === 1 && folders[0] === '.'

function fidelityLines({ epochs }: StarterSpace): readonly string[] {
  const value = epochs?.default?.value
  const count = typeof value === 'number' && Number.isInteger(value) && value >= 1 ? value : 1
  return epochs === null ? [] : ['fidelity:', `  epochs: ${count}`]
}

function openNotes({ missing }: StarterSpace): readonly string[] {
  return missing.map((name) => `evaluator.configuration.${name} must be filled in`)
}

/** A network without which it cannot be called. */
function takesNetwork({ parameters }: InspectedFunction): boolean {
  return (parameters ?? []).some(
    ({ name, default: value }) => (name === 'model' || name === 'graph') && value === null,
  )
}

function refuseUncallable(name: string, found: InspectedFunction): void {
  const obstacles = [
    ...(found.what === 'class' ? ['It is a class, which makes sessions; name a function'] : []),
    ...signatureObstacles(name, found),
  ]
  const [first] = obstacles
  if (first === undefined) return
  throw new ArchloomError(
    'config/incompatible',
    `No experiment can call ${name}: ${first.charAt(0).toLowerCase()}${first.slice(1)}`,
    { details: { function: name, obstacles } },
  )
}

const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`)

function slug(name: string): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return words.replaceAll(/^-+|-+$/g, '')
}
