/** The transformer space in the language of parameters, and what a configuration says. */

import type { ActivationFunction } from '#src/graph/graph.ts'
import { activationFunctions } from '#src/graph/graph.ts'
import {
  categorical,
  constant,
  greaterThan,
  integer,
  ordinal,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import type {
  Condition,
  Configuration,
  Parameter,
  ParameterSpace,
  ParameterValue,
} from '#src/parameter/parameter.ts'
import type { NormPlacement, TransformerSettings } from './settings.ts'

/** One layer. */
export interface LayerPlan {
  readonly heads: number
  readonly mlpRatio: number
}

/** A configuration in the network's own words. */
export interface TransformerPlan {
  readonly width: number
  readonly activation: ActivationFunction
  readonly norm: NormPlacement
  readonly dropoutRate: number
  readonly layers: readonly LayerPlan[]
}

/**
 * `depth`, `width`, `activation`, `norm` and `dropout` of the whole; `heads1`, `mlpRatio1` and so on
 * of each layer, which exist where the depth has that layer.
 */
export function transformerParameters(settings: TransformerSettings): ParameterSpace {
  const { minDepth, maxDepth } = settings
  const layers = Array.from({ length: maxDepth }, (_, index) => index + 1)
  return parameterSpace({
    name: 'transformer',
    parameters: [
      range('depth', minDepth, maxDepth),
      scale('width', settings.widths),
      choice('activation', settings.activations),
      choice('norm', settings.norms),
      scale('dropout', settings.dropoutRates),
      ...layers.flatMap((layer) => [
        scale(`heads${layer}`, settings.heads),
        scale(`mlpRatio${layer}`, settings.mlpRatios),
      ]),
    ],
    conditions: layers
      .filter((layer) => layer > minDepth)
      .flatMap((layer): Condition[] => {
        const exists = greaterThan('depth', layer - 1)
        return [when(`heads${layer}`, exists), when(`mlpRatio${layer}`, exists)]
      }),
  })
}

/** @param configuration - without problems */
export function readTransformer(configuration: Configuration): TransformerPlan {
  const number = (name: string) => Number(configuration[name])
  const activation = activationFunctions.find((name) => name === configuration.activation)
  return {
    width: number('width'),
    activation: activation ?? 'gelu',
    norm: configuration.norm === 'after' ? 'after' : 'before',
    dropoutRate: number('dropout'),
    layers: Array.from({ length: number('depth') }, (_, index) => ({
      heads: number(`heads${index + 1}`),
      mlpRatio: number(`mlpRatio${index + 1}`),
    })),
  }
}

function range(name: string, lower: number, upper: number): Parameter {
  return lower === upper ? constant(name, lower) : integer(name, lower, upper)
}

/** In ascending order, the middle one first tried. */
function scale(name: string, values: readonly number[]): Parameter {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return sorted.length === 1
    ? constant(name, middle)
    : ordinal(name, sorted, { defaultValue: middle })
}

function choice(name: string, values: readonly ParameterValue[]): Parameter {
  const [first = ''] = values
  return values.length === 1 ? constant(name, first) : categorical(name, values)
}
