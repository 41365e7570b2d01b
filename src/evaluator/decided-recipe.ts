import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { schemaProblem } from '#src/graph/schema-problem.ts'
import { Recipe } from '#src/protocol/recipe.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'

type Settings = Readonly<Record<string, Json>>

/**
 * The recipe that an architecture is trained by: what it decides itself, laid over the evaluator's.
 *
 * @param decided - any part of a recipe, as `SearchSpace.training` gives it. Objects are merged key
 *   by key, except that one of another `kind` (an optimizer, a schedule) stands alone, completed by
 *   that kind's defaults. Lists are replaced whole.
 * @throws AttemptFailure of kind `invalid_task` when the outcome is no recipe
 */
export function decidedRecipe(recipe: Recipe, decided: Settings): Recipe {
  const laid = { recipe: overlay(recipe, decided) }
  const parsed = z.object({ recipe: Recipe }).safeParse(laid)
  if (parsed.success) return parsed.data.recipe
  const { place, text } = schemaProblem(parsed.error, laid)
  throw new AttemptFailure({
    kind: 'invalid_task',
    message: `The training that the architecture asks for is invalid at ${place}: ${text}`,
  })
}

function overlay(below: Settings, above: Settings): Settings {
  const laid: Record<string, Json> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const other = below[key]
    const merges = isSettings(value) && isSettings(other) && isSameKind(other, value)
    laid[key] = merges ? overlay(other, value) : value
  }
  return laid
}

function isSettings(value: Json | undefined): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What names no kind changes settings of the kind that is there. */
function isSameKind(below: Settings, above: Settings): boolean {
  return above.kind === undefined || above.kind === below.kind
}
