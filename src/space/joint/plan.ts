/** What a backbone is, and the widths that its layers have on a given input. */
import type { ActivationFunction } from '#src/graph/graph.ts'
import type { BackboneName } from './settings.ts'
import { type ShapeName, shapedRates, shapedWidths } from './shape.ts'

interface Style {
  readonly activation: ActivationFunction
  readonly batchNorm: boolean
}

interface Shaped extends Style {
  readonly groups: number
  readonly shape: ShapeName
  /** Width at the widest; the input's where that is wider. */
  readonly maxUnits: number
  readonly outputUnits: number
  /** 0 for no dropout. */
  readonly maxDropout: number
}

export type Backbone =
  | (Style & { readonly kind: 'plain-mlp'; readonly layers: readonly LayerPlan[] })
  | (Shaped & { readonly kind: 'shaped-mlp' })
  | (Shaped & { readonly kind: 'shaped-resnet'; readonly blocksPerGroup: number })

/** One layer of a perceptron, or all blocks of a residual group. */
export interface LayerPlan {
  readonly units: number
  /** From 0, for none, to below 1. */
  readonly dropoutRate: number
}

/** Widths that a backbone takes from its shape: a residual network one more, for its stem. */
export function shapedCount(backbone: BackboneName, groups: number): number {
  return backbone === 'shaped-resnet' ? groups + 1 : groups
}

/**
 * Layers or groups from the input on.
 *
 * @param features - of the input
 * @returns the width of the first linear layer of a residual network in `stem`, else 0
 */
export function planLayers(
  backbone: Backbone,
  features: number,
): { readonly stem: number; readonly layers: readonly LayerPlan[] } {
  if (backbone.kind === 'plain-mlp') return { stem: 0, layers: backbone.layers }
  const { shape, maxUnits, outputUnits, maxDropout, groups } = backbone
  const isResidual = backbone.kind === 'shaped-resnet'
  const count = shapedCount(backbone.kind, groups)
  const widths = shapedWidths(shape, { input: features, output: outputUnits, max: maxUnits }, count)
  const rates = shapedRates(shape, maxDropout, count)
  const [stem = 0] = isResidual ? widths : []
  const layers = (isResidual ? widths.slice(1) : widths).map((units, index) => ({
    units,
    dropoutRate: rates[index] ?? 0,
  }))
  return { stem, layers }
}
