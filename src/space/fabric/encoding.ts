/** Parts of a fabric as hyperparameters and as numbers. */
import { categorical, ordinal, parameterSpace } from '#src/parameter/define.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { Decoded, FeatureEncoding, ParameterEncoding } from '../space.ts'
import type { FabricBounds } from './settings.ts'
import {
  formatStep,
  isAlive,
  pathOf,
  stepsBetweenLayers,
  type Trellis,
  walkOf,
  withoutDeadSteps,
} from './trellis.ts'

/** The architectures as hyperparameters. */
export function fabricParameters(bounds: FabricBounds): ParameterEncoding<Trellis> {
  return bounds.onlyPaths ? pathParameters(bounds) : partParameters(bounds)
}

/** One bit for every step between layers; the other edges follow from them. */
export function fabricFeatures({ layers, scales }: FabricBounds): FeatureEncoding<Trellis> {
  const steps = stepsBetweenLayers(scales).map(formatStep)
  return {
    size: (layers - 1) * steps.length,
    description: 'One bit for every edge between two layers, from the first layers on',
    isCanonical: true,
    encode: (trellis) =>
      trellis.flatMap((used) => {
        const texts = used.map(formatStep)
        return steps.map((step) => (texts.includes(step) ? 1 : 0))
      }),
  }
}

const moves = ['finer', 'same', 'coarser'] as const
const moveWords: readonly string[] = moves

/**
 * The scale that leaves the first layer, then where each layer is entered. A step past the finest or
 * the coarsest scale stays there, so that every configuration is a path.
 */
function pathParameters({ layers, scales }: FabricBounds): ParameterEncoding<Trellis> {
  const names = Array.from({ length: layers - 1 }, (_, index) => `layer${index + 2}`)
  const sequence = Array.from({ length: scales }, (_, index) => index + 1)
  const space = parameterSpace({
    name: 'fabric',
    parameters: [
      ordinal('layer1', sequence),
      ...names.map((name) => categorical(name, moves, { defaultValue: 'same' })),
    ],
  })
  return {
    space,
    encode(trellis) {
      const [first = 1, ...others] = walkOf(trellis)
      let before = first
      const steps = others.map((scale, index): [string, string] => {
        const move = moves[scale - before + 1] ?? 'same'
        before = scale
        return [names[index] ?? '', move]
      })
      return { layer1: first, ...Object.fromEntries(steps) }
    },
    decode(configuration): Decoded<Trellis> {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      let scale = Number(configuration.layer1)
      const walk = [scale]
      for (const name of names) {
        const change = moveWords.indexOf(String(configuration[name])) - 1
        scale = Math.min(scales, Math.max(1, scale + change))
        walk.push(scale)
      }
      return { architecture: pathOf(walk) }
    },
  }
}

/** A switch for every step; those on no way through are nothing. */
function partParameters({ layers, scales }: FabricBounds): ParameterEncoding<Trellis> {
  const steps = stepsBetweenLayers(scales)
  const gaps = Array.from({ length: layers - 1 }, (_, gap) =>
    steps.map((step) => ({ step, name: `layer${gap + 1}.${formatStep(step)}` })),
  )
  const space = parameterSpace({
    name: 'fabric',
    parameters: gaps.flat().map(({ name }) => categorical(name, [true, false])),
  })
  return {
    space,
    encode: (trellis) =>
      Object.fromEntries(
        gaps.flatMap((items, gap) => {
          const used = (trellis[gap] ?? []).map(formatStep)
          return items.map(({ step, name }) => [name, used.includes(formatStep(step))])
        }),
      ),
    decode(configuration): Decoded<Trellis> {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      const architecture = withoutDeadSteps(
        gaps.map((items) =>
          items.filter(({ name }) => configuration[name] === true).map(({ step }) => step),
        ),
      )
      if (isAlive(architecture)) return { architecture }
      return { problems: ['The steps make no way from the first layer to the last'] }
    },
  }
}
