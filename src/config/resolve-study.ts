/**
 * Resolves a study document: every default filled in, every name found in its catalog, random search
 * added, variants written out.
 */
import { contentHash } from '#src/encoding/hash.ts'
import { canonicalJson, type Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import type { OptimizerEntry } from '#src/optimizer/optimizer.ts'
import {
  type BenchmarkChoice,
  type MethodChoice,
  StudyDocument,
  type VaryChoice,
} from '#src/study/document.ts'
import type { StudyMethod } from '#src/study/study.ts'
import { expandVariants } from '#src/study/variants.ts'
import { type Place, parseOrExplain, placeName } from './issue.ts'
import { availableEvaluators, availableOptimizers, availableSpaces, findEntry } from './resolve.ts'
import type { Extensions } from './schema.ts'

export interface ResolvedStudy {
  /** Resolves to itself: settings have their defaults, `vary` stands as it was. */
  readonly document: StudyDocument
  /** Variants and random search included, in the document's order. */
  readonly methods: readonly StudyMethod[]
}

/**
 * Validates a study and fills in every default, those of the catalogs' entries included.
 *
 * @param file - how to name the source in messages
 * @throws config/unknown-key, config/invalid, config/unknown-name
 */
export function resolveStudy(input: unknown, extensions: Extensions, file: string): ResolvedStudy {
  const parsed = parseOrExplain(StudyDocument, input, { file, path: [] })
  const document: StudyDocument = {
    ...parsed,
    methods: [...missingControls(parsed.methods, extensions), ...parsed.methods].map((choice) => {
      const place = { file, path: ['methods', parsed.methods.indexOf(choice)] }
      return resolveMethod(choice, extensions, place)
    }),
    benchmarks: parsed.benchmarks.map((choice, index) =>
      resolveBenchmark(choice, extensions, { file, path: ['benchmarks', index] }),
    ),
  }
  refuseLimitless(document, file)
  const methods = studyMethods(document, extensions, file)
  for (const [index, choice] of document.benchmarks.entries()) {
    refuseUnknown(choice.methods ?? [], methods, { file, path: ['benchmarks', index, 'methods'] })
  }
  refuseTwins(document.benchmarks.map(labelOf), { file, path: ['benchmarks'] })
  refuseTwins(methods.map(labelOf), { file, path: ['methods'] })
  return { document, methods }
}

/** Random search, where the document leaves it out; it stands first then. */
function missingControls(
  choices: readonly MethodChoice[],
  extensions: Extensions,
): readonly MethodChoice[] {
  return controlsOf(extensions)
    .filter((entry) => !choices.some((choice) => isPlain(choice, entry)))
    .map(({ name }) => ({ name }))
}

function controlsOf(extensions: Extensions): readonly OptimizerEntry[] {
  return availableOptimizers(extensions).filter(({ isControl }) => isControl === true)
}

/** Whether a choice is an optimizer with nothing but its defaults. */
function isPlain(choice: MethodChoice, { name, settings }: OptimizerEntry): boolean {
  if (choice.name !== name) return false
  const chosen = settings.safeParse(methodSettings(choice))
  return chosen.success && canonicalJson(chosen.data) === canonicalJson(settings.parse({}))
}

function methodSettings(choice: MethodChoice) {
  const { name: _, label: __, seeds: ___, tuning: ____, ...settings } = choice
  return settings
}

/** What stands beside a benchmark's name for the evaluator. */
export function benchmarkSettings(choice: BenchmarkChoice): Readonly<Record<string, unknown>> {
  const own = ['name', 'label', 'space', 'budget', 'checkpoints', 'workers', 'methods']
  return Object.fromEntries(Object.entries(choice).filter(([key]) => !own.includes(key)))
}

function resolveMethod(choice: MethodChoice, extensions: Extensions, place: Place): MethodChoice {
  const entry = findEntry(availableOptimizers(extensions), choice.name, placeName(place, ['name']))
  const settings = parseOrExplain(entry.settings, methodSettings(choice), place)
  const { name, label = name, seeds, tuning } = choice
  return {
    name,
    label,
    ...(seeds !== undefined && { seeds }),
    ...(tuning && { tuning }),
    ...(settings as Record<string, unknown>),
  }
}

function resolveBenchmark(
  choice: BenchmarkChoice,
  extensions: Extensions,
  place: Place,
): BenchmarkChoice {
  const evaluators = availableEvaluators(extensions)
  const entry = findEntry(evaluators, choice.name, placeName(place, ['name']))
  if (entry.objective === undefined) {
    const fit = evaluators.filter(({ objective }) => objective !== undefined)
    throw new ArchloomError(
      'config/incompatible',
      `${placeName(place, ['name'])}: a study needs an evaluator that answers at once, such as ${fit.map(({ name }) => name).join(', ')}, found ${choice.name}`,
    )
  }
  const spacePlace = { ...place, path: [...place.path, 'space'] }
  const { name, ...spaceSettings } = choice.space
  const spaceEntry = findEntry(availableSpaces(extensions), name, placeName(spacePlace, ['name']))
  const spaceChoice = parseOrExplain(spaceEntry.settings, spaceSettings, spacePlace)
  const settings = parseOrExplain(entry.settings, benchmarkSettings(choice), place)
  const { label, budget, checkpoints, workers, methods } = choice
  // The study's own workers are simulated, not those of an evaluator that is started.
  const { workers: _, ...others } = settings as Record<string, unknown>
  return {
    label,
    name: choice.name,
    space: { name, ...(spaceChoice as Record<string, unknown>) },
    ...(budget && { budget }),
    ...(checkpoints && { checkpoints }),
    ...(workers !== undefined && { workers }),
    ...(methods && { methods }),
    ...others,
  }
}

function refuseLimitless({ benchmarks, budget }: StudyDocument, file: string): void {
  const index = benchmarks.findIndex(
    (choice) => budget === undefined && choice.budget === undefined,
  )
  if (index < 0) return
  const where = placeName({ file, path: ['benchmarks', index, 'budget'] })
  throw new ArchloomError(
    'config/invalid',
    `${where}: expected a budget here or one for the whole study, found neither`,
  )
}

/** The methods of a document, each followed by its variants. */
function studyMethods(
  { methods, vary, seeds }: StudyDocument,
  extensions: Extensions,
  file: string,
): readonly StudyMethod[] {
  for (const [index, { method }] of vary.entries()) {
    refuseUnknown([method], methods, { file, path: ['vary', index, 'method'] })
  }
  return methods.flatMap((choice) => {
    const count = choice.seeds ?? seeds.count
    const rows = Array.from({ length: count }, (_, index) => String(seeds.first + index))
    const make = (label: string, settings: Json, variant: StudyMethod['variant']): StudyMethod => ({
      label,
      name: choice.name,
      settings,
      hash: contentHash({ name: choice.name, settings }),
      seeds: rows,
      isControl: variant === null && controlsOf(extensions).some((entry) => isPlain(choice, entry)),
      ...(choice.tuning && variant === null && { tuning: choice.tuning }),
      variant,
    })
    const label = labelOf(choice)
    // Settings are JSON: they were read from YAML or from a module's plain object.
    const settings = methodSettings(choice) as Json
    const variants = vary.flatMap((change, index) =>
      change.method === label
        ? variantsOf({ choice, settings, change }, extensions, { file, path: ['vary', index] })
        : [],
    )
    return [
      make(label, settings, null),
      ...variants.map((variant) => make(variant.label, variant.settings, variant.variant)),
    ]
  })
}

function variantsOf(
  { choice, settings, change }: { choice: MethodChoice; settings: Json; change: VaryChoice },
  extensions: Extensions,
  place: Place,
) {
  const entry = findEntry(availableOptimizers(extensions), choice.name, placeName(place))
  const base = { label: labelOf(choice), settings }
  return expandVariants(
    base,
    change as { settings: Record<string, Json[]>; mode: typeof change.mode },
  ).map((variant) => ({
    ...variant,
    settings: parseOrExplain(entry.settings, variant.settings, {
      file: `${place.file}, ${placeName({ file: '', path: place.path }).slice(5)}, ${variant.label}`,
      path: [],
    }) as Json,
  }))
}

function labelOf({ label, name }: { readonly label?: string | undefined; readonly name: string }) {
  return label ?? name
}

function refuseUnknown(
  labels: readonly string[],
  methods: readonly { readonly label?: string | undefined; readonly name: string }[],
  place: Place,
): void {
  const known = methods.map(labelOf)
  const unknown = labels.find((label) => !known.includes(label))
  if (unknown === undefined) return
  throw new ArchloomError(
    'config/unknown-name',
    `${placeName(place)}: unknown method "${unknown}"; there are ${known.join(', ')}`,
  )
}

function refuseTwins(labels: readonly string[], place: Place): void {
  const twin = labels.find((label, index) => labels.indexOf(label) !== index)
  if (twin === undefined) return
  throw new ArchloomError(
    'config/invalid',
    `${placeName(place)}: expected a label of its own for each, found "${twin}" twice; give one of them another label`,
  )
}
