/** Multi-branch architectures as hyperparameters. */
import {
  categorical,
  constant,
  greaterThan,
  integer,
  parameterSpace,
  when,
} from '#src/parameter/define.ts'
import type { Configuration, Parameter } from '#src/parameter/parameter.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { ParameterEncoding } from '../space.ts'
import type { MultiBranchSettings } from './settings.ts'
import type { MultiBranch } from './text.ts'
import { freeSources, sourcesOf } from './wiring.ts'

/**
 * `layers` where it is free, and for each layer an operation and a boolean for each input that it
 * may have or not, active exactly when the layer exists. A layer without any input reads the image.
 */
export function multiBranchParameters(
  settings: MultiBranchSettings,
): ParameterEncoding<MultiBranch> {
  const { minLayers, maxLayers, operations, wiring } = settings
  const numbers = Array.from({ length: maxLayers }, (_, index) => index + 1)
  const ofLayer = numbers.map((layer): readonly Parameter[] => [
    operations.length === 1
      ? constant(`layer${layer}.operation`, operations[0] ?? '')
      : categorical(`layer${layer}.operation`, operations),
    ...freeSources(wiring, layer).map((source) =>
      categorical(inputName(layer, source), [true, false], { defaultValue: source === layer - 1 }),
    ),
  ])
  const depth = minLayers === maxLayers ? [] : [integer('layers', minLayers, maxLayers)]
  const space = parameterSpace({
    name: 'multi-branch',
    parameters: [...depth, ...ofLayer.flat()],
    conditions: ofLayer
      .slice(minLayers)
      .flatMap((parameters, index) =>
        parameters.map(({ name }) => when(name, greaterThan('layers', minLayers + index))),
      ),
  })
  return {
    space,
    encode: (layers) => ({
      ...(depth.length > 0 && { layers: layers.length }),
      ...Object.fromEntries(
        layers.flatMap(({ operation, inputs }, index) => [
          [`layer${index + 1}.operation`, operation],
          ...freeSources(wiring, index + 1).map((source) => [
            inputName(index + 1, source),
            inputs.includes(source),
          ]),
        ]),
      ),
    }),
    decode(configuration) {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      return { architecture: layersOf(configuration, settings) }
    },
  }
}

function layersOf(configuration: Configuration, settings: MultiBranchSettings): MultiBranch {
  const { maxLayers, wiring } = settings
  const depth = Number(configuration.layers ?? maxLayers)
  return Array.from({ length: depth }, (_, index) => {
    const layer = index + 1
    const chosen = freeSources(wiring, layer).filter(
      (source) => configuration[inputName(layer, source)] === true,
    )
    return {
      operation: String(configuration[`layer${layer}.operation`]),
      inputs: sourcesOf(wiring, layer, chosen) ?? [0],
    }
  })
}

function inputName(layer: number, source: number): string {
  return `layer${layer}.from${source}`
}
