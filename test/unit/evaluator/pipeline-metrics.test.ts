import { describe, expect, it } from 'vitest'
import {
  isTestName,
  metricsOf,
  ObjectiveSetting,
  OtherMetrics,
  pointOf,
  testMetricsOf,
} from '#src/evaluator/pipeline-metrics.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import { Metrics } from '#src/trial/metrics.ts'

const names = (objective: unknown, others: unknown = {}) => ({
  objective: ObjectiveSetting.parse(objective),
  others: OtherMetrics.parse(others),
})

describe('the validation metrics of a pipeline', () => {
  it('are those that the experiment names, and no others', () => {
    const output = { val_acc: 0.75, val_loss: 0.4, test_acc: 0.9, epochs: 3, note: 'fine' }
    const metrics = metricsOf(output, names('val_acc', { valLoss: 'val_loss' }), 'm:f')
    expect(metrics).toEqual({ valAccuracy: 0.75, valLoss: 0.4 })
    expect(Metrics.parse(metrics)).toEqual(metrics)
  })

  it('may come as a lone number', () => {
    expect(metricsOf(0.5, names('score'), 'm:f')).toEqual({ valAccuracy: 0.5 })
  })

  it('are laid out over their range, the best end at 1', () => {
    const rmse = { metric: 'rmse', goal: 'minimize', range: [0, 8] }
    expect(metricsOf({ rmse: 2 }, names(rmse), 'm:f')).toEqual({ valAccuracy: 0.75, valLoss: 2 })
    const r2 = { metric: 'r2', range: [-1, 1] }
    expect(metricsOf({ r2: 0 }, names(r2), 'm:f')).toEqual({ valAccuracy: 0.5 })
    const reversed = { metric: 'rmse', goal: 'minimize', range: [8, 0] }
    expect(metricsOf({ rmse: 2 }, names(reversed), 'm:f').valAccuracy).toBe(0.75)
  })

  it('are as bad as it gets beyond the worse end, and refused beyond the better one', () => {
    const rmse = names({ metric: 'rmse', goal: 'minimize', range: [1, 8] })
    expect(metricsOf({ rmse: 1e9 }, rmse, 'm:f').valAccuracy).toBe(0)
    expect(() => metricsOf({ rmse: 0.5 }, rmse, 'm:f')).toThrow(
      /^m:f returned rmse = 0\.5, which is better than the best of its range \(worst 8, best 1\); widen/,
    )
    expect(() => metricsOf({ acc: 97.4 }, names('acc'), 'm:f')).toThrow(/worst 0, best 1/)
    expect(metricsOf({ acc: 1 + 1e-9 }, names('acc'), 'm:f').valAccuracy).toBe(1)
  })

  it.each([
    [null, 'returned nothing'],
    [[1, 2], 'returned no dict of numbers'],
    [{ accuracy: 0.5 }, 'returned "accuracy"'],
    [{ acc: 'high' }, 'returned "acc"'],
    [{ acc: true }, 'returned "acc"'],
  ])('of %j lack the objective, which says what came instead', (output, words) => {
    expect(() => metricsOf(output, names('acc'), 'm:f')).toThrow(
      `m:f must return its objective as a number under "acc", but ${words}; return it, or mend the name`,
    )
  })

  it('never show the value of a test metric, not even in a message', () => {
    const output = { test_acc: 0.123456 }
    expect(() => metricsOf(output, names('acc'), 'm:f')).not.toThrow(/0\.123/)
  })
})

describe('the test split', () => {
  it.each(['test_acc', 'accTest', 'test/loss', 'Test', 'acc (test)', 'testing-acc', 'testset_acc'])(
    'is named by %s, which no objective may be',
    (name) => {
      expect(isTestName(name)).toBe(true)
      expect(ObjectiveSetting.safeParse(name).success).toBe(false)
      expect(ObjectiveSetting.safeParse({ metric: name }).success).toBe(false)
      expect(OtherMetrics.safeParse({ valLoss: name }).success).toBe(false)
    },
  )

  it.each(['val_acc', 'latest', 'contest', 'greatest_acc', 'attestation'])(
    'is not named by %s',
    (name) => {
      expect(isTestName(name)).toBe(false)
    },
  )

  it('is measured on the scale of the objective', () => {
    const { objective } = names({ metric: 'rmse', goal: 'minimize', range: [0, 8] })
    const measured = testMetricsOf({ test_rmse: 2 }, { metric: 'test_rmse', objective }, 'm:f')
    expect(measured).toEqual({ testAccuracy: 0.75, testLoss: 2 })
    const missing = () => testMetricsOf({ rmse: 2 }, { metric: 'test_rmse', objective }, 'm:f')
    expect(missing).toThrow(AttemptFailure)
    expect(missing).toThrow(
      /under "test_rmse", but returned "rmse"; mend the name in evaluator.test/,
    )
  })
})

describe('a report', () => {
  const told = names('acc', { learningRate: 'lr', trainAccuracy: 'train_acc' })

  it('becomes a point of the curve, with what it tells', () => {
    const report = { step: 3, acc: 0.5, lr: 0.1, train_acc: 0.6, test_acc: 0.7 }
    expect(pointOf(report, told, 2)).toEqual({
      ...{ epoch: 3, valAccuracy: 0.5, seconds: 2, learningRate: 0.1, trainAccuracy: 0.6 },
    })
    expect(pointOf({ step: 1, acc: 0.5 }, told, 2)).toEqual({
      ...{ epoch: 1, valAccuracy: 0.5, seconds: 2 },
    })
  })

  it.each([
    [{ acc: 0.5 }],
    [{ step: 0, acc: 0.5 }],
    [{ step: 1.5, acc: 0.5 }],
    [{ step: 1, train_acc: 0.5 }],
  ])('is none where it is %j', (report) => {
    expect(pointOf(report, told, 2)).toBeNull()
  })
})

describe('an objective', () => {
  it.each([
    [{ metric: 'acc', range: [1, 1] }],
    [{ metric: '' }],
    [{ metric: 'acc', goal: 'best' }],
    [{ name: 'acc' }],
  ])('is refused as %j', (objective) => {
    expect(ObjectiveSetting.safeParse(objective).success).toBe(false)
  })
})
