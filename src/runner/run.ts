/** Runs an experiment to its end, and takes an interrupted run up again. */
import { dirname, resolve } from 'node:path'
import type { Logger } from 'pino'
import { parseOrExplain } from '#src/config/issue.ts'
import { isScript } from '#src/config/load.ts'
import { ExperimentDocument, type Extensions, type LoadedExperiment } from '#src/config/schema.ts'
import type { Json } from '#src/encoding/json.ts'
import type { Evaluator, EvaluatorContext } from '#src/evaluator/evaluator.ts'
import {
  EnvironmentSeen,
  type ExperimentEvent,
  type JournalEntry,
} from '#src/experiment/experiment.ts'
import { startMethod } from '#src/experiment/method.ts'
import { type Replayed, replay } from '#src/experiment/replay.ts'
import type { ExperimentState } from '#src/experiment/state.ts'
import { createJournal, openJournal, readJournal } from '#src/store/journal.ts'
import type { Journal, JournalReader } from '#src/store/store.ts'
import { type Clock, systemClock } from '#src/time/clock.ts'
import { type AskThread, startAskThread } from './ask-thread.ts'
import { type Composition, composeExperiment } from './compose.ts'
import { type Beginning, drive } from './drive.ts'
import { refuseMixed } from './mixed.ts'
import { type RunResult, runResult } from './result.ts'
import type { RunSnapshot } from './snapshot.ts'
import { stopError } from './stop.ts'
import { trainedWeights } from './trained-weights.ts'
import { archloomVersion } from './version.ts'
import { reportWorkers } from './workers-file.ts'
import { writeConfig, writeEnvironment, writeResult } from './write-files.ts'

export interface RunOptions {
  /** The run folder; made if need be. */
  readonly folder: string
  readonly logger: Logger
  /** Aborting interrupts the run; it can be resumed. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Called after each commit: often, so draw at leisure. */
  readonly onUpdate?: (snapshot: RunSnapshot) => void
  /** Go on although the environment differs from its lock; the drift is recorded. */
  readonly allowDrift?: boolean
  /** Go on although results come from several environments; recorded, and said by every result. */
  readonly allowMixed?: boolean
}

export interface ResumeOptions extends RunOptions {
  /** Those of the script that the run came from; needed where its document names them. */
  readonly extensions?: Extensions
}

/**
 * Runs an experiment in a new run folder.
 *
 * @throws store/exists when the folder holds a run; run/interrupted when the signal aborts;
 *   config/*, store/*, worker/*, environment/* as their parts say
 */
export async function runExperiment(
  experiment: LoadedExperiment,
  options: RunOptions,
): Promise<RunResult> {
  const setting = settingOf(options)
  const { document, extensions, source, hash } = experiment
  const composition = composeExperiment(document, extensions, source.path)
  const header = {
    archloomVersion: archloomVersion(),
    // A validated document is JSON: it was read from YAML or from a module's plain object.
    document: document as unknown as Json,
    documentHash: hash,
    source,
    createdMs: setting.clock.nowMs(),
  }
  using journal = createJournal(setting.folder, header, setting.clock)
  return await carryOn(journal, composition, setting)
}

/**
 * Continues a run on the identical trajectory, whatever ended its last process. A finished run just
 * gives its result.
 *
 * @throws store/not-a-journal, store/locked and the like; verify/replay when the journal's decisions
 *   do not follow from it; confounded/fingerprints when this environment is another than before
 */
export async function resumeRun(options: ResumeOptions): Promise<RunResult> {
  const setting = settingOf(options)
  using journal = openJournal(setting.folder, setting.clock)
  return await carryOn(journal, recompose(journal, options.extensions ?? {}), setting)
}

/** What `replayRun` found. */
export interface ReplayReport {
  readonly entryCount: number
  /** Proposals that were computed again and found equal to the journal's. */
  readonly proposalCount: number
  readonly result: RunResult
}

/**
 * Proves from the journal alone that every decision of a run follows from what it had observed.
 * Takes no lock; works while the run goes on.
 *
 * @throws verify/replay naming the first decision that does not
 */
export function replayRun(folder: string, extensions: Extensions = {}): ReplayReport {
  using journal = readJournal(resolve(folder))
  const composition = recompose(journal, extensions)
  const { state, entryCount, proposalCount } = replayJournal(journal, composition).replayed
  return { entryCount, proposalCount, result: resultOf(journal, composition, state) }
}

interface Setting extends Required<Omit<RunOptions, 'onUpdate'>> {
  readonly onUpdate: ((snapshot: RunSnapshot) => void) | undefined
}

function settingOf(options: RunOptions): Setting {
  return {
    folder: resolve(options.folder),
    logger: options.logger,
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? systemClock(),
    onUpdate: options.onUpdate,
    allowDrift: options.allowDrift ?? false,
    allowMixed: options.allowMixed ?? false,
  }
}

function recompose(journal: JournalReader, extensions: Extensions): Composition {
  const { header } = journal
  const file = header.source.path
  const document = parseOrExplain(ExperimentDocument, header.document, { file, path: [] })
  return composeExperiment(document, extensions, file)
}

/** From wherever the journal stands to the end. */
async function carryOn(
  journal: Journal,
  composition: Composition,
  setting: Setting,
): Promise<RunResult> {
  const { folder, signal } = setting
  const { replayed, weights, fingerprints } = replayJournal(journal, composition)
  if (replayed.state.phase === 'finished') {
    return conclude(journal, composition, { folder, state: replayed.state })
  }
  await writeConfig(folder, composition.document)
  const sourceFolder = dirname(journal.header.source.path)
  await using evaluator = await startEvaluator(composition, {
    ...setting,
    allowMixed: setting.allowMixed || replayed.state.allowMixed,
    sourceFolder,
    earlierEnvironments: replayed.state.resultEnvironments,
  })
  await using _watching = reportWorkers({ ...setting, name: composition.document.name, evaluator })
  for (const [hash, fingerprint] of evaluator.fingerprints) fingerprints.set(hash, fingerprint)
  await writeEnvironment(folder, fingerprints)
  await using askThread = askThreadOf(journal, composition, setting)
  const beginning = { ...begin(replayed, composition, evaluator, setting), weights }
  const plan = replayed.state.plan ?? composition.plan
  const { clock, logger, onUpdate } = setting
  const state = await drive(beginning, {
    folder,
    journal,
    evaluator,
    askThread,
    plan,
    clock,
    logger,
    signal,
    onUpdate,
  })
  return conclude(journal, composition, { folder, state })
}

/** Folds the journal and picks up the environments and the trained weights that it names. */
function replayJournal(journal: JournalReader, { optimizer }: Composition) {
  const fingerprints = new Map<string, unknown>()
  const weights = trainedWeights()
  function* watched(): Generator<JournalEntry> {
    for (const entry of journal.entries()) {
      const { event } = entry
      if (event.type === 'environment-seen') fingerprints.set(event.hash, event.fingerprint)
      weights.see(event)
      yield entry
    }
  }
  const replayed = replay(watched(), (plan) => startMethod(optimizer, plan))
  return { replayed, weights, fingerprints }
}

/**
 * Where an ask may take long, a thread for it: workers wait for no model. An extension that came with
 * no script cannot be made again in a thread.
 */
function askThreadOf(
  { header }: JournalReader,
  { document, mayBlock, isExtended }: Composition,
  { logger }: Setting,
): AskThread | null {
  if (!mayBlock) return null
  if (isExtended && !isScript(header.source.path)) {
    logger.warn('asks may hold up the run: its space or optimizer comes from no script')
    return null
  }
  return startAskThread({ document, source: header.source, isExtended })
}

async function startEvaluator(
  { evaluator, evaluatorSettings, space, plan }: Composition,
  setting: Setting & Pick<EvaluatorContext, 'sourceFolder' | 'earlierEnvironments'>,
): Promise<Evaluator> {
  const { folder, logger, allowDrift, allowMixed, signal, ...more } = setting
  try {
    return await evaluator.start(evaluatorSettings, {
      space,
      runFolder: folder,
      sourceFolder: more.sourceFolder,
      earlierEnvironments: more.earlierEnvironments ?? [],
      logger,
      allowDrift,
      allowMixed,
      signal,
      fidelity: plan.fidelity,
      countsCost: plan.budget.costSeconds !== undefined,
      inheritsWeights: plan.inheritsWeights ?? false,
    })
  } catch (error) {
    // Whatever a cancelled start says, the person's wish is the reason.
    throw signal.aborted ? stopError({ type: 'interrupted' }, folder) : error
  }
}

/** @throws confounded/fingerprints before anything is recorded */
function begin(
  { state, method, unrecorded }: Replayed,
  { optimizer, plan }: Composition,
  evaluator: Evaluator,
  { allowMixed }: Setting,
): Omit<Beginning, 'weights'> {
  const mixed = allowMixed || state.allowMixed
  refuseMixed([...state.resultEnvironments, ...evaluator.fingerprints.keys()], mixed)
  const allowed = allowMixed ? { allowMixed } : {}
  const first: ExperimentEvent = method
    ? { type: 'run-resumed', ...allowed }
    : { type: 'run-started', plan, ...allowed }
  const seen = [...evaluator.fingerprints]
    .filter(([hash]) => !state.environments.includes(hash))
    .map(([hash, fingerprint]) =>
      EnvironmentSeen.parse({ type: 'environment-seen', hash, fingerprint }),
    )
  return {
    state,
    method: method ?? startMethod(optimizer, plan),
    events: [first, ...seen],
    unrecorded,
  }
}

async function conclude(
  journal: JournalReader,
  composition: Composition,
  { folder, state }: { readonly folder: string; readonly state: ExperimentState },
): Promise<RunResult> {
  const result = resultOf(journal, composition, state)
  await writeResult(folder, result)
  return result
}

function resultOf(
  journal: JournalReader,
  { space }: Composition,
  state: ExperimentState,
): RunResult {
  return runResult(journal.header, state, (text) => space.canonical(space.parse(text)))
}
