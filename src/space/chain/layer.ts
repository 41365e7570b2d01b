import type { ActivationFunction } from '#src/graph/graph.ts'
import type { Random } from '#src/random/random.ts'
import type { ChainSettings, ConvolutionChoices, PoolChoices } from './settings.ts'

export interface ConvolutionLayer {
  readonly kind: 'conv' | 'separable'
  readonly kernel: number
  readonly stride: number
  readonly channels: number
  readonly activation: ActivationFunction
}

export interface PoolLayer {
  readonly kind: 'pool'
  readonly mode: 'max' | 'avg'
  readonly kernel: number
}

/** One layer: its kind, and the parameters that are active for that kind. */
export type Layer = ConvolutionLayer | PoolLayer

type Value = string | number

/** Parameter names with their values. */
type Assignment = readonly (readonly [string, Value])[]

/** A parameter of a layer, active if and only if the layer's kind lists it. */
interface Parameter {
  readonly name: string
  readonly choices: readonly Value[]
}

/** A kind of layer and the parameters that it makes active. */
interface KindChoices {
  readonly kind: Layer['kind']
  readonly parameters: readonly Parameter[]
  /** How many layers are of this kind. */
  readonly count: number
}

/** Everything that one layer can be: at least one kind, each parameter with at least one choice. */
export type LayerChoices = readonly KindChoices[]

/** The conditional description of one layer that the settings give. */
export function layerChoices(settings: ChainSettings): LayerChoices {
  const kinds: KindChoices[] = []
  if (settings.conv) kinds.push(kindChoices('conv', convolution(settings.conv)))
  if (settings.separable) kinds.push(kindChoices('separable', convolution(settings.separable)))
  if (settings.pool) kinds.push(kindChoices('pool', pool(settings.pool)))
  return kinds
}

export function layerCount(choices: LayerChoices): number {
  return choices.reduce((sum, kind) => sum + kind.count, 0)
}

/** Uniform over all layers. */
export function sampleLayer(choices: LayerChoices, random: Random): Layer {
  let index = random.int(layerCount(choices))
  const kind = choices.find(({ count }) => {
    if (index < count) return true
    index -= count
    return false
  })
  return sampleOfKind(kind ?? random.pick(choices), random)
}

/** Every layer once, kinds in order, the last parameter moving fastest. */
export function allLayers(choices: LayerChoices): readonly Layer[] {
  return choices.flatMap(layersOfKind)
}

/** Whether one change leads to a different layer. */
export function isChangeable(choices: LayerChoices, layer: Layer): boolean {
  return changes(choices, layer).length > 0
}

/**
 * A uniform change: kind or one parameter, then a uniform other value. A new kind comes with
 * parameters of its own, drawn afresh.
 */
export function changeLayer(choices: LayerChoices, layer: Layer, random: Random): Layer {
  const change = random.pick(changes(choices, layer))
  if (change === 'kind') {
    return sampleOfKind(random.pick(choices.filter(({ kind }) => kind !== layer.kind)), random)
  }
  const other = random.pick(
    change.choices.filter((choice) => choice !== readParameter(layer, change)),
  )
  return withValue(layer, change, other)
}

/** Every layer that `changeLayer` can make, each once. */
export function changedLayers(choices: LayerChoices, layer: Layer): readonly Layer[] {
  return changes(choices, layer).flatMap((change) => {
    if (change === 'kind') {
      return choices.filter(({ kind }) => kind !== layer.kind).flatMap(layersOfKind)
    }
    return change.choices
      .filter((choice) => choice !== readParameter(layer, change))
      .map((choice) => withValue(layer, change, choice))
  })
}

/** What is wrong with a layer; null when it is among the choices. */
export function layerProblem(
  choices: LayerChoices,
  layer: Layer,
): { readonly expected: string; readonly found: string } | null {
  const kind = choices.find((candidate) => candidate.kind === layer.kind)
  if (kind === undefined) {
    const kinds = choices.map((candidate) => candidate.kind).join(', ')
    return { expected: `kind one of ${kinds}`, found: String(layer.kind) }
  }
  for (const parameter of kind.parameters) {
    const value = readParameter(layer, parameter)
    if (!parameter.choices.includes(value)) {
      const expected = `${parameter.name} one of ${parameter.choices.join(', ')}`
      return { expected, found: String(value) }
    }
  }
  return null
}

function convolution(choices: ConvolutionChoices): Parameter[] {
  return [
    { name: 'kernel', choices: choices.kernels },
    { name: 'stride', choices: choices.strides },
    { name: 'channels', choices: choices.channels },
    { name: 'activation', choices: choices.activations },
  ]
}

function pool(choices: PoolChoices): Parameter[] {
  return [
    { name: 'mode', choices: choices.modes },
    { name: 'kernel', choices: choices.kernels },
  ]
}

function kindChoices(kind: Layer['kind'], parameters: readonly Parameter[]): KindChoices {
  return {
    kind,
    parameters,
    count: parameters.reduce((product, { choices }) => product * choices.length, 1),
  }
}

function changes(choices: LayerChoices, layer: Layer): readonly ('kind' | Parameter)[] {
  const parameters = choices.find(({ kind }) => kind === layer.kind)?.parameters ?? []
  const changeable = parameters.filter((parameter) => parameter.choices.length > 1)
  return choices.length > 1 ? ['kind', ...changeable] : changeable
}

function sampleOfKind({ kind, parameters }: KindChoices, random: Random): Layer {
  return layerOf(
    kind,
    parameters.map(({ name, choices }) => [name, random.pick(choices)]),
  )
}

function layersOfKind({ kind, parameters }: KindChoices): readonly Layer[] {
  let partial: readonly Assignment[] = [[]]
  for (const { name, choices } of parameters) {
    partial = partial.flatMap((chosen) =>
      choices.map((choice): Assignment => [...chosen, [name, choice]]),
    )
  }
  return partial.map((values) => layerOf(kind, values))
}

export function layerOf(kind: Layer['kind'], values: Assignment): Layer {
  // The values are one for each parameter of the kind, so the object has the kind's fields.
  return { kind, ...Object.fromEntries(values) } as Layer
}

export function readParameter(layer: Layer, { name }: Parameter): Value {
  // A parameter of the layer's kind is a field of the layer.
  return (layer as unknown as Readonly<Record<string, Value>>)[name] ?? ''
}

function withValue(layer: Layer, { name }: Parameter, value: Value): Layer {
  return { ...layer, [name]: value }
}
