/** The nets of `src/numeric` against PyTorch: losses, gradients and steps of Adam, in double precision. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { activations } from '#src/numeric/activation.ts'
import { adamDefaults, createAdam } from '#src/numeric/adam.ts'
import {
  type Loss,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
} from '#src/numeric/loss.ts'
import { createMlp, glorotMlp } from '#src/numeric/mlp.ts'
import { createSequencePolicy, uniformPolicy } from '#src/numeric/sequence-policy.ts'
import { Random } from '#src/random/random.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

interface Answer {
  readonly value: number
  readonly gradient: readonly number[]
  readonly trained?: readonly number[]
}

const rowCount = 7
const steps = 25
const lowerBound = 4.5
const losses: Readonly<Record<string, Loss>> = {
  mae: meanAbsoluteError,
  mse: meanSquaredError,
  mape: meanAbsolutePercentageError(lowerBound),
}

/** The published BANANAS net among them. */
const shapes = [
  [3, 1],
  [5, 8, 1],
  [4, 6, 6, 1],
  [40, ...Array<number>(10).fill(20), 1],
]
const mlpCases = shapes.flatMap((sizes, index) =>
  activations.flatMap((activation) =>
    Object.keys(losses).map((loss, lossIndex) => {
      const random = Random.named(index, activation, loss)
      const inputs = Array.from({ length: rowCount * (sizes[0] ?? 0) }, () => random.normal())
      const targets = Array.from({ length: rowCount }, () => 5 + 3 * random.uniform())
      const weights = [...glorotMlp(sizes, random)].map((weight) => weight + 0.01 * random.normal())
      const adam = {
        ...adamDefaults,
        learningRate: 0.003,
        weightDecay: lossIndex === 0 ? 0 : 0.1,
        isDecoupled: lossIndex === 2,
      }
      const shape = { sizes, activation, loss, lowerBound }
      return { kind: 'mlp', ...shape, inputs, targets, weights, adam, steps } as const
    }),
  ),
)

const policyCases = [
  { choiceCounts: [3, 2, 4], hidden: 5, layers: 1 },
  { choiceCounts: [3, 2, 4, 5, 2], hidden: 7, layers: 2 },
  // Zoph and Le's controller on NAS-Bench-201, the cell controller on NAS-Bench-101.
  { choiceCounts: Array<number>(6).fill(5), hidden: 35, layers: 2 },
  {
    choiceCounts: [...Array<number>(21).fill(2), ...Array<number>(5).fill(3)],
    hidden: 100,
    layers: 1,
  },
].flatMap((shape, index) =>
  [false, true].map((skips) => {
    const random = Random.named(index, 'policy', String(skips))
    const choices = shape.choiceCounts.map((count, position) =>
      skips && position % 3 === 1 ? -1 : random.int(count),
    )
    const weights = [...uniformPolicy(shape, 0.4, random)]
    const scales = { scale: -0.7, entropyScale: skips ? 0.3 : 0 }
    return { kind: 'policy', ...shape, ...scales, choices, weights } as const
  }),
)

/** The largest difference, as a share of the largest number. */
function difference(own: ArrayLike<number>, theirs: readonly number[]): number {
  expect(own.length).toBe(theirs.length)
  const scale = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300)
  return (
    theirs.reduce((most, value, index) => Math.max(most, Math.abs((own[index] ?? 0) - value)), 0) /
    scale
  )
}

describe('neural networks', () => {
  let mlpAnswers: readonly Answer[] = []
  let policyAnswers: readonly Answer[] = []
  beforeAll(async () => {
    const { python } = await cpuEnvironment()
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'cases.json')
    writeFileSync(file, JSON.stringify([...mlpCases, ...policyCases]))
    const output = execFileSync(python, ['-m', 'tests.neural_lines', file], {
      cwd: join(projectFolder(), 'py'),
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    })
    const answers = JSON.parse(output) as readonly Answer[]
    mlpAnswers = answers.slice(0, mlpCases.length)
    policyAnswers = answers.slice(mlpCases.length)
  })

  it.each(mlpCases.map((mlpCase, index) => ({ ...mlpCase, index })))(
    'of sizes $sizes with $activation have the $loss, its gradient and the training of PyTorch',
    ({ index, sizes, activation, loss, inputs, targets, weights, adam }) => {
      const net = createMlp({ sizes, activation }, Float64Array.from(weights), rowCount)
      const slopes = new Float64Array(rowCount)
      const optimizer = createAdam(net.weights.length, adam)
      const answer = mlpAnswers[index]
      const x = Float64Array.from(inputs)
      for (let step = 0; step < steps; step++) {
        net.gradient.fill(0)
        const value = losses[loss]?.(
          net.forward(x, rowCount),
          Float64Array.from(targets),
          rowCount,
          slopes,
        )
        net.backward(slopes)
        if (step === 0) {
          expect(Math.abs((value ?? Number.NaN) - (answer?.value ?? 0))).toBeLessThan(1e-9)
          expect(difference(net.gradient, answer?.gradient ?? [])).toBeLessThan(1e-9)
        }
        optimizer.step(net.weights, net.gradient)
      }
      // Adam divides by the root of a square: where a slope is all but 0, rounding shows.
      expect(difference(net.weights, answer?.trained ?? [])).toBeLessThan(1e-7)
    },
  )

  it.each(policyCases.map((policyCase, index) => ({ ...policyCase, index })))(
    'of $layers recurrent layers with $hidden units have the log-probability and gradient of PyTorch',
    ({ index, choices, weights, scale, entropyScale, ...shape }) => {
      const policy = createSequencePolicy(shape, Float64Array.from(weights))
      const answer = policyAnswers[index]
      const value = policy.follow(Int32Array.from(choices))
      policy.backward(scale, entropyScale)
      expect(Math.abs(value - (answer?.value ?? Number.NaN))).toBeLessThan(1e-9)
      expect(difference(policy.gradient, answer?.gradient ?? [])).toBeLessThan(1e-9)
    },
  )
})
