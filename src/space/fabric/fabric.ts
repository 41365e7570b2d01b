import type { SearchSpace, SpaceEntry } from '../space.ts'
import { drawTrellis } from './draw.ts'
import { gatesOfTrellis, heaviestTrellis } from './edges.ts'
import { fabricFeatures, fabricParameters } from './encoding.ts'
import { fabricMoves } from './moves.ts'
import { compileTrellis, compileWholeFabric } from './network.ts'
import { FabricSettings, fabricBounds } from './settings.ts'
import { formatTrellis, parseTrellis, type Trellis, trellisProblems } from './trellis.ts'
import { fabricWays, type Ways } from './ways.ts'

/**
 * Convolutional neural fabrics: a trellis of layers and scales, in which every chain of convolutions
 * of the given channels is a path.
 *
 * @remarks
 * A node is the sum of the 3x3 convolutions that lead to it, a norm and a relu; the first node is one
 * of the image. Where the public code has a 1x1 convolution of the last pixel, there is a global
 * average pool and a linear layer, which is the same on one pixel and takes images that are not
 * brought down to one.
 *
 * @see Saxena and Verbeek 2016, "Convolutional Neural Fabrics", section 3.
 */
export function fabric(settings: FabricSettings): SearchSpace<Trellis> {
  const bounds = fabricBounds(settings)
  const whole = { ...bounds, channels: settings.channels }
  const { mutate, neighbours, crossover } = fabricMoves(bounds)
  const ways = once(() => fabricWays(bounds))
  return {
    name: 'fabric',
    settings: { ...settings, scales: bounds.scales },
    takes: 'images',
    encodings: { parameters: fabricParameters(bounds), adjacency: fabricFeatures(bounds) },
    distribution: bounds.onlyPaths
      ? 'uniform over the paths'
      : 'uniform over the parts that are made of paths',
    sample: (random) => ways().draw(random),
    mutate,
    crossover,
    neighbours,
    problems: (trellis) =>
      trellisProblems(trellis, bounds).map(
        ({ place, expected, found }) =>
          `The fabric is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: ways().total, kind: 'exact' }),
    format: formatTrellis,
    parse: (text) => parseTrellis(text, bounds),
    canonical: formatTrellis,
    compile: (trellis, task) => compileTrellis(trellis, whole, task),
    supernet: (task) => ({
      graph: compileWholeFabric(whole, task),
      gatesOf: (trellis) => gatesOfTrellis(trellis, bounds),
      architectureOf: (weights) => heaviestTrellis(weights, bounds),
    }),
    draw: (trellis) => drawTrellis(trellis, bounds),
  }
}

export const fabricEntry: SpaceEntry<typeof FabricSettings> = {
  name: 'fabric',
  summary: 'Paths through a trellis of layers and scales, or parts of it that are made of paths',
  source: 'Saxena and Verbeek 2016, "Convolutional Neural Fabrics", section 3',
  settings: FabricSettings,
  create: fabric,
}

/** Counting takes time, so it waits until somebody asks. */
function once(make: () => Ways): () => Ways {
  let made: Ways | undefined
  return () => {
    made ??= make()
    return made
  }
}
