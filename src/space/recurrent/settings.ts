import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import { enasFunctions } from './enas-cell.ts'
import { nlpOperations } from './nlp-cell.ts'

const size = z.int().min(1).max(4096)

/** Cells of the ENAS kind: a tree of gated nodes. */
const EnasSettings = z.strictObject({
  /** Nodes of a cell after its first one, which joins position and state. */
  nodes: z.int().min(1).max(32).default(8),
  functions: z.array(z.enum(enasFunctions)).default([...enasFunctions]),
  /** What the next state is the mean of: every node, or those that no other node takes. */
  output: z.enum(['all', 'loose-ends']).default('all'),
})
export type EnasSettings = z.infer<typeof EnasSettings>

/** Cells of the NAS-Bench-NLP kind: any graph of a few operations, with one state or several. */
const NlpSettings = z.strictObject({
  /** Operations of a cell. */
  minNodes: z.int().min(1).max(32).default(2),
  maxNodes: z.int().min(1).max(32).default(15),
  /** States that a cell carries along. */
  maxStates: z.int().min(1).max(3).default(3),
  operations: z.array(z.enum(nlpOperations)).default([...nlpOperations]),
})
export type NlpSettings = z.infer<typeof NlpSettings>

/**
 * Settings of the recurrent space. The cells' are those of their sources; the network around them is
 * small enough for a CPU.
 */
export const RecurrentSettings = z.strictObject({
  /** Which kind of cell; the settings of the other kind mean nothing. */
  style: z.enum(['enas', 'nlp']).default('enas'),
  /** Features of a token's vector. */
  embedding: size.default(64),
  /** Features of each state. */
  hidden: size.default(64),
  /** Recurrent layers on top of each other, each with weights of its own. */
  layers: z.int().min(1).max(8).default(1),
  /** Of single values before, between and after the layers. */
  dropoutRate: z.number().min(0).max(0.95).default(0),
  enas: EnasSettings.prefault({}),
  nlp: NlpSettings.prefault({}),
})
export type RecurrentSettings = z.infer<typeof RecurrentSettings>

/**
 * Refuses settings that leave nothing to choose or contradict each other.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function checkRecurrentSettings({ style, enas, nlp }: RecurrentSettings): void {
  if (style === 'enas') {
    checkList('enas.functions', enas.functions)
    if (enas.nodes === 1 && enas.functions.length === 1) single('enas.nodes')
    return
  }
  checkList('nlp.operations', nlp.operations)
  if (nlp.maxNodes < nlp.minNodes) {
    throw new ArchloomError(
      'space/empty',
      `The recurrent space holds nothing: nlp.maxNodes ${nlp.maxNodes} is below nlp.minNodes ${nlp.minNodes}`,
      { details: { place: 'nlp.maxNodes', minNodes: nlp.minNodes, maxNodes: nlp.maxNodes } },
    )
  }
  if (!nlp.operations.includes('linear')) {
    throw new ArchloomError(
      'space/empty',
      'The recurrent space holds nothing: nlp.operations lacks linear, which alone takes the position; add it',
      { details: { place: 'nlp.operations' } },
    )
  }
  if (nlp.maxNodes === 1) single('nlp.maxNodes')
}

function checkList(place: string, list: readonly string[]): void {
  if (list.length === 0) {
    throw new ArchloomError(
      'space/empty',
      `The recurrent space holds nothing: ${place} is an empty list; give at least one`,
      { details: { place } },
    )
  }
  const twice = list.find((item, index) => list.indexOf(item) !== index)
  if (twice !== undefined) {
    throw new ArchloomError(
      'space/invalid-settings',
      `The recurrent space's ${place} lists "${twice}" twice; give each once`,
      { details: { place, found: twice } },
    )
  }
}

function single(place: string): never {
  throw new ArchloomError(
    'space/invalid-settings',
    `The recurrent space holds a single cell, so there is nothing to search; raise ${place}`,
    { details: { space: 'recurrent', place } },
  )
}

export function refuseCell(place: string, expected: string, found: string): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The recurrent cell is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'recurrent', place, expected, found } },
  )
}
