import { describe, expect, it } from 'vitest'
import type { Json } from '#src/encoding/json.ts'
import { decidedRecipe } from '#src/evaluator/decided-recipe.ts'
import { Recipe } from '#src/protocol/recipe.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'

const recipe = Recipe.parse({
  batchSize: 48,
  optimizer: { kind: 'sgd', learningRate: 0.3, momentum: 0.5 },
  schedule: { kind: 'step', milestones: [0.2, 0.4, 0.6], factor: 0.5 },
  augmentation: { flip: true },
})

function failureOf(decided: Readonly<Record<string, Json>>) {
  try {
    decidedRecipe(recipe, decided)
  } catch (error) {
    if (error instanceof AttemptFailure) return error.failure
    throw error
  }
  throw new Error('accepted')
}

describe('the recipe of an architecture', () => {
  it('is the evaluator’s where the architecture decides nothing', () => {
    expect(decidedRecipe(recipe, {})).toEqual(recipe)
  })

  it('takes single settings, and keeps the others beside them', () => {
    const decided = decidedRecipe(recipe, {
      batchSize: 32,
      optimizer: { weightDecay: 0.25 },
      schedule: { kind: 'step', factor: 0.75 },
      augmentation: { cropPadding: 1 },
      gradientClip: null,
    })
    expect(decided).toEqual({
      ...recipe,
      batchSize: 32,
      optimizer: { ...recipe.optimizer, weightDecay: 0.25 },
      schedule: { kind: 'step', milestones: [0.2, 0.4, 0.6], factor: 0.75 },
      augmentation: { ...recipe.augmentation, cropPadding: 1 },
      gradientClip: null,
    })
  })

  it('takes another kind of optimizer whole, with that kind’s defaults', () => {
    const { optimizer } = decidedRecipe(recipe, { optimizer: { kind: 'adamw', beta1: 0.8 } })
    expect(optimizer).toEqual(Recipe.parse({ optimizer: { kind: 'adamw', beta1: 0.8 } }).optimizer)
  })

  it('takes a list whole', () => {
    const { schedule } = decidedRecipe(recipe, { schedule: { milestones: [0.9] } })
    expect(schedule).toEqual({ kind: 'step', milestones: [0.9], factor: 0.5 })
  })

  it('leaves the evaluator’s recipe as it was', () => {
    const before = structuredClone(recipe)
    decidedRecipe(recipe, { optimizer: { learningRate: 1 }, schedule: { factor: 0.125 } })
    expect(recipe).toEqual(before)
  })

  it.each<[string, Readonly<Record<string, Json>>, string]>([
    ['too small a batch', { batchSize: 0 }, 'recipe.batchSize: expected at least 1, found 0'],
    [
      'a share above one',
      { optimizer: { momentum: 2 } },
      'recipe.optimizer.momentum: expected at most 1, found 2',
    ],
    [
      'a setting of another kind of optimizer',
      { optimizer: { beta1: 0.5 } },
      'recipe.optimizer: expected no key "beta1"; remove it or correct its name',
    ],
    [
      'a kind that there is not',
      { optimizer: { kind: 'lion' } },
      'recipe.optimizer.kind: expected a known kind, found "lion"',
    ],
    [
      'an unknown setting',
      { learningRate: 0.1 },
      'recipe: expected no key "learningRate"; remove it or correct its name',
    ],
    [
      'a scalar for an object',
      { schedule: 'cosine' },
      'recipe.schedule: expected object, found "cosine"',
    ],
  ])('refuses %s as a task that cannot be, naming the place', (_, decided, clause) => {
    expect(failureOf(decided)).toEqual({
      kind: 'invalid_task',
      message: `The training that the architecture asks for is invalid at ${clause}`,
    })
  })
})
