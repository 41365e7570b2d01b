/**
 * Measures architectures by a function of the user's, in the user's own environment: `module:function`
 * in a worker, called with what its signature asks for. README.md says what becomes of its metrics.
 */
import { z } from 'zod'
import { absolutePath } from '#src/environment/choice.ts'
import { countGraph } from '#src/graph/counts.ts'
import { type CallWork, FunctionName } from '#src/protocol/task.ts'
import { systemClock } from '#src/time/clock.ts'
import type { KnownPoint, TestMetrics } from '#src/trial/metrics.ts'
import type { EvaluationResult } from '#src/trial/record.ts'
import { startPool } from '#src/worker/pool.ts'
import type { WorkerPool } from '#src/worker/worker.ts'
import type {
  EvaluationRequest,
  Evaluator,
  EvaluatorContext,
  EvaluatorEntry,
  TestRequest,
} from './evaluator.ts'
import { type KeptCheckpoints, keptCheckpoints, trialName } from './kept-checkpoints.ts'
import { type Asked, checkInput, InputSettings, pipelineInput } from './pipeline-input.ts'
import {
  type MetricNames,
  metricsOf,
  ObjectiveSetting,
  OtherMetrics,
  pointOf,
} from './pipeline-metrics.ts'
import { testOfSelected } from './pipeline-test.ts'
import { type TroubleWatch, watchTrouble } from './pipeline-trouble.ts'
import { hasWorkers, noWorkers, poolOptions, workerSettings } from './worker-settings.ts'

const TestChoice = z.strictObject({
  metric: z.string().min(1),
  /**
   * Measures the test split, with the arguments of the selected trial and the checkpoint that it saved;
   * null to call the evaluator's own function once more.
   */
  function: FunctionName.nullable().default(null),
})

const EarlyStopping = z.strictObject({
  /** Reports in a row without a gain after which a trial is to finish. */
  patience: z.int().min(1),
  /** What the objective must gain to count, in its own unit: more than this. */
  minimumGain: z.number().min(0).default(0),
})

const Settings = z
  .strictObject({
    /** `module:function`; the module is all that the worker is permitted to call. */
    function: FunctionName,
    /** Folders that the module is looked for in, from the experiment's own. */
    pythonPath: z.array(z.string().min(1)).default(['.']),
    ...workerSettings,
    /**
     * `seeded`: every generator is seeded; `bitwise`: PyTorch refuses what would not repeat exactly,
     * too; `fast`: kernels are chosen by timing.
     */
    determinism: z.enum(['bitwise', 'seeded', 'fast']).default('seeded'),
    ...InputSettings,
    /** The metric that is searched for: its name, or its name, goal and range. */
    objective: ObjectiveSetting,
    metrics: OtherMetrics.prefault({}),
    /** When a trial should finish early, as its reporter tells the function; null for never. */
    earlyStop: EarlyStopping.nullable().default(null),
    /** What is measured of the selected trial, once; null for nothing. */
    test: z
      .union([
        z
          .string()
          .min(1)
          .transform((metric) => ({ metric })),
        TestChoice,
      ])
      .pipe(TestChoice)
      .nullable()
      .default(null),
  })
  .refine(hasWorkers, noWorkers)
  .refine(({ test, objective }) => test?.function !== null || test.metric !== objective.metric, {
    path: ['test'],
    message: 'names the metric that was searched for; the test split needs a metric of its own',
  })
type Settings = z.infer<typeof Settings>

export const pipelineEntry: EvaluatorEntry<typeof Settings> = {
  name: 'pipeline',
  summary: 'Calls a Python function of your own, in your own environment',
  settings: Settings,
  hasTest: ({ test }) => test !== null,
  start: startPipeline,
}

interface Pipeline {
  readonly settings: Settings
  readonly names: MetricNames
  readonly context: EvaluatorContext
  readonly pool: WorkerPool
  readonly checkpoints: KeptCheckpoints
  readonly trouble: TroubleWatch
}

async function startPipeline(settings: Settings, context: EvaluatorContext): Promise<Evaluator> {
  checkInput(context.space, settings)
  const options = await poolOptions(settings, context)
  const checkpoints = await keptCheckpoints(context.runFolder, context.logger)
  const pool = await startPool({
    ...options,
    determinism: settings.determinism,
    datasets: [],
    dataFolders: [],
    allow: [...new Set(functionsOf(settings).map(moduleOf))],
    pythonPath: settings.pythonPath.map((path) => absolutePath(path, context.sourceFolder)),
  })
  const names = { objective: settings.objective, others: settings.metrics }
  const trouble = watchTrouble(settings.function, context.logger)
  const pipeline = { settings, names, context, pool, checkpoints, trouble }
  return {
    name: 'pipeline',
    get slots() {
      return pool.slots
    },
    watchSlots: (listener) => pool.watchSlots(listener),
    workers: () => pool.status(),
    fingerprints: pool.fingerprints,
    evaluate: (request) => evaluate(pipeline, request),
    retainWeights: (trials) => checkpoints.retain(trials),
    ...(settings.test && { test: testOf(pipeline, settings.test) }),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await checkpoints[Symbol.asyncDispose]()
    },
  }
}

function testOf(
  { settings, names, context, pool, checkpoints }: Omit<Pipeline, 'trouble'>,
  { metric, function: own }: NonNullable<Settings['test']>,
): (request: TestRequest) => Promise<TestMetrics> {
  return testOfSelected({
    ...{ names, pool, checkpoints, own, metric },
    searched: settings.function,
    hasRemote: settings.remote !== null,
    logger: context.logger,
    workFor: (asked) => callWork({ settings, context }, asked),
  })
}

function functionsOf({ function: own, test }: Settings): string[] {
  return test?.function ? [own, test.function] : [own]
}

const moduleOf = (name: string) => name.slice(0, name.indexOf(':'))

async function evaluate(pipeline: Pipeline, request: EvaluationRequest): Promise<EvaluationResult> {
  const { settings, names, pool, checkpoints, trouble } = pipeline
  const curve = curveRecorder(names, request.onProgress)
  const path = checkpoints.claim(request.trial)
  const work = callWork(pipeline, request)
  const job = pool.run<'call'>({
    task: trialName(request.trial),
    lease: request.attempt,
    work: { ...work, checkpointPath: path },
    ...(settings.trialTimeoutSeconds !== null && { deadlineSeconds: settings.trialTimeoutSeconds }),
    onReport: curve.take,
    signal: request.signal,
  })
  const { result, fingerprint } = await job.catch((error: unknown) => {
    throw trouble.failed(request.trial, error)
  })
  trouble.worked()
  const { output, stopped, checkpoint, cost } = result
  const reached = curve.points.at(-1)?.epoch ?? 0
  return {
    metrics: metricsOf(output, names, settings.function),
    // What a pipeline does within its epochs is its own business; that it finished early is not.
    cost: { seconds: cost.seconds, epochs: stopped ? reached : request.fidelity.epochs },
    curve: [...curve.points],
    fingerprint,
    ...(work.graph && { counts: countGraph(work.graph) }),
    // Where it was told to write: what a worker says of paths is not relied on.
    ...(checkpoint && { checkpoint: { path, sha256: checkpoint.sha256 } }),
  }
}

function callWork(
  { settings, context }: Pick<Pipeline, 'settings' | 'context'>,
  asked: Asked,
): CallWork {
  const { input, graph } = pipelineInput(context.space, settings, asked)
  const { earlyStop, objective } = settings
  const { metric, goal } = objective
  return {
    kind: 'call',
    function: settings.function,
    input,
    graph,
    seed: asked.seed,
    resume: null,
    checkpointPath: null,
    ...(earlyStop && { earlyStop: { metric, goal, ...earlyStop } }),
  }
}

/** Points of one call; a step that was reported before tells nothing new. */
function curveRecorder(names: MetricNames, onPoint: (point: KnownPoint) => void) {
  const clock = systemClock()
  const startMs = clock.monotonicMs()
  const points: KnownPoint[] = []
  return {
    points,
    take(report: Parameters<typeof pointOf>[0]): void {
      const point = pointOf(report, names, (clock.monotonicMs() - startMs) / 1000)
      if (point === null || point.epoch <= (points.at(-1)?.epoch ?? 0)) return
      points.push(point)
      onPoint(point)
    },
  }
}
