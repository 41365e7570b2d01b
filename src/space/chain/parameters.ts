import {
  categorical,
  constant,
  equals,
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
  ParameterValue,
  Test,
} from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { ParameterEncoding } from '../space.ts'
import { type Layer, type LayerChoices, layerOf, readParameter } from './layer.ts'
import type { Chain, ChainBounds } from './moves.ts'

/**
 * Chains as conditional hyperparameters: `depth`; `layer1.kind`, which exists from a depth of 1 on;
 * `layer1.conv.kernel`, which exists for layers of that kind. Layers are counted from 1. What has
 * one choice only is a constant. Every configuration is a chain, and the other way round.
 */
export function chainParameters(bounds: ChainBounds): ParameterEncoding<Chain> {
  const { minDepth, maxDepth, choices } = bounds
  const layers = Array.from({ length: maxDepth }, (_, index) => index + 1)
  const depth =
    minDepth === maxDepth ? constant('depth', minDepth) : integer('depth', minDepth, maxDepth)
  const space = parameterSpace({
    name: 'chain',
    parameters: [depth, ...layers.flatMap((layer) => layerParameters(layer, choices))],
    conditions: layers.flatMap((layer) => layerConditions(layer, bounds)),
  })
  return {
    space,
    encode: (chain) => encodeChain(chain, choices),
    decode(configuration) {
      const [problem, ...more] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...more] }
      return { architecture: decodeChain(configuration, choices) }
    },
  }
}

function layerParameters(layer: number, choices: LayerChoices): readonly Parameter[] {
  const kinds = choices.map(({ kind }) => kind)
  return [
    oneOrMore(kindName(layer), kinds, categorical),
    ...choices.flatMap(({ kind, parameters }) =>
      parameters.map(({ name, choices: values }) => {
        const isNumber = values.every((value) => typeof value === 'number')
        return isNumber
          ? oneOrMore(
              parameterName(layer, kind, name),
              values.toSorted((a, b) => a - b),
              ordinal,
            )
          : oneOrMore(parameterName(layer, kind, name), values, categorical)
      }),
    ),
  ]
}

function oneOrMore(
  name: string,
  values: readonly ParameterValue[],
  make: (name: string, values: readonly ParameterValue[]) => Parameter,
): Parameter {
  const [only] = values
  return only !== undefined && values.length === 1 ? constant(name, only) : make(name, values)
}

function layerConditions(layer: number, { minDepth, choices }: ChainBounds): readonly Condition[] {
  const exists: readonly Test[] = layer > minDepth ? [greaterThan('depth', layer - 1)] : []
  return [
    ...exists.map((test) => when(kindName(layer), test)),
    ...choices.flatMap(({ kind, parameters }) =>
      parameters.map(({ name }) =>
        when(parameterName(layer, kind, name), equals(kindName(layer), kind)),
      ),
    ),
  ]
}

function encodeChain(chain: Chain, choices: LayerChoices): Configuration {
  const layers = chain.flatMap((layer, index) => encodeLayer(layer, index + 1, choices))
  return { depth: chain.length, ...Object.fromEntries(layers) }
}

function encodeLayer(
  layer: Layer,
  number: number,
  choices: LayerChoices,
): readonly (readonly [string, ParameterValue])[] {
  const { kind } = layer
  const parameters = choices.find((candidate) => candidate.kind === kind)?.parameters ?? []
  return [
    [kindName(number), kind],
    ...parameters.map((parameter): [string, ParameterValue] => [
      parameterName(number, kind, parameter.name),
      readParameter(layer, parameter),
    ]),
  ]
}

/** The configuration has no problems, so that every name is there. */
function decodeChain(configuration: Configuration, choices: LayerChoices): Chain {
  return Array.from({ length: Number(configuration.depth) }, (_, index) => {
    const number = index + 1
    const found = choices.find(({ kind }) => kind === configuration[kindName(number)])
    const { kind, parameters } = found ?? { kind: 'conv', parameters: [] }
    return layerOf(
      kind,
      parameters.map(({ name }) => {
        const value = configuration[parameterName(number, kind, name)]
        return [name, typeof value === 'number' ? value : String(value)]
      }),
    )
  })
}

function kindName(layer: number): string {
  return `layer${layer}.kind`
}

function parameterName(layer: number, kind: Layer['kind'], name: string): string {
  return `layer${layer}.${kind}.${name}`
}
