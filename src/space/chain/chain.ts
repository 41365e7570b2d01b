import { ArchloomError } from '#src/errors.ts'
import type { Drawing, DrawingNode, DrawingRole } from '#src/graph/drawing.ts'
import { maybeWithLearningRate } from '../learning-rate.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { weightedDraw } from '../weighted-draw.ts'
import { chainChangeKinds, changeChain } from './change-kinds.ts'
import { type Layer, layerChoices, layerCount, layerProblem, sampleLayer } from './layer.ts'
import { type Chain, type ChainBounds, chainNeighbours, crossChains, mutateChain } from './moves.ts'
import { compileChain } from './network.ts'
import { chainParameters } from './parameters.ts'
import { ChainSettings, checkChainSettings } from './settings.ts'
import { formatChain, layerPlace, parseChain, refuseChain } from './text.ts'

/**
 * Chain-structured networks with a conditional depth.
 *
 * @remarks
 * The parameters of layer k exist if and only if the chain has at least k layers, and those of a
 * kind only for layers of that kind; an architecture is the assignment of the parameters that
 * exist. `mutate` adds a layer anywhere, removes one, or changes one parameter (the kind counts as
 * one, and a new kind draws its own parameters afresh), each legal one of the three equally likely.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Elsken, Metzen and Hutter 2019, "Neural Architecture Search: A Survey", section 2.
 */
export function chain(settings: ChainSettings): SearchSpace<Chain> {
  checkChainSettings(settings)
  const { minDepth, maxDepth, sampling } = settings
  const choices = layerChoices(settings)
  const bounds = { minDepth, maxDepth, choices }
  const depthCounts = countByDepth(bounds)
  const total = depthCounts.reduce((sum, count) => sum + count, 0n)
  if (total === 1n) {
    throw new ArchloomError(
      'space/invalid-settings',
      'The chain space holds a single architecture, so there is nothing to search; allow another depth or layer',
      { details: { space: 'chain', place: 'maxDepth' } },
    )
  }
  return {
    name: 'chain',
    settings,
    takes: 'images',
    encodings: { parameters: chainParameters(bounds) },
    distribution:
      sampling === 'architectures'
        ? 'uniform over all chains, so that most have the largest depth'
        : 'uniform over the depths, then over the layers of each position',
    sample(random) {
      const depth =
        sampling === 'architectures'
          ? minDepth + weightedDraw(depthCounts, random)
          : minDepth + random.int(maxDepth - minDepth + 1)
      return Array.from({ length: depth }, () => sampleLayer(choices, random))
    },
    smallest: (random) => Array.from({ length: minDepth }, () => sampleLayer(choices, random)),
    mutate: (layers, random) => mutateChain(layers, bounds, random),
    changeKinds: chainChangeKinds,
    change(name, layers, random) {
      const kind = chainChangeKinds.find((candidate) => candidate === name)
      return kind === undefined ? null : changeChain(kind, layers, bounds, random)
    },
    crossover: crossChains,
    neighbours: (layers) => chainNeighbours(layers, bounds),
    problems: (layers) =>
      chainProblems(layers, bounds).map(
        ({ place, expected, found }) =>
          `The chain is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: total, kind: 'exact' }),
    format: formatChain,
    parse(text) {
      const layers = parseChain(text)
      const [problem] = chainProblems(layers, bounds)
      if (problem !== undefined) refuseChain(problem.place, problem.expected, problem.found)
      return layers
    },
    canonical: formatChain,
    compile: compileChain,
    draw: drawChain,
  }
}

export const chainEntry: SpaceEntry<typeof ChainSettings> = {
  name: 'chain',
  summary: 'Chains of convolution and pooling layers with a conditional depth',
  source: 'Elsken, Metzen and Hutter 2019, "Neural Architecture Search: A Survey", section 2',
  settings: ChainSettings,
  create: (settings) => maybeWithLearningRate(chain(settings), settings.learningRate),
}

interface Problem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

function chainProblems(layers: Chain, { minDepth, maxDepth, choices }: ChainBounds): Problem[] {
  const depth = layers.length
  const problems = layers.flatMap((layer, position) => {
    const problem = layerProblem(choices, layer)
    return problem === null ? [] : [{ place: layerPlace(position, depth), ...problem }]
  })
  if (depth >= minDepth && depth <= maxDepth) return problems
  const expected = `${minDepth} to ${maxDepth} layers`
  return [{ place: 'the depth', expected, found: String(depth) }, ...problems]
}

/** Chains of each depth, from the smallest depth on: the number of layers to the power of the depth. */
function countByDepth({ minDepth, maxDepth, choices }: ChainBounds): readonly bigint[] {
  const layers = BigInt(layerCount(choices))
  return Array.from(
    { length: maxDepth - minDepth + 1 },
    (_, position) => layers ** BigInt(minDepth + position),
  )
}

function drawChain(layers: Chain): Drawing {
  const nodes: DrawingNode[] = [
    { id: 'input', label: 'input', role: 'input' },
    ...layers.map((layer, position) => ({ id: `layer${position + 1}`, ...layerLook(layer) })),
    { id: 'head', label: 'global pool, linear', role: 'linear' },
    { id: 'output', label: 'classes', role: 'output' },
  ]
  return {
    title: 'Chain',
    direction: 'down',
    groups: [],
    nodes,
    edges: nodes
      .slice(1)
      .map((node, position) => ({ from: nodes[position]?.id ?? '', to: node.id })),
  }
}

function layerLook(layer: Layer): { label: string; detail?: string; role: DrawingRole } {
  const window = `${layer.kernel}×${layer.kernel}`
  if (layer.kind === 'pool') return { label: `${layer.mode} pool ${window}`, role: 'pool' }
  const stride = layer.stride === 1 ? '' : `, stride ${layer.stride}`
  return {
    label: `${layer.kind} ${window}${stride}`,
    detail: `${layer.channels} channels, ${layer.activation}`,
    role: layer.kind,
  }
}
