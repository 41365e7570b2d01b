import { describe, expect, it } from 'vitest'
import { countConfigurations } from '#src/parameter/count.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import { decodeUnitVector, encodeUnitVector, vectorParameters } from '#src/parameter/unit-vector.ts'
import { chain } from '#src/space/chain/chain.ts'
import { ChainSettings } from '#src/space/chain/settings.ts'

function make(settings: object) {
  const space = chain(ChainSettings.parse(settings))
  const { parameters } = space.encodings
  if (!parameters) throw new Error('the chain space has lost its parameters')
  return { space, parameters }
}

/** Four convolutions and two pools: six layers to choose from. */
const six = {
  maxDepth: 4,
  conv: { kernels: [5, 3], channels: [4, 8] },
  pool: { modes: ['max', 'avg'], kernels: [2] },
}

describe('chains as hyperparameters', () => {
  it('have a parameter of a layer exactly where the layer and its kind are', () => {
    const { space, parameters } = make(six)
    const configuration = parameters.encode(space.parse('conv3-8-relu|avg2'))
    expect(configuration).toEqual({
      depth: 2,
      'layer1.kind': 'conv',
      'layer1.conv.kernel': 3,
      'layer1.conv.stride': 1,
      'layer1.conv.channels': 8,
      'layer1.conv.activation': 'relu',
      'layer2.kind': 'pool',
      'layer2.pool.mode': 'avg',
      'layer2.pool.kernel': 2,
    })
    const wrong = { ...configuration, 'layer2.conv.kernel': 3, 'layer3.kind': 'conv' }
    const problems = configurationProblems(parameters.space, wrong).join('\n')
    expect(problems).toMatch(/layer2.conv.kernel: expected no value/)
    expect(problems).toMatch(/layer3.kind: expected no value/)
    expect(parameters.decode(wrong)).toEqual({ problems: problems.split('\n') })
  })

  it('count as the chains do: 6 + 36 + 216 + 1,296', () => {
    const { parameters, space } = make(six)
    expect(countConfigurations(parameters.space)).toEqual({ kind: 'exact', value: 1554n })
    expect(space.count()).toEqual({ kind: 'exact', value: 1554n })
  })

  it('order sizes as ordinals, keep kinds apart, and fix what has one choice', () => {
    const { parameters } = make(six)
    const of = (name: string) => parameters.space.parameters.find((one) => one.name === name)
    expect(of('layer1.conv.kernel')).toMatchObject({ kind: 'ordinal', sequence: [3, 5] })
    expect(of('layer1.pool.mode')).toMatchObject({ kind: 'categorical', choices: ['max', 'avg'] })
    expect(of('layer4.pool.kernel')).toEqual({
      kind: 'constant',
      name: 'layer4.pool.kernel',
      value: 2,
    })
    expect(of('depth')).toMatchObject({ kind: 'integer', lower: 1, upper: 4 })
    // Depth; kind, two of a convolution and one of a pool for each layer.
    expect(vectorParameters(parameters.space)).toHaveLength(1 + 4 * 4)
  })

  it('have no conditions on the depth where every chain has the layer', () => {
    const { parameters } = make({ ...six, minDepth: 3 })
    const onDepth = parameters.space.conditions.filter(
      ({ test }) => 'parameter' in test && test.parameter === 'depth',
    )
    expect(onDepth).toEqual([
      {
        child: 'layer4.kind',
        test: { kind: 'greater-than', parameter: 'depth', value: 3 },
      },
    ])
    const fixed = make({ ...six, minDepth: 4 }).parameters.space
    expect(fixed.parameters[0]).toEqual({ kind: 'constant', name: 'depth', value: 4 })
  })

  it('are one chain for all vectors that differ in inactive entries only', () => {
    const { space, parameters } = make(six)
    const architecture = space.parse('max2|conv5-4-relu')
    const vector = encodeUnitVector(parameters.space, parameters.encode(architecture), -1)
    expect(vector.filter((entry) => entry === -1)).toHaveLength(17 - 6)
    for (const filler of [0, 0.3, 0.99, 1]) {
      const filled = vector.map((entry) => (entry === -1 ? filler : entry))
      const decoded = parameters.decode(decodeUnitVector(parameters.space, filled))
      expect(decoded).toEqual({ architecture })
    }
  })

  it('offer separable convolutions beside the others', () => {
    const { space, parameters } = make({
      maxDepth: 2,
      separable: { kernels: [3], channels: [16], strides: [1, 2], activations: ['gelu', 'relu'] },
    })
    const architecture = space.parse('sep3s2-16-gelu|conv3-16-relu')
    const configuration = parameters.encode(architecture)
    expect(configuration).toMatchObject({
      'layer1.kind': 'separable',
      'layer1.separable.stride': 2,
      'layer2.conv.kernel': 3,
    })
    expect(parameters.decode(configuration)).toEqual({ architecture })
  })
})
