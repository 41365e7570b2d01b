import { ArchloomError } from '#src/errors.ts'
import { activationFunctions } from '#src/graph/graph.ts'
import type { Layer } from './layer.ts'

const convolutionPattern = /^(conv|sep)(\d+)(?:s(\d+))?-(\d+)-([a-z0-9-]+)$/
const poolPattern = /^(max|avg)(\d+)$/
const expectation =
  'a layer such as conv3-16-relu, conv3s2-16-relu (stride 2), sep5-32-gelu, max2 or avg2'

/** `conv3-16-relu`: kernel, channels, activation; a stride other than 1 as `conv3s2-16-relu`; `max2`. */
export function formatLayer(layer: Layer): string {
  if (layer.kind === 'pool') return `${layer.mode}${layer.kernel}`
  const name = layer.kind === 'conv' ? 'conv' : 'sep'
  const stride = layer.stride === 1 ? '' : `s${layer.stride}`
  return `${name}${layer.kernel}${stride}-${layer.channels}-${layer.activation}`
}

/** Layers from first to last, joined by `|`. */
export function formatChain(layers: readonly Layer[]): string {
  return layers.map(formatLayer).join('|')
}

/**
 * Reads the text form; whether the layers are in a given space is another question.
 * @throws space/invalid-architecture naming the layer
 */
export function parseChain(text: string): readonly Layer[] {
  const parts = text.split('|')
  return parts.map((part, position) => {
    const layer = readLayer(part)
    if (layer === null || formatLayer(layer) !== part) {
      refuseChain(layerPlace(position, parts.length), expectation, JSON.stringify(part))
    }
    return layer
  })
}

/** Where a layer stands, counted from 1 as in the graph's node names. */
export function layerPlace(position: number, depth: number): string {
  return `layer ${position + 1} of ${depth}`
}

export function refuseChain(place: string, expected: string, found: string): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The chain architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'chain', place, expected, found } },
  )
}

function readLayer(text: string): Layer | null {
  const [, mode, window] = poolPattern.exec(text) ?? []
  if (mode !== undefined) {
    return { kind: 'pool', mode: mode === 'max' ? 'max' : 'avg', kernel: Number(window) }
  }
  const [, name, kernel, stride = '1', channels, activationName] =
    convolutionPattern.exec(text) ?? []
  const activation = activationFunctions.find((candidate) => candidate === activationName)
  if (name === undefined || activation === undefined) return null
  return {
    kind: name === 'conv' ? 'conv' : 'separable',
    kernel: Number(kernel),
    stride: Number(stride),
    channels: Number(channels),
    activation,
  }
}
