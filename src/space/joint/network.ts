import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import type { ActivationFunction, NetworkGraph } from '#src/graph/graph.ts'
import { activation, add, batchNorm, linear } from '#src/graph/operations.ts'
import type { FeatureTask } from '../task.ts'
import { type Backbone, type LayerPlan, planLayers } from './plan.ts'

/**
 * The backbone, then one linear layer to the classes.
 *
 * @remarks
 * A layer of a perceptron is linear, batch norm, activation, dropout; a residual block is that of a
 * network with activations first (He et al. 2016, "Identity Mappings in Deep Residual Networks").
 * Where a block changes the width, its norm and activation come before both branches, and the
 * shortcut is a linear layer.
 *
 * @see Auto-PyTorch, `setup/network_backbone`, `ShapedMLPBackbone.py`, `ResNetBackbone.py`.
 */
export function compileBackbone(backbone: Backbone, task: FeatureTask): NetworkGraph {
  const builder = graphBuilder()
  const input = builder.input('features', [task.features])
  const { stem, layers } = planLayers(backbone, task.features)
  const last =
    backbone.kind === 'shaped-resnet'
      ? addResidualNet(builder, input, { stem, layers }, backbone)
      : addPerceptron(builder, input, layers, backbone)
  return builder.finish([builder.add('head', linear(task.classCount), [last])])
}

/** What every layer of a network has alike. */
interface LayerStyle {
  readonly activation: ActivationFunction
  readonly batchNorm: boolean
}

function addPerceptron(
  builder: GraphBuilder,
  input: string,
  layers: readonly LayerPlan[],
  style: LayerStyle,
): string {
  let wire = input
  for (const [index, { units, dropoutRate }] of layers.entries()) {
    const id = `group${index + 1}`
    wire = builder.add(`${id}.linear`, linear(units), [wire])
    wire = normActivate(builder, id, wire, style)
    wire = dropOut(builder, `${id}.dropout`, wire, dropoutRate)
  }
  return wire
}

function addResidualNet(
  builder: GraphBuilder,
  input: string,
  { stem, layers }: { readonly stem: number; readonly layers: readonly LayerPlan[] },
  backbone: Extract<Backbone, { kind: 'shaped-resnet' }>,
): string {
  let wire = builder.add('stem', linear(stem), [input])
  for (const [index, layer] of layers.entries()) {
    for (let block = 1; block <= backbone.blocksPerGroup; block++) {
      wire = addBlock(builder, { id: `group${index + 1}.block${block}`, layer }, wire, backbone)
    }
  }
  return normActivate(builder, 'last', wire, backbone)
}

function addBlock(
  builder: GraphBuilder,
  { id, layer }: { readonly id: string; readonly layer: LayerPlan },
  input: string,
  style: LayerStyle,
): string {
  const { units, dropoutRate } = layer
  const widens = builder.shape(input)[0] !== units
  const activated = normActivate(builder, `${id}.before`, input, style)
  const shortcut = widens ? builder.add(`${id}.shortcut`, linear(units), [activated]) : input
  const first = builder.add(`${id}.first`, linear(units), [activated])
  const between = normActivate(builder, `${id}.between`, first, style)
  const dropped = dropOut(builder, `${id}.dropout`, between, dropoutRate)
  const second = builder.add(`${id}.second`, linear(units), [dropped])
  return builder.add(`${id}.sum`, add, [second, shortcut])
}

function normActivate(
  builder: GraphBuilder,
  id: string,
  input: string,
  { activation: name, batchNorm: hasNorm }: LayerStyle,
): string {
  const normed = hasNorm ? builder.add(`${id}.norm`, batchNorm(), [input]) : input
  return builder.add(`${id}.${name.replaceAll('-', '_')}`, activation(name), [normed])
}

function dropOut(builder: GraphBuilder, id: string, input: string, rate: number): string {
  return rate === 0 ? input : builder.add(id, { kind: 'dropout', rate }, [input])
}
