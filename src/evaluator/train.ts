/**
 * Trains networks in PyTorch workers, from scratch or from the weights of another trial. The test split
 * is measured on the weights of the selected trial; should those of one from scratch be gone, or lie
 * where no worker reads them, the same training is run again, which gives the same weights under the
 * same fingerprint, and the worker that did it measures them.
 */
import { z } from 'zod'
import { dataFolders } from '#src/environment/folders.ts'
import { ArchloomError } from '#src/errors.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { weightPlan } from '#src/graph/weight-plan.ts'
import type { DatasetFacts } from '#src/protocol/messages.ts'
import { DatasetSplit, Recipe } from '#src/protocol/recipe.ts'
import type { CheckpointRef, Inheritance, TrainWork } from '#src/protocol/task.ts'
import type { Task } from '#src/space/space.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { TestMetrics } from '#src/trial/metrics.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import { startPool } from '#src/worker/pool.ts'
import type { WorkerPool } from '#src/worker/worker.ts'
import { decidedRecipe } from './decided-recipe.ts'
import type {
  EvaluationRequest,
  Evaluator,
  EvaluatorContext,
  EvaluatorEntry,
  TestRequest,
  WeightSource,
} from './evaluator.ts'
import {
  type KeptCheckpoints,
  keptCheckpoints,
  measureKept,
  trialName,
} from './kept-checkpoints.ts'
import { hasWorkers, noWorkers, poolOptions, workerSettings } from './worker-settings.ts'

const Settings = z
  .strictObject({
    ...workerSettings,
    /**
     * `bitwise`: deterministic kernels only; `seeded`: every generator seeded, any kernel; `fast`:
     * kernels chosen by timing.
     */
    determinism: z.enum(['bitwise', 'seeded', 'fast']).default('bitwise'),
    dataset: DatasetSplit,
    recipe: Recipe.prefault({}),
    /** Where data sets lie, before the usual places; null for the usual places alone. */
    dataFolder: z.string().min(1).nullable().default(null),
  })
  .refine(hasWorkers, noWorkers)
type Settings = z.infer<typeof Settings>

export const trainEntry: EvaluatorEntry<typeof Settings> = {
  name: 'train',
  summary: 'Trains each network in pinned PyTorch workers',
  settings: Settings,
  hasTest: () => true,
  // A checkpoint lies where its worker runs, and a child may be trained elsewhere.
  inheritsWeights: ({ remote }) => remote === null,
  start: startTraining,
}

async function startTraining(settings: Settings, context: EvaluatorContext): Promise<Evaluator> {
  const { logger, space } = context
  if (space.takes === null) {
    throw new ArchloomError(
      'config/incompatible',
      `The evaluator train needs networks, and the space ${space.name} has none; take another space, or an evaluator that measures parameters`,
      { details: { space: space.name } },
    )
  }
  const options = await poolOptions(settings, context)
  const checkpoints = await keptCheckpoints(context.runFolder, logger)
  const pool = await startPool({
    ...options,
    determinism: settings.determinism,
    datasets: [settings.dataset.name],
    dataFolders: dataFolders(settings.dataFolder ?? undefined),
  })
  const training = { settings, context, pool, checkpoints }
  return {
    name: 'train',
    get slots() {
      return pool.slots
    },
    watchSlots: (listener) => pool.watchSlots(listener),
    workers: () => pool.status(),
    fingerprints: pool.fingerprints,
    evaluate: (request) => train(training, request),
    retainWeights: (trials) => checkpoints.retain(trials),
    test: (request) => test(training, request),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await checkpoints[Symbol.asyncDispose]()
    },
  }
}

interface Training {
  readonly settings: Settings
  readonly context: EvaluatorContext
  readonly pool: WorkerPool
  readonly checkpoints: KeptCheckpoints
}

async function train(training: Training, request: EvaluationRequest): Promise<EvaluationResult> {
  const { settings, context, pool, checkpoints } = training
  const { trial, weightsFrom } = request
  const path = checkpoints.claim(trial)
  const work = trainWork(training, request, path)
  const inherit = weightsFrom && (await inheritance(training, work.graph, { trial, weightsFrom }))
  const { result, fingerprint } = await pool.run<'train'>({
    task: trialName(trial),
    lease: request.attempt,
    work: { ...work, ...(inherit && { inherit }) },
    ...(settings.trialTimeoutSeconds !== null && { deadlineSeconds: settings.trialTimeoutSeconds }),
    onProgress: request.onProgress,
    signal: request.signal,
  })
  if (context.inheritsWeights && !result.checkpoint) {
    throw new AttemptFailure({
      kind: 'data',
      message: `The weights of trial ${trial}, which others may start from, could not be written to ${path} in the run folder; make room there and resume`,
    })
  }
  return {
    metrics: result.metrics,
    cost: result.cost,
    counts: result.counts,
    curve: result.curve,
    dataset: result.dataset,
    fingerprint,
    // Where it was told to write: what a worker says of paths is not relied on.
    ...(result.checkpoint && { checkpoint: { path, sha256: result.checkpoint.sha256 } }),
  }
}

/** What a network of this graph takes from a trained one. */
async function inheritance(
  { checkpoints, ...training }: Training,
  graph: NetworkGraph,
  { trial, weightsFrom }: { readonly trial: number; readonly weightsFrom: WeightSource },
): Promise<Inheritance> {
  const checkpoint = await checkpoints.find(weightsFrom.checkpoint)
  if (checkpoint === null) {
    throw new AttemptFailure({
      kind: 'data',
      message: `Trial ${trial} starts from the weights of trial ${weightsFrom.trial}, but ${weightsFrom.checkpoint.path} in the run folder is gone or changed; put it back and resume`,
    })
  }
  const trained = networkWork({ checkpoints, ...training }, weightsFrom.architecture)
  return { checkpoint, plan: [...weightPlan(trained.graph, graph)] }
}

function trainWork(
  training: Training,
  request: Pick<EvaluationRequest, 'architecture' | 'fidelity' | 'seed'>,
  checkpointPath: string,
): TrainWork {
  return {
    kind: 'train',
    ...networkWork(training, request.architecture),
    seed: request.seed,
    fromEpoch: 0,
    toEpoch: request.fidelity.epochs,
    horizonEpochs: request.fidelity.epochs,
    resume: null,
    checkpointPath,
  }
}

/** The network, and how it is trained on what. */
function networkWork(
  { settings, context: { space }, pool }: Training,
  text: string,
): Pick<TrainWork, 'graph' | 'dataset' | 'recipe'> {
  const { dataset, recipe } = settings
  const task = taskOf(pool.dataset(dataset.name), dataset)
  try {
    const architecture = space.parse(text)
    return {
      graph: space.compile(architecture, task),
      dataset,
      recipe: decidedRecipe(recipe, space.training?.(architecture) ?? {}),
    }
  } catch (error) {
    // An architecture that does not fit the images is infeasible; only its trial ends.
    if (error instanceof ArchloomError && error.code !== 'space/invalid-settings') {
      throw new AttemptFailure({ kind: 'invalid_task', message: error.message })
    }
    throw error
  }
}

/** What a network must fit: one sample of the data set, as the split makes it. */
function taskOf({ kind, inputShape, classCount }: DatasetFacts, split: DatasetSplit): Task {
  return {
    kind,
    inputShape: kind === 'tokens' ? [split.sequenceLength] : inputShape,
    classCount,
  }
}

async function test(training: Training, request: TestRequest): Promise<TestMetrics> {
  const checkpoint = await training.checkpoints.find(request.result.checkpoint)
  const hasRemote = training.settings.remote !== null
  const measured = await measureKept(checkpoint, { hasRemote }, (kept) =>
    measureTest(training, request, { task: 'test', checkpoint: kept }),
  )
  if (measured !== null) return measured
  const again = await retrain(training, request)
  return await measureTest(training, request, { task: 'retrain-test', ...again })
}

async function measureTest(
  training: Training,
  { architecture, attempt, signal }: TestRequest,
  { task, checkpoint, pinnedTo }: MeasuredWeights,
): Promise<TestMetrics> {
  const { result } = await training.pool.run<'evaluate'>({
    task,
    lease: attempt,
    work: {
      kind: 'evaluate',
      ...networkWork(training, architecture),
      checkpoint,
      split: 'test',
    },
    ...(pinnedTo !== undefined && { pinnedTo }),
    signal,
  })
  return { testAccuracy: result.accuracy, testLoss: result.loss }
}

interface MeasuredWeights {
  readonly task: string
  readonly checkpoint: CheckpointRef
  /** The worker that has them; any where left out. */
  readonly pinnedTo?: string
}

/** The weights anew, on the worker that trained them: its folder may be no other worker's. */
async function retrain(
  training: Training,
  request: TestRequest,
): Promise<Pick<MeasuredWeights, 'checkpoint' | 'pinnedTo'>> {
  const { trial, isHeir } = request
  if (isHeir) {
    throw new AttemptFailure({
      kind: 'invalid_task',
      message: `The weights of trial ${trial} are gone or changed, and they began as another trial's, which are not kept; the test split is left out`,
    })
  }
  training.context.logger.warn({ trial }, 'checkpoint out of reach, training it again')
  const path = training.checkpoints.claim(trial)
  const { result, worker } = await training.pool.run<'train'>({
    task: 'retrain',
    lease: request.attempt,
    work: trainWork(training, request, path),
    signal: request.signal,
  })
  if (result.checkpoint) {
    return { checkpoint: { path, sha256: result.checkpoint.sha256 }, pinnedTo: worker }
  }
  throw new AttemptFailure({
    kind: 'data',
    message: `The weights for the test split could not be written to ${path}; make room there and resume`,
  })
}
