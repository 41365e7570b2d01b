import { z } from 'zod'

/** Primitives by the names that texts have for them; each keeps height, width and channels. */
export const primitives = ['conv1', 'dw3', 'sep3', 'max3', 'avg3', 'id'] as const
export type Primitive = (typeof primitives)[number]

const LevelSettings = z.strictObject({
  /** How many motifs the level has. */
  motifs: z.int().min(1).max(16),
  /** Nodes of each motif, its input and its output among them. */
  nodes: z.int().min(2).max(8),
})
export type LevelSettings = z.infer<typeof LevelSettings>

/**
 * Settings of the hierarchical space. Operations and levels are the published ones; widths are those
 * of NASLib's search model. The larger model for the final training has 64 channels and two cells a
 * stage.
 * @see Liu et al. 2018, "Hierarchical Representations for Efficient Architecture Search", section 2
 */
export const HierarchicalSettings = z.strictObject({
  /** Operations of the lowest level. */
  primitives: z
    .array(z.enum(primitives))
    .default([...primitives])
    .refine((list) => list.includes('id'), {
      message: 'must contain id, which the initial architecture is made of',
    })
    .refine((list) => new Set(list).size === list.length, { message: 'must name each once' }),
  /** From level 2 on; the last one has a single motif, the cell. */
  levels: z
    .array(LevelSettings)
    .min(1)
    .max(4)
    .default([
      { motifs: 6, nodes: 4 },
      { motifs: 1, nodes: 5 },
    ])
    .refine((list) => list.at(-1)?.motifs === 1, {
      message: 'must end with a level of one motif, the cell',
    }),
  /** Random changes that make an architecture from the initial one. The source's number is unverified. */
  initialMutations: z.int().min(0).max(100_000).default(1000),
  /** Channels of the first stage; each of the two later ones doubles them. */
  channels: z.int().min(1).max(4096).default(16),
  /** Cells in each of the three stages. */
  cellsPerStage: z.int().min(1).max(32).default(1),
})
export type HierarchicalSettings = z.infer<typeof HierarchicalSettings>
