/** The test split of a pipeline: what is called for the selected trial, once, and what is read then. */
import type { CallWork, CheckpointRef } from '#src/protocol/task.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { TestMetrics } from '#src/trial/metrics.ts'
import type { JobResult, WorkerPool } from '#src/worker/worker.ts'
import type { EvaluatorContext, TestRequest } from './evaluator.ts'
import { type KeptCheckpoints, measureKept } from './kept-checkpoints.ts'
import type { Asked } from './pipeline-input.ts'
import { type MetricNames, metricsOf, testMetricsOf } from './pipeline-metrics.ts'
import { troubleOfOne } from './pipeline-trouble.ts'

export interface TestedPipeline {
  readonly names: MetricNames
  readonly pool: WorkerPool
  readonly checkpoints: KeptCheckpoints
  readonly logger: EvaluatorContext['logger']
  /** Whether workers of other machines may be asked, which may not see the run folder. */
  readonly hasRemote: boolean
  /** The function that was searched over. */
  readonly searched: string
  /** The function for the test split; null for the one that was searched over. */
  readonly own: string | null
  /** Of what the function returns, the test metric. */
  readonly metric: string
  /** The call that a trial was. */
  workFor(asked: Asked): CallWork
}

/**
 * Nothing of the test split was kept from the search, so the selected trial is called for once more,
 * and only now its test metric is read; a function for the test gets what the trial saved.
 */
export function testOfSelected(
  pipeline: TestedPipeline,
): (request: TestRequest) => Promise<TestMetrics> {
  const { own, searched, metric, names } = pipeline
  return async (request) => {
    const { result } = await (own === null
      ? repeat(pipeline, request, { task: 'test' })
      : callWithSaved(pipeline, request, own))
    return testMetricsOf(result.output, { metric, objective: names.objective }, own ?? searched)
  }
}

interface TestCall {
  readonly task: string
  readonly function?: string
  readonly resume?: CheckpointRef
  readonly checkpointPath?: string
  /** The only worker that may do it. */
  readonly pinnedTo?: string
}

/** Calls for the trial once more, and says so when it comes out differently. */
async function repeat(
  pipeline: TestedPipeline,
  request: TestRequest,
  call: TestCall,
): Promise<JobResult<'call'>> {
  const done = await callForTest(pipeline, request, call)
  const { names, searched, logger } = pipeline
  const repeated = metricsOf(done.result.output, names, searched).valAccuracy
  const { valAccuracy } = request.result.metrics
  if (repeated !== valAccuracy) {
    logger.warn(
      { trial: request.trial, valAccuracy, repeated },
      'the selected trial gave another validation metric when it was repeated for its test',
    )
  }
  return done
}

/**
 * Hands the function what the trial saved. Where that is out of reach, the trial is repeated, and the
 * worker that did it goes on from what it saved: its folder may be no other worker's.
 */
async function callWithSaved(
  pipeline: TestedPipeline,
  request: TestRequest,
  own: string,
): Promise<JobResult<'call'>> {
  const { hasRemote, checkpoints, logger } = pipeline
  const { trial, result } = request
  const call = { task: 'test', function: own }
  if (result.checkpoint === undefined) return await callForTest(pipeline, request, call)
  const saved = await checkpoints.find(result.checkpoint)
  const measured = await measureKept(saved, { hasRemote }, (resume) =>
    callForTest(pipeline, request, { ...call, resume }),
  )
  if (measured !== null) return measured
  logger.warn({ trial }, 'checkpoint out of reach, calling for the trial again')
  const path = checkpoints.claim(trial)
  const again = await repeat(pipeline, request, { task: 'repeat', checkpointPath: path })
  if (!again.result.checkpoint) {
    throw new AttemptFailure({
      kind: 'data',
      message: `Trial ${trial} saved a state for the test split, which is gone from the run folder, and saved none when it was repeated; put ${path} back and resume`,
    })
  }
  const resume = { path, sha256: again.result.checkpoint.sha256 }
  const goesOn = { task: 'repeat-test', resume, pinnedTo: again.worker }
  return await callForTest(pipeline, request, { ...call, ...goesOn })
}

async function callForTest(
  { pool, searched, workFor }: TestedPipeline,
  request: TestRequest,
  { task, function: where = searched, resume, checkpointPath, pinnedTo }: TestCall,
): Promise<JobResult<'call'>> {
  const job = pool.run<'call'>({
    task,
    lease: request.attempt,
    work: {
      ...workFor(request),
      function: where,
      resume: resume ?? null,
      checkpointPath: checkpointPath ?? null,
    },
    ...(pinnedTo !== undefined && { pinnedTo }),
    signal: request.signal,
  })
  return await job.catch((error: unknown) => {
    throw troubleOfOne(where, error)
  })
}
