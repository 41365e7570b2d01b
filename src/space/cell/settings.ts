/** Settings of the network around a pair of cells, and of the pair itself, that spaces share. */
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { CellRules } from './cell.ts'
import { countPairs } from './moves.ts'

/** Fields of the network around the cells; each space gives its own defaults. */
export const networkFields = {
  /** Whether the images are small and the first convolution keeps their size, or large and reduced eightfold first. */
  stem: z.enum(['small', 'imagenet']).default('small'),
  /** Whether the network has a second output, the auxiliary head's classes, for training alone. */
  auxiliary: z.boolean().default(false),
  /** Rate of the drop-path after each operation; how it grows with depth depends on the skeleton. */
  dropPathRate: z.number().min(0).lt(1).default(0),
  /** Dropout before the classifier. */
  dropoutRate: z.number().min(0).lt(1).default(0),
}

/** Channels of the first stage's cells; each reduction doubles them. At least 2, to be halved once. */
export const channelsField = z.int().min(2).max(4096)

/** Normal cells of each stage: one number for three stages, or one a stage; a reduction cell stands between stages. */
export const cellsPerStageField = z.union([
  z.int().min(0).max(100),
  z.array(z.int().min(0).max(100)).min(1).max(6),
])

/** The numbers of normal cells, stage by stage. */
export function stagesOf(cellsPerStage: z.infer<typeof cellsPerStageField>): readonly number[] {
  return typeof cellsPerStage === 'number'
    ? [cellsPerStage, cellsPerStage, cellsPerStage]
    : cellsPerStage
}

/**
 * Refuses rules that leave nothing to search.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function checkRules(rules: CellRules): CellRules {
  const { space, operations, combinations } = rules
  for (const [place, list] of Object.entries({ operations, combinations })) {
    if (list.length === 0) {
      throw new ArchloomError(
        'space/empty',
        `The ${space} space holds nothing: ${place} is an empty list; give at least one`,
        { details: { space, place } },
      )
    }
    const twice = list.find((item, index) => list.indexOf(item as never) !== index)
    if (twice !== undefined) {
      throw new ArchloomError(
        'space/invalid-settings',
        `The ${space} space's ${place} lists ${twice} twice; give each once`,
        { details: { space, place, found: twice } },
      )
    }
  }
  if (countPairs(rules) === 1n) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The ${space} space holds a single architecture, so there is nothing to search; allow another operation or more blocks`,
      { details: { space, place: 'operations' } },
    )
  }
  return rules
}
