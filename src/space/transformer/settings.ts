import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { activationFunctions } from '#src/graph/graph.ts'

export const normPlacements = ['before', 'after'] as const
export type NormPlacement = (typeof normPlacements)[number]

const sizes = (max: number) => z.array(z.int().min(1).max(max)).max(32)

/**
 * Settings of the transformer space. The defaults are archloom's own, small enough for a CPU; the
 * ratio 4, GELU and norms before each part are GPT-2's.
 */
export const TransformerSettings = z.strictObject({
  /** Layers, each of attention and a perceptron. */
  minDepth: z.int().min(1).max(24).default(1),
  maxDepth: z.int().min(1).max(24).default(4),
  /** Features of each position, in all layers. */
  widths: sizes(4096).default([32, 64, 96, 128]),
  /** Heads of one layer's attention; each divides each width. */
  heads: sizes(64).default([1, 2, 4, 8]),
  /** Hidden features of one layer's perceptron, over the width. */
  mlpRatios: sizes(16).default([1, 2, 4]),
  /** Of all perceptrons. */
  activations: z.array(z.enum(activationFunctions)).default(['gelu', 'relu', 'silu']),
  /** Whether norms stand before each part, as in GPT-2, or after the sum, as in the first transformer. */
  norms: z.array(z.enum(normPlacements)).default([...normPlacements]),
  /** Of what the embedding, each attention and each perceptron give. */
  dropoutRates: z.array(z.number().min(0).max(0.95)).default([0, 0.1, 0.2]),
})
export type TransformerSettings = z.infer<typeof TransformerSettings>

const lists = ['widths', 'heads', 'mlpRatios', 'activations', 'norms', 'dropoutRates'] as const

/**
 * Refuses settings that leave nothing to choose or contradict each other.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function checkTransformerSettings(settings: TransformerSettings): void {
  const { minDepth, maxDepth, widths, heads } = settings
  if (maxDepth < minDepth) {
    throw new ArchloomError(
      'space/empty',
      `The transformer space holds nothing: maxDepth ${maxDepth} is below minDepth ${minDepth}`,
      { details: { place: 'maxDepth', minDepth, maxDepth } },
    )
  }
  for (const place of lists) checkList(place, settings[place])
  for (const width of widths) {
    const odd = heads.find((count) => width % count !== 0)
    if (odd === undefined) continue
    throw new ArchloomError(
      'space/invalid-settings',
      `The transformer space's width ${width} does not divide by ${odd} heads; leave one of the two out`,
      { details: { place: 'heads', found: odd, width } },
    )
  }
}

function checkList(place: string, list: readonly unknown[]): void {
  if (list.length === 0) {
    throw new ArchloomError(
      'space/empty',
      `The transformer space holds nothing: ${place} is an empty list; give at least one choice`,
      { details: { place } },
    )
  }
  const twice = list.find((item, index) => list.indexOf(item) !== index)
  if (twice === undefined) return
  throw new ArchloomError(
    'space/invalid-settings',
    `The transformer space's ${place} lists ${JSON.stringify(twice)} twice; give each choice once`,
    { details: { place, found: twice } },
  )
}
