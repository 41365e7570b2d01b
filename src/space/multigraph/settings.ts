import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'

/** What an edge can be; a number is the kernel. */
export const edgeOperations = [
  'skip',
  'conv1',
  'conv3',
  'conv5',
  'sep3',
  'sep5',
  'dil3',
  'dil5',
  'max3',
  'avg3',
] as const
export type EdgeOperation = (typeof edgeOperations)[number]

/**
 * Settings of the multigraph space. The defaults are the cells of NAS-Bench-201.
 * @see Dong and Yang 2020, "NAS-Bench-201", section 2 (defaults).
 */
export const MultigraphSettings = z.strictObject({
  /** Nodes of a cell: representations, the cell's input and its output among them. */
  nodes: z.int().min(2).max(8).default(4),
  /** Operations offered between each two nodes, in the order of text form and gates. */
  operations: z
    .array(z.enum(edgeOperations))
    .max(edgeOperations.length)
    .default(['skip', 'conv1', 'conv3', 'avg3']),
  /** Whether each pair of nodes decides on its edges, or each node on all edges into it. */
  decision: z.enum(['edge', 'node']).default('edge'),
  /** How many of the edges that it decides on a decision takes. */
  pick: z.enum(['one', 'any']).default('one'),
  /** Whether a pair of nodes that picks one edge may have none instead. */
  optional: z.boolean().default(true),
  /** Cells in each of the three stages. */
  cellsPerStage: z.int().min(1).max(100).default(5),
  /** Channels of the first stage; the later ones have two and four times as many. */
  channels: z.int().min(1).max(4096).default(16),
})
export type MultigraphSettings = z.infer<typeof MultigraphSettings>

/** How the architectures are decided on: what of the settings matters to them. */
export interface Offer {
  readonly nodes: number
  readonly operations: readonly EdgeOperation[]
  /**
   * `edge`: one operation for each pair of nodes; `optional-edge`: one or none; `node`: one operation
   * from one earlier node for each node; `edges`, `node-edges`: any operations, decided for each pair
   * or for all pairs of a node at once.
   */
  readonly rule: 'edge' | 'optional-edge' | 'node' | 'edges' | 'node-edges'
}

/**
 * What the settings offer.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function offerOf(settings: MultigraphSettings): Offer {
  const { nodes, operations, decision, pick, optional } = settings
  if (operations.length === 0) {
    throw new ArchloomError(
      'space/empty',
      'The multigraph space holds nothing: operations is an empty list; give at least one',
      { details: { space: 'multigraph', place: 'operations' } },
    )
  }
  const twice = operations.find((item, index) => operations.indexOf(item) !== index)
  if (twice !== undefined) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The multigraph space's operations lists ${JSON.stringify(twice)} twice; give each once`,
      { details: { space: 'multigraph', place: 'operations', found: twice } },
    )
  }
  if (pick === 'any')
    return { nodes, operations, rule: decision === 'edge' ? 'edges' : 'node-edges' }
  if (decision === 'node') return { nodes, operations, rule: 'node' }
  return { nodes, operations, rule: optional ? 'optional-edge' : 'edge' }
}
