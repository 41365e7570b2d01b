/** Looks into a Python function before any work is sent to it: what `archloom inspect` shows. */
import { resolve } from 'node:path'
import { choiceName, type EnvironmentChoice } from '#src/environment/choice.ts'
import { inspectModule } from '#src/environment/inspect.ts'
import { defaultTimeoutSeconds, type InspectedFunction } from '#src/environment/inspection.ts'
import { openEnvironment } from '#src/environment/open.ts'
import { ArchloomError } from '#src/errors.ts'
import { FunctionName } from '#src/protocol/task.ts'
import { type BoundArgument, bindArguments, signatureProblems } from './function-arguments.ts'
import { type DeclaredSpace, readDeclaredSpace, spaceProblems } from './function-space.ts'

export interface InspectOptions {
  /** Whose Python looks; `cpu` by default. */
  readonly environment?: EnvironmentChoice
  /** Folders in which the module is looked for first; the working folder by default. */
  readonly pythonPath?: readonly string[]
  /** For importing the module, and all that its import does; 60 by default. */
  readonly timeoutSeconds?: number
  readonly signal?: AbortSignal
}

export interface InspectedCall extends Omit<InspectedFunction, 'kind' | 'searchSpace'> {
  /** `module:function`. */
  readonly function: string
  readonly environment: string
  /** In the signature's order: where a worker takes each from. */
  readonly arguments: readonly BoundArgument[]
  /** Where a search space is declared, such as `train.search_space`; null for nowhere. */
  readonly declaredAt: string | null
  /** Null where none is declared, or what is declared is wrong, which `problems` then says. */
  readonly searchSpace: DeclaredSpace | null
  /** What keeps a worker from calling it, or would surprise its author; sentences. */
  readonly problems: readonly string[]
}

/**
 * Looks into a Python function: its signature, docstring, declared search space, and what is installed
 * of that which its module imports.
 *
 * @remarks
 * The module is imported, and nothing of it is called. That happens in processes of their own, under
 * the time limit, and whatever the module does there (hang, crash, exit, print, start processes) ends
 * with them and reaches the caller as an error.
 *
 * @param name - `module:function`, of a function or a class at the top of its module
 * @throws environment/no-module, environment/no-function, environment/import-failed,
 *   environment/missing-package, environment/inspection-failed, environment/inspection-timeout, and
 *   what opening the environment throws; config/usage for a name that is none
 *
 * @example
 * ```ts
 * const { arguments: bound, problems } = await inspectFunction('training:train', {
 *   environment: { venv: '.venv' },
 *   pythonPath: ['src'],
 * })
 * ```
 */
export async function inspectFunction(
  name: string,
  options: InspectOptions = {},
): Promise<InspectedCall> {
  const found = await lookInto(name, options)
  const { kind: _, searchSpace: __, ...facts } = found
  const space = declaredOrProblem(name, found)
  return {
    function: name,
    environment: choiceName(options.environment ?? 'cpu'),
    ...facts,
    arguments: bindArguments(found),
    declaredAt: found.searchSpace?.where ?? null,
    searchSpace: space instanceof ArchloomError ? null : space,
    problems: [
      ...signatureProblems(name, found),
      ...(space instanceof ArchloomError ? [space.message] : []),
      ...(space !== null && !(space instanceof ArchloomError) ? spaceProblems(space, found) : []),
    ],
  }
}

/** What Python says of a function, and nothing derived from it; throws as `inspectFunction`. */
export async function lookInto(
  name: string,
  options: InspectOptions = {},
): Promise<InspectedFunction> {
  if (!FunctionName.safeParse(name).success) {
    throw new ArchloomError(
      'config/usage',
      `Expected module:function, such as training:train, found ${JSON.stringify(name)}; name a function or a class at the top of a module`,
      { details: { found: name } },
    )
  }
  const { environment: choice = 'cpu', pythonPath = ['.'], signal } = options
  const environment = await openEnvironment(choice, { ...(signal && { signal }) })
  return inspectModule(environment, {
    target: name,
    pythonPath: pythonPath.map((folder) => resolve(folder)),
    timeoutSeconds: options.timeoutSeconds ?? defaultTimeoutSeconds,
    ...(signal && { signal }),
  })
}

function declaredOrProblem(name: string, found: InspectedFunction) {
  try {
    return readDeclaredSpace(name, found)
  } catch (error) {
    if (error instanceof ArchloomError) return error
    throw error
  }
}
