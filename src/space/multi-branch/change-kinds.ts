/** Kinds of change that a method can ask for by name. */
import type { Random } from '#src/random/random.ts'
import { type LayerOperation, readOperation } from './operation.ts'
import type { MultiBranchSettings } from './settings.ts'
import { type BranchLayer, type MultiBranch, multiBranchProblems } from './text.ts'
import type { Sources } from './wiring.ts'

/**
 * The changes of large-scale evolution that a multi-branch network has.
 * @see Real et al. 2017, "Large-Scale Evolution of Image Classifiers", section 3.2.
 */
export const multiBranchChangeKinds = [
  'insert-convolution',
  'remove-convolution',
  'alter-stride',
  'alter-number-of-channels',
  'filter-size',
  'add-skip',
  'remove-skip',
] as const
export type MultiBranchChangeKind = (typeof multiBranchChangeKinds)[number]

/** A change of a kind, each result equally likely; null where the kind is not possible. */
export function changeMultiBranch(
  kind: MultiBranchChangeKind,
  layers: MultiBranch,
  settings: MultiBranchSettings,
  random: Random,
): MultiBranch | null {
  const results = resultsOf(kind, layers, settings).filter(
    (changed) => multiBranchProblems(changed, settings).length === 0,
  )
  return results.length === 0 ? null : random.pick(results)
}

function resultsOf(
  kind: MultiBranchChangeKind,
  layers: MultiBranch,
  settings: MultiBranchSettings,
): readonly MultiBranch[] {
  switch (kind) {
    case 'insert-convolution':
      return withConvolution(layers, settings)
    case 'remove-convolution':
      return layers.flatMap(({ operation }, index) =>
        isConvolution(readOperation(operation)) ? [without(layers, index + 1)] : [],
      )
    case 'alter-stride':
    case 'alter-number-of-channels':
    case 'filter-size':
      return altered(layers, settings, isAltered[kind])
    case 'add-skip':
      return rewired(layers, ({ inputs }, number) =>
        Array.from({ length: number }, (_, source) => source)
          .filter((source) => !inputs.includes(source))
          .map((source) => ascending([...inputs, source])),
      )
    case 'remove-skip':
      return rewired(layers, ({ inputs }) =>
        inputs.length < 2 ? [] : inputs.map((source) => inputs.filter((own) => own !== source)),
      )
  }
}

/** Whether two operations of one kind differ in one number alone. */
const isAltered = {
  'alter-stride': (one, two) =>
    one.stride !== two.stride && isSameKernel(one, two) && one.channels === two.channels,
  'filter-size': (one, two) =>
    one.stride === two.stride && !isSameKernel(one, two) && one.channels === two.channels,
  'alter-number-of-channels': (one, two) =>
    one.stride === two.stride &&
    isSameKernel(one, two) &&
    one.channels !== two.channels &&
    two.channels <= 2 * one.channels &&
    one.channels <= 2 * two.channels,
} as const satisfies Record<string, (one: Convolution, two: Convolution) => boolean>

type Convolution = Exclude<LayerOperation, { kind: 'pool' }>

function altered(
  layers: MultiBranch,
  { operations }: MultiBranchSettings,
  isWanted: (one: Convolution, two: Convolution) => boolean,
): readonly MultiBranch[] {
  return layers.flatMap((layer, index) => {
    const now = readOperation(layer.operation)
    if (!isConvolution(now)) return []
    return operations.flatMap((operation) => {
      const other = readOperation(operation)
      if (!isConvolution(other) || other.kind !== now.kind || !isWanted(now, other)) return []
      return [layers.with(index, { ...layer, operation })]
    })
  })
}

/** A convolution between a layer and one of its sources, or behind the last layer. */
function withConvolution(layers: MultiBranch, { operations }: MultiBranchSettings) {
  const plain = operations.filter((text) => {
    const operation = readOperation(text)
    return operation?.kind === 'conv' && operation.kernel.join() === '3,3'
  })
  const offered =
    plain.length > 0 ? plain : operations.filter((text) => isConvolution(readOperation(text)))
  const edges = [
    ...layers.flatMap(({ inputs }, index) =>
      inputs.map((source) => ({ source, number: index + 1 })),
    ),
    { source: layers.length, number: layers.length + 1 },
  ]
  return edges.flatMap(({ source, number }) =>
    offered.map((operation) => inserted(layers, { operation, inputs: [source] }, number)),
  )
}

/** A layer becomes the one of this number, and stands for its source in the layer that had the number. */
function inserted(layers: MultiBranch, layer: BranchLayer, number: number): MultiBranch {
  const [source = 0] = layer.inputs
  const later = layers.slice(number - 1).map(({ operation, inputs }, index) => ({
    operation,
    inputs: ascending(
      inputs.map((input) => {
        if (index === 0 && input === source) return number
        return input >= number ? input + 1 : input
      }),
    ),
  }))
  return [...layers.slice(0, number - 1), layer, ...later]
}

/** Who reads the layer reads its sources instead. */
function without(layers: MultiBranch, number: number): MultiBranch {
  const sources = layers[number - 1]?.inputs ?? []
  return layers.toSpliced(number - 1, 1).map(({ operation, inputs }) => ({
    operation,
    inputs: ascending(
      inputs
        .flatMap((input) => (input === number ? sources : [input]))
        .map((input) => (input > number ? input - 1 : input)),
    ),
  }))
}

function rewired(
  layers: MultiBranch,
  rewire: (layer: BranchLayer, number: number) => readonly Sources[],
): readonly MultiBranch[] {
  return layers.flatMap((layer, index) =>
    rewire(layer, index + 1).map((inputs) => layers.with(index, { ...layer, inputs })),
  )
}

function ascending(sources: Sources): Sources {
  return [...new Set(sources)].sort((one, two) => one - two)
}

function isSameKernel(one: Convolution, two: Convolution): boolean {
  return one.kernel.join() === two.kernel.join()
}

function isConvolution(operation: LayerOperation | null): operation is Convolution {
  return operation !== null && operation.kind !== 'pool'
}
