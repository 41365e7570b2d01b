/**
 * Configurations as the vectors that a forest learns from, and everything that a local search does
 * with such vectors: no configuration object is made on the way.
 */
import { defaultOf, listedValues, shareOf, valueAt, valueCount } from '#src/parameter/domain.ts'
import { parameterModel, readValue } from '#src/parameter/model.ts'
import type {
  Configuration,
  Parameter,
  ParameterSpace,
  ParameterValue,
} from '#src/parameter/parameter.ts'
import { assembleConfiguration } from '#src/parameter/sample.ts'
import type { Random } from '#src/random/random.ts'
import { compileTest, type EntryTest } from './entry-test.ts'

/**
 * One parameter as a feature, constants included: they can be inactive. Categories and places in an order are counted from 0, and one more than
 * there are stands for inactive; numbers are shares of their range on its scale, and -1 is inactive.
 *
 * @see SMAC3 2 `smac/model/abstract_model.py`, `smac/utils/configspace.py` (imputation).
 */
export interface Feature {
  readonly parameter: Parameter
  readonly inactive: number
  /** Whether it is active, by the features before it. */
  readonly isActive: EntryTest | null
  readonly defaultEntry: number
  draw(random: Random): number
  /** Other entries in reach of one: all other categories, both neighbours in an order, four steps. */
  others(entry: number, random: Random, deviation: number): number[]
}

/** Steps that a number takes in a neighbourhood. */
const numericNeighbours = 4

export interface FeatureSpace {
  readonly features: readonly Feature[]
  encode(configuration: Configuration): Float64Array
  decode(vector: Float64Array): Configuration
  /** Ancestral sampling into a vector; forbidden ones too. */
  drawInto(vector: Float64Array, random: Random): void
  /** One feature changed; what that switches on starts at its default. In random order. */
  neighbours(vector: Float64Array, random: Random, deviation: number): Float64Array[]
}

export function featureSpace(space: ParameterSpace): FeatureSpace {
  const { nodes } = parameterModel(space)
  const places = new Map(nodes.map(({ parameter }, place) => [parameter.name, place]))
  const features = nodes.map(({ parameter, tests }): Feature => {
    const compiled = tests.map((test) => compileTest(test, space, places))
    return {
      parameter,
      inactive: inactiveEntry(parameter),
      isActive: compiled.length === 0 ? null : (vector) => compiled.every((test) => test(vector)),
      defaultEntry: entryOf(parameter, defaultOf(parameter)),
      draw: drawer(parameter),
      others: (entry, random, deviation) => otherEntries(parameter, entry, random, deviation),
    }
  })

  /** Fills in entries in the order of features, parents first. */
  function complete(
    vector: Float64Array,
    choose: (feature: Feature, place: number) => number,
  ): Float64Array {
    for (let place = 0; place < features.length; place++) {
      const feature = features[place] as Feature
      const isActive = feature.isActive === null || feature.isActive(vector)
      vector[place] = isActive ? choose(feature, place) : feature.inactive
    }
    return vector
  }

  function changed(vector: Float64Array, at: number, entry: number): Float64Array {
    return complete(new Float64Array(features.length), (feature, place) => {
      if (place === at) return entry
      const known = vector[place] as number
      return known === feature.inactive ? feature.defaultEntry : known
    })
  }

  return {
    features,
    encode: (configuration) =>
      Float64Array.from(features, ({ parameter, inactive }) => {
        const value = readValue(configuration, parameter.name)
        return value === undefined ? inactive : entryOf(parameter, value)
      }),
    decode: (vector) =>
      assembleConfiguration(space, (parameter) => {
        const entry = vector[places.get(parameter.name) ?? -1]
        return entry === undefined ? defaultOf(parameter) : valueOfEntry(parameter, entry)
      }),
    drawInto(vector, random) {
      complete(vector, (feature) => feature.draw(random))
    },
    neighbours(vector, random, deviation) {
      const found = features.flatMap((feature, place) => {
        const entry = vector[place] as number
        if (entry === feature.inactive) return []
        return feature
          .others(entry, random, deviation)
          .map((other) => changed(vector, place, other))
      })
      return random.shuffle(found)
    },
  }
}

function inactiveEntry(parameter: Parameter): number {
  return listedValues(parameter)?.length ?? -1
}

function entryOf(parameter: Parameter, value: ParameterValue): number {
  const listed = listedValues(parameter)
  if (listed) return listed.indexOf(value)
  return parameter.kind === 'integer' || parameter.kind === 'float'
    ? shareOf(parameter, Number(value))
    : 0
}

function valueOfEntry(parameter: Parameter, entry: number): ParameterValue {
  const listed = listedValues(parameter)
  if (listed) return listed[entry] ?? defaultOf(parameter)
  return parameter.kind === 'integer' || parameter.kind === 'float'
    ? valueAt(parameter, entry)
    : defaultOf(parameter)
}

/** Draws an entry from the parameter's own distribution; a number's share falls on a value of it. */
function drawer(parameter: Parameter): (random: Random) => number {
  if (parameter.kind === 'categorical' && parameter.weights) {
    const total = parameter.weights.reduce((sum, weight) => sum + weight, 0)
    const shares = parameter.weights.map((weight) => weight / total)
    return (random) => {
      let rest = random.uniform()
      const place = shares.findIndex((share) => {
        rest -= share
        return rest < 0
      })
      return place < 0 ? shares.length - 1 : place
    }
  }
  const listed = listedValues(parameter)
  if (listed) return (random) => random.int(listed.length)
  return (random) => onValue(parameter, random.uniform())
}

/** The share of the value nearest to a share; floats keep theirs, which is rounded when decoded. */
function onValue(parameter: Parameter, share: number): number {
  const kept = Math.min(Math.max(share, 0), 1)
  return parameter.kind === 'integer' ? entryOf(parameter, valueAt(parameter, kept)) : kept
}

function otherEntries(
  parameter: Parameter,
  entry: number,
  random: Random,
  deviation: number,
): number[] {
  const count = valueCount(parameter)
  if (parameter.kind === 'categorical') {
    return Array.from({ length: count ?? 0 }, (_, other) => other).filter(
      (other) => other !== entry,
    )
  }
  if (parameter.kind === 'constant') return []
  if (parameter.kind === 'ordinal') {
    return [entry - 1, entry + 1].filter((other) => other >= 0 && other < (count ?? 0))
  }
  const steps = Array.from({ length: numericNeighbours }, () =>
    onValue(parameter, entry + deviation * random.normal()),
  )
  // A step too small to leave an integer goes to the next one.
  const moved = steps.map((step) => (step === entry ? nextValue(parameter, entry, random) : step))
  return [...new Set(moved)].filter((step) => step !== entry)
}

function nextValue(parameter: Parameter, entry: number, random: Random): number {
  if (parameter.kind !== 'integer') return entry
  const value = valueAt(parameter, entry) + (random.bernoulli(0.5) ? 1 : -1)
  return value < parameter.lower || value > parameter.upper ? entry : entryOf(parameter, value)
}
