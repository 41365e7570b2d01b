import { ArchloomError } from '#src/errors.ts'
import type { MultiBranchSettings } from './settings.ts'
import { type Sources, sourcesProblem } from './wiring.ts'

export interface BranchLayer {
  /** One of the settings' operations, such as `conv3-16`. */
  readonly operation: string
  /** Which outputs it reads: 0 is the image (or the stem), i the i-th layer; ascending. */
  readonly inputs: Sources
}

/** Layers 1, 2, … in an order in which each reads earlier ones only. */
export type MultiBranch = readonly BranchLayer[]

export interface LayerProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

/** Such as `conv3-16@0|max3@0,1`: operation and inputs of each layer. */
export function formatMultiBranch(layers: MultiBranch): string {
  return layers.map(({ operation, inputs }) => `${operation}@${inputs.join(',')}`).join('|')
}

/**
 * Reads the text form.
 * @throws space/invalid-architecture naming the layer
 */
export function parseMultiBranch(text: string, settings: MultiBranchSettings): MultiBranch {
  const parts = text.split('|')
  const layers = parts.map((part, index) => {
    const [, operation, inputs] = /^([^@]+)@((?:0|[1-9]\d*)(?:,[1-9]\d*)*)$/.exec(part) ?? []
    if (operation === undefined || inputs === undefined) {
      const expected = 'an operation and its inputs such as conv3-16@0,1'
      const place = layerPlace(index, parts.length)
      return refuse({ place, expected, found: JSON.stringify(part) })
    }
    return { operation, inputs: inputs.split(',').map(Number) }
  })
  const [problem] = multiBranchProblems(layers, settings)
  if (problem !== undefined) refuse(problem)
  return layers
}

/** What is wrong with an architecture, each with its place. */
export function multiBranchProblems(
  layers: MultiBranch,
  { minLayers, maxLayers, operations, wiring }: MultiBranchSettings,
): readonly LayerProblem[] {
  const depth = layers.length
  const problems = layers.flatMap(({ operation, inputs }, index): LayerProblem[] => {
    const place = layerPlace(index, depth)
    if (!operations.includes(operation)) {
      const expected = `one of the operations ${operations.join(', ')}`
      return [{ place, expected, found: JSON.stringify(operation) }]
    }
    const expected = sourcesProblem(wiring, index + 1, inputs)
    return expected === null ? [] : [{ place, expected, found: JSON.stringify(inputs) }]
  })
  if (depth >= minLayers && depth <= maxLayers) return problems
  const expected = `${minLayers} to ${maxLayers} layers`
  return [{ place: 'the depth', expected, found: String(depth) }, ...problems]
}

/** Where a layer stands, counted from 1 as inputs are. */
function layerPlace(index: number, depth: number): string {
  return `layer ${index + 1} of ${depth}`
}

function refuse({ place, expected, found }: LayerProblem): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The multi-branch architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'multi-branch', place, expected, found } },
  )
}
