/** Recurrent cells and transformers learn text: 64 steps of the real worker each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DatasetSplit, Recipe } from '#src/protocol/recipe.ts'
import { Random } from '#src/random/random.ts'
import { recurrentEntry } from '#src/space/recurrent/recurrent.ts'
import type { SearchSpace, Task } from '#src/space/space.ts'
import { transformerEntry } from '#src/space/transformer/transformer.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import type { WorkerPool } from '#src/worker/worker.ts'
import { startPythonPool } from '#test/fixtures/python-pool.ts'
import { sharedData } from '#test/fixtures/worker-environment.ts'

const folder = sharedData('text')
const missing = folder === null ? 'the texts are not beside this checkout' : null

/** Characters of tinyshakespeare; to guess among them costs 4.17 nats each. */
const vocabulary = 65
const guess = Math.log(vocabulary)
/**
 * Entropy of the text's characters one by one, in nats: who costs less has learned from the
 * characters before.
 */
const entropy = 3.31

const task: Task = { kind: 'tokens', inputShape: [16], classCount: vocabulary }
const dataset = DatasetSplit.parse({
  name: 'tinyshakespeare',
  sequenceLength: 16,
  trainLimit: 2048,
  validationShare: 0.01,
  testShare: 0.01,
})
const recipe = Recipe.parse({
  batchSize: 32,
  optimizer: { kind: 'adamw', learningRate: 0.005 },
  schedule: { kind: 'constant' },
  gradientClip: 1,
})

function recurrentSpace(settings: object): SearchSpace {
  const sizes = { embedding: 32, hidden: 48 }
  return recurrentEntry.create(recurrentEntry.settings.parse({ ...sizes, ...settings }))
}

const enas = recurrentSpace({})
const smallEnas = recurrentSpace({ enas: { nodes: 4, output: 'loose-ends' } })
const nlp = recurrentSpace({ style: 'nlp' })
const transformer = transformerEntry.create(
  transformerEntry.settings.parse({ maxDepth: 2, widths: [32, 48] }),
)

function samplesOf(space: SearchSpace, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    space.format(space.sample(Random.named(5, 'text-training', index))),
  )
}

describe.skipIf(missing !== null)(`text${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let pool: WorkerPool
  let taskCount = 0

  beforeAll(async () => {
    pool = await startPythonPool({ datasets: ['tinyshakespeare'], dataFolders: [folder ?? ''] })
  }, 300_000)
  afterAll(() => pool?.[Symbol.asyncDispose]())

  /** Nats a character of validation text, or what the failure is called. */
  async function lossOf(space: SearchSpace, text: string): Promise<number | string> {
    const work = {
      kind: 'train',
      graph: space.compile(space.parse(text), task),
      dataset,
      recipe,
      seed: '1',
      fromEpoch: 0,
      toEpoch: 1,
      horizonEpochs: 1,
      resume: null,
      checkpointPath: null,
    } as const
    try {
      const { result } = await pool.run<'train'>({ task: `t${taskCount++}`, lease: 0, work })
      return result.metrics.valLoss ?? 'no loss'
    } catch (error) {
      if (error instanceof AttemptFailure) return error.failure.kind
      throw error
    }
  }

  async function lossesOf(space: SearchSpace, texts: readonly string[]) {
    const losses = await Promise.all(texts.map((text) => lossOf(space, text)))
    return texts.map((text, index) => ({ text, loss: losses[index] ?? '' }))
  }

  const learnsFromContext = ({ loss }: { readonly loss: number | string }) =>
    typeof loss === 'number' && loss < entropy - 0.3

  it('is learned by cells of the ENAS kind, found and drawn', async () => {
    const found = await lossesOf(enas, [recurrentEntry.named?.['ENAS-RNN'] ?? ''])
    const drawn = await lossesOf(smallEnas, samplesOf(smallEnas, 3))
    expect([...found, ...drawn].filter((one) => !learnsFromContext(one))).toEqual([])
  }, 120_000)

  it('is learned by the GRU and the LSTM as cells of the NAS-Bench-NLP kind', async () => {
    const known = [
      'linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|product(h0,3)|linear(x,5)|tanh(6)|blend(4,h0,7)=h0',
      'linear(x,h0)|linear(x,h0)|linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|tanh(3)|tanh(4)|product(h1,5)|product(6,8)|sum(9,10)=h1|tanh(11)|product(7,12)=h0',
    ]
    const losses = await lossesOf(nlp, known)
    expect(losses.filter((one) => !learnsFromContext(one))).toEqual([])
  }, 120_000)

  it('is learned by most cells that are drawn of that kind, and the others diverge', async () => {
    // States that nothing holds in bounds can grow at each position, as some of the benchmark's do.
    const losses = await lossesOf(nlp, samplesOf(nlp, 8))
    const ended = losses.filter(({ loss }) => typeof loss === 'number' && loss < guess - 0.2)
    expect(ended.length).toBeGreaterThanOrEqual(5)
    expect(losses.filter(learnsFromContext).length).toBeGreaterThanOrEqual(2)
    const others = losses.filter(({ loss }) => typeof loss === 'string')
    for (const { loss, text } of others) expect(loss, text).toBe('diverged')
  }, 120_000)

  it('is learned by transformers', async () => {
    const losses = await lossesOf(transformer, samplesOf(transformer, 4))
    expect(losses.filter((one) => !learnsFromContext(one))).toEqual([])
  }, 120_000)
})
