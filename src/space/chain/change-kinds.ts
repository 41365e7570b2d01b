/** Kinds of change that a method can ask for by name. */
import type { Random } from '#src/random/random.ts'
import { type Layer, type LayerChoices, layerOf, readParameter } from './layer.ts'
import type { Chain, ChainBounds } from './moves.ts'

/**
 * The changes of large-scale evolution that a chain has.
 * @see Real et al. 2017, "Large-Scale Evolution of Image Classifiers", section 3.2.
 */
export const chainChangeKinds = [
  'insert-convolution',
  'remove-convolution',
  'alter-stride',
  'alter-number-of-channels',
  'filter-size',
] as const
export type ChainChangeKind = (typeof chainChangeKinds)[number]

/** A change of a kind, each place equally likely; null where the kind is not possible. */
export function changeChain(
  kind: ChainChangeKind,
  layers: Chain,
  bounds: ChainBounds,
  random: Random,
): Chain | null {
  switch (kind) {
    case 'insert-convolution':
      return insertConvolution(layers, bounds, random)
    case 'remove-convolution':
      return removeConvolution(layers, bounds, random)
    case 'alter-stride':
      return alter('stride', layers, bounds.choices, random)
    case 'filter-size':
      return alter('kernel', layers, bounds.choices, random)
    case 'alter-number-of-channels':
      return alter('channels', layers, bounds.choices, random)
  }
}

/** Of 3x3 and as many channels as the convolution before it, where these are on offer; the rest is drawn. */
function insertConvolution(
  layers: Chain,
  { maxDepth, choices }: ChainBounds,
  random: Random,
): Chain | null {
  const offer = choices.find(({ kind }) => kind !== 'pool')
  if (offer === undefined || layers.length >= maxDepth) return null
  const position = random.int(layers.length + 1)
  const before = layers.slice(0, position).findLast(isConvolution)
  const layer = layerOf(
    offer.kind,
    offer.parameters.map(({ name, choices: values }) => {
      const wanted = name === 'kernel' ? 3 : name === 'channels' ? before?.channels : undefined
      const isOffered = wanted !== undefined && values.includes(wanted)
      return [name, isOffered ? wanted : random.pick(values)]
    }),
  )
  return layers.toSpliced(position, 0, layer)
}

function removeConvolution(layers: Chain, { minDepth }: ChainBounds, random: Random): Chain | null {
  const places = [...layers.keys()].filter((place) => isConvolution(layers[place]))
  if (places.length === 0 || layers.length <= minDepth) return null
  return layers.toSpliced(random.pick(places), 1)
}

/** A convolution's parameter takes another value; channels at most double or halve. */
function alter(
  name: 'stride' | 'kernel' | 'channels',
  layers: Chain,
  choices: LayerChoices,
  random: Random,
): Chain | null {
  const places = layers.flatMap((layer, position) => {
    if (!isConvolution(layer)) return []
    const parameter = choices
      .find(({ kind }) => kind === layer.kind)
      ?.parameters.find((candidate) => candidate.name === name)
    if (parameter === undefined) return []
    const now = readParameter(layer, parameter)
    const values = parameter.choices.filter(
      (value) => value !== now && (name !== 'channels' || isWithinFactor(value, now, 2)),
    )
    return values.length === 0 ? [] : [{ position, layer, values }]
  })
  if (places.length === 0) return null
  const { position, layer, values } = random.pick(places)
  return layers.with(position, { ...layer, [name]: random.pick(values) })
}

function isWithinFactor(value: unknown, other: unknown, factor: number): boolean {
  const ratio = Number(value) / Number(other)
  return ratio <= factor && ratio >= 1 / factor
}

function isConvolution(layer: Layer | undefined): layer is Exclude<Layer, { kind: 'pool' }> {
  return layer !== undefined && layer.kind !== 'pool'
}
