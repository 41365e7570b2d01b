/**
 * Where a worker takes the arguments of a function from, as `py/archloom_worker/binding.py` does, and
 * what keeps it from calling that function. Pure.
 */
import type {
  InspectedFunction,
  InspectedParameter,
  TypeHint,
} from '#src/environment/inspection.ts'

export interface BoundArgument {
  readonly name: string
  /**
   * - `worker`: made by the worker
   * - `input`: a parameter of the trial, or an argument of the call, by its name
   * - `rest`: whatever of the input no other parameter takes
   * - `nothing`: it is always called without
   */
  readonly from: 'worker' | 'input' | 'rest' | 'nothing'
  /** What arrives there, in words. */
  readonly words: string
}

/** What the worker makes for a parameter of that name, unless the input has one. */
export const workerArguments: Readonly<Record<string, string>> = {
  configuration: 'all parameters of the trial',
  reporter: 'reports progress, keeps checkpoints, tells when to stop',
  graph: 'the network, as plain data',
  model: 'the network, as a torch.nn.Module on the device',
  seed: "the trial's seed",
  tensors: 'the arrays of the call, by name',
  device: 'the torch.device to work on',
}

export function bindArguments({ parameters }: InspectedFunction): readonly BoundArgument[] {
  return (parameters ?? []).map((parameter) => ({
    name: parameter.name,
    ...sourceOf(parameter),
  }))
}

/** What keeps a worker from calling the function, or would surprise its author; sentences. */
export function signatureProblems(target: string, found: InspectedFunction): readonly string[] {
  const named = (found.parameters ?? []).filter(({ kind }) => kind !== 'positional-only')
  return [
    ...signatureObstacles(target, found),
    ...named.flatMap(parameterProblems),
    ...packageProblems(found),
  ]
}

/** Those of the problems for which no experiment can call it at all. */
export function signatureObstacles(target: string, found: InspectedFunction): readonly string[] {
  const { parameters } = found
  const positional = (parameters ?? []).filter(({ kind }) => kind === 'positional-only')
  return [
    ...kindProblems(found),
    ...homeProblems(target, found),
    ...(parameters === null ? [unreadable] : []),
    ...positional.flatMap(parameterProblems),
  ]
}

const unreadable = 'Its signature cannot be read; wrap it in a function of Python'

function sourceOf({ name, kind, default: value, hint }: InspectedParameter) {
  switch (kind) {
    case 'var-positional':
      return { from: 'nothing', words: 'stays empty' } as const
    case 'positional-only':
      return { from: 'nothing', words: 'cannot be given by name' } as const
    case 'var-keyword':
      return { from: 'rest', words: 'parameters that no other argument takes' } as const
  }
  const made = workerArguments[name]
  if (made !== undefined) return { from: 'worker', words: madeWords(made, hint) } as const
  const must = value === null ? ', which must be given' : ''
  return { from: 'input', words: `the parameter of that name${must}` } as const
}

function madeWords(words: string, hint: TypeHint | null): string {
  return hint?.kind === 'fields' ? `${words}, as ${hint.name}` : words
}

function kindProblems({ what }: InspectedFunction): string[] {
  if (what === 'coroutine')
    return ['It is async, and a worker does not await; call asyncio.run in a plain function']
  if (what === 'generator')
    return ['It is a generator, and a worker does not iterate; report with a reporter, and return']
  return []
}

/** A worker calls only what its permitted module itself defines. */
function homeProblems(target: string, { home }: InspectedFunction): string[] {
  const [module = '', name = ''] = target.split(':')
  if (home === module || home.startsWith(`${module}.`)) return []
  return [
    `It is defined in ${home}, and a worker calls only what its module defines itself; name ${home}:${name}, or define a function in ${module} that calls it`,
  ]
}

function parameterProblems({ name, kind, hint, default: value }: InspectedParameter): string[] {
  if (kind === 'positional-only')
    return [`${name} can be given by position only, but a worker gives names; take the / away`]
  if (kind !== 'positional-or-keyword' && kind !== 'keyword-only') return []
  if (Object.hasOwn(workerArguments, name)) return []
  if (hint?.kind === 'enum' && !hint.isPlain)
    return [`${name} arrives as a plain value; make the member with ${hint.name}(${name})`]
  const isOdd = hint?.kind === 'other' || hint?.kind === 'fields'
  if (isOdd && value === null)
    return [`${name} must be given, but its type is none that JSON carries; give it a default`]
  return []
}

function packageProblems({ versions }: InspectedFunction): string[] {
  const missing = Object.entries(versions.packages).filter(([, version]) => version === null)
  return missing.map(([name]) => `Its module imports ${name}, which is not installed`)
}
