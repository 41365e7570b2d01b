/** What the encodings of a search space must do; `space.test.ts` runs it over the catalog. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countConfigurations } from '#src/parameter/count.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { findConfigurationProblems } from '#src/parameter/problems.ts'
import { activeParameters, sampleConfiguration } from '#src/parameter/sample.ts'
import { formatConfiguration, parseConfiguration } from '#src/parameter/text.ts'
import { decodeUnitVector, encodeUnitVector, vectorParameters } from '#src/parameter/unit-vector.ts'
import { Random } from '#src/random/random.ts'
import type { FeatureEncoding, ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { SpaceContract } from './space.contract.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const runs = { numRuns: 40, seed: 20_260_401 }
const samples = Array.from({ length: 100 }, (_, seed) => seed)

export function encodingsContract({ name, make, isEnumerable }: SpaceContract): void {
  const space = make()
  const { parameters, adjacency, path } = space.encodings
  describe(name, () => {
    if (parameters) parametersContract({ space, parameters, isEnumerable })
    for (const [kind, features] of Object.entries({ adjacency, path })) {
      if (features) featuresContract(kind, space, features)
    }
    it('has the same encodings each time', () => {
      expect(make().encodings.parameters?.space).toEqual(parameters?.space)
      expect(Object.keys(make().encodings)).toEqual(Object.keys(space.encodings))
    })
  })
}

function parametersContract({
  space,
  parameters,
  isEnumerable,
}: {
  readonly space: SearchSpace
  readonly parameters: ParameterEncoding<unknown>
  readonly isEnumerable: boolean
}): void {
  const language = parameters.space
  const drawn = seeds.map((seed) => sampleConfiguration(language, Random.named(seed, 'draw')))
  const check = (configuration: Configuration) => expectDecoded(space, parameters, configuration)

  it('encodes every architecture as a configuration that decodes to it', () => {
    for (const seed of samples) {
      const architecture = space.sample(Random.named(seed, 'sample'))
      const configuration = parameters.encode(architecture)
      expect(findConfigurationProblems(language, configuration)).toEqual([])
      expect(parseConfiguration(language, formatConfiguration(configuration))).toEqual(
        configuration,
      )
      const decoded = parameters.decode(configuration)
      if (!('architecture' in decoded)) throw new Error(decoded.problems.join('; '))
      expect(space.canonical(decoded.architecture)).toBe(space.canonical(architecture))
    }
  })

  it('decodes every configuration to an architecture, or says why not', () => {
    fc.assert(fc.property(drawn, check), runs)
  })

  it('decodes every point of the unit cube, and the same one again', () => {
    const size = vectorParameters(language).length
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const points = fc.array(share, { minLength: size, maxLength: size })
    fc.assert(
      fc.property(points, (point) => {
        const configuration = decodeUnitVector(language, point)
        const again = decodeUnitVector(language, encodeUnitVector(language, configuration))
        expect(again).toEqual(configuration)
        check(configuration)
      }),
      runs,
    )
  })

  it('does not look at the entries of what is inactive', () => {
    fc.assert(
      fc.property(drawn, seeds, (configuration, seed) => {
        const random = Random.named(seed, 'inactive')
        const active = new Set(activeParameters(language, configuration))
        const vector = encodeUnitVector(language, configuration, -1)
        const other = vectorParameters(language).map((parameter, index) =>
          active.has(parameter.name) ? (vector[index] ?? 0) : random.uniform(),
        )
        expect(decodeUnitVector(language, other)).toEqual(configuration)
        const sentinels = vector.filter((entry) => entry === -1).length
        const inactive = vectorParameters(language).filter((one) => !active.has(one.name)).length
        expect(sentinels).toBe(inactive)
      }),
      runs,
    )
  })

  it('refuses what is no configuration of its parameters in sentences', () => {
    const configuration = parameters.encode(space.sample(Random.named(1, 'sample')))
    const [first = ''] = Object.keys(configuration)
    const { [first]: _, ...less } = configuration
    for (const wrong of [less, {}, { ...configuration, nonsense: 1 }]) {
      const decoded = parameters.decode(wrong)
      if ('architecture' in decoded) throw new Error(`decoded ${JSON.stringify(wrong)}`)
      expect(decoded.problems.join('\n')).toMatch(/^[A-Z].*[^.]$/s)
    }
  })

  it('has as many configurations as the space has architectures where the two are one to one', () => {
    const configurations = countConfigurations(language)
    const architectures = space.count()
    if (!isEnumerable || configurations.kind !== 'exact' || architectures.kind !== 'exact') return
    const isOneToOne = samples.every((seed) => {
      const configuration = sampleConfiguration(language, Random.named(seed, 'count'))
      const decoded = parameters.decode(configuration)
      return (
        'architecture' in decoded &&
        formatConfiguration(parameters.encode(decoded.architecture)) ===
          formatConfiguration(configuration)
      )
    })
    if (isOneToOne) expect(configurations.value).toBe(architectures.value)
  })
}

function featuresContract(kind: string, space: SearchSpace, features: FeatureEncoding<unknown>) {
  it(`has as many numbers as its ${kind} encoding says, the same for equal architectures`, () => {
    const vectors = new Map<string, string>()
    for (const seed of samples) {
      const architecture = space.sample(Random.named(seed, 'sample'))
      const vector = features.encode(architecture)
      expect(vector).toHaveLength(features.size)
      expect(vector.every(Number.isFinite)).toBe(true)
      expect(features.encode(space.parse(space.format(architecture)))).toEqual(vector)
      const key = features.isCanonical ? space.canonical(architecture) : space.format(architecture)
      expect(vectors.get(key) ?? vector.join()).toBe(vector.join())
      vectors.set(key, vector.join())
    }
    expect(new Set(vectors.values()).size).toBeGreaterThan(1)
    expect(features.description.length).toBeGreaterThan(10)
  })
}

function expectDecoded(
  space: SearchSpace,
  parameters: ParameterEncoding<unknown>,
  configuration: Configuration,
): void {
  const decoded = parameters.decode(configuration)
  const found = findConfigurationProblems(parameters.space, configuration)
  if ('problems' in decoded) {
    expect(decoded.problems.join('\n')).toMatch(/^[A-Z].*[^.]$/s)
    return
  }
  expect(found).toEqual([])
  expect(space.problems(decoded.architecture)).toEqual([])
  const encoded = parameters.encode(decoded.architecture)
  const again = parameters.decode(encoded)
  if (!('architecture' in again)) throw new Error(again.problems.join('; '))
  expect(space.canonical(again.architecture)).toBe(space.canonical(decoded.architecture))
}
