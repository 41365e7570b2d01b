import type { Drawing, DrawingNode } from '#src/graph/drawing.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { type Backbone, type LayerPlan, planLayers } from './plan.ts'
import { readBackbone } from './read.ts'

/** Features of the input that a drawing is made for, since widths can depend on it. */
const drawnFeatures = 16

/** The layers or groups with their widths, and beside them what is searched of the training. */
export function drawJoint(configuration: Configuration): Drawing {
  const network = networkNodes(readBackbone(configuration))
  const training = trainingNodes(configuration)
  return {
    title: `Joint: ${String(configuration.backbone)} and training`,
    direction: 'down',
    groups: training.length > 0 ? [{ id: 'training', label: 'training' }] : [],
    nodes: [...network, ...training],
    edges: [...chained(network), ...chained(training)],
  }
}

function networkNodes(backbone: Backbone): readonly DrawingNode[] {
  const { stem, layers } = planLayers(backbone, drawnFeatures)
  const style = [...(backbone.batchNorm ? ['batch norm'] : []), backbone.activation].join(', ')
  const layerNode = (layer: LayerPlan, index: number): DrawingNode =>
    backbone.kind === 'shaped-resnet'
      ? {
          id: `group${index + 1}`,
          label: `${blocks(backbone.blocksPerGroup)} of ${layer.units}`,
          detail: `${style}${dropoutWords(layer)}`,
          role: 'merge',
        }
      : {
          id: `group${index + 1}`,
          label: `linear ${layer.units}`,
          detail: `${style}${dropoutWords(layer)}`,
          role: 'linear',
        }
  return [
    { id: 'input', label: 'features', detail: `drawn for ${drawnFeatures}`, role: 'input' },
    ...(backbone.kind === 'shaped-resnet'
      ? [{ id: 'stem', label: `linear ${stem}`, role: 'linear' } as const]
      : []),
    ...layers.map(layerNode),
    { id: 'head', label: 'linear', role: 'linear' },
    { id: 'output', label: 'classes', role: 'output' },
  ]
}

function blocks(count: number): string {
  return count === 1 ? '1 residual block' : `${count} residual blocks`
}

function dropoutWords({ dropoutRate }: LayerPlan): string {
  return dropoutRate === 0 ? '' : `, dropout ${short(dropoutRate)}`
}

function trainingNodes(configuration: Configuration): readonly DrawingNode[] {
  const { batchSize, optimizer, schedule, labelSmoothing } = configuration
  const node = (id: string, label: string, prefix?: string): DrawingNode => {
    const detail = prefix === undefined ? '' : settingsWords(configuration, prefix)
    return { id, label, role: 'other', group: 'training', ...(detail !== '' && { detail }) }
  }
  return [
    ...(batchSize === undefined ? [] : [node('batch', `batch ${batchSize}`)]),
    ...(optimizer === undefined ? [] : [node('optimizer', String(optimizer), `${optimizer}.`)]),
    ...(schedule === undefined
      ? []
      : [node('schedule', `${schedule} schedule`, schedulePrefix(schedule))]),
    ...(labelSmoothing === undefined
      ? []
      : [node('smoothing', `label smoothing ${labelSmoothing}`)]),
  ]
}

function schedulePrefix(schedule: Configuration[string]): string {
  return schedule === 'one-cycle' ? 'oneCycle.' : `${String(schedule)}.`
}

/** `learningRate 0.01, momentum 0.9`: the parameters of a name that begin so. */
function settingsWords(configuration: Configuration, prefix: string): string {
  return Object.entries(configuration)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => `${words(name.slice(prefix.length))} ${short(Number(value))}`)
    .join(', ')
}

function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)))
}

function chained(nodes: readonly DrawingNode[]) {
  return nodes.slice(1).map((node, position) => ({ from: nodes[position]?.id ?? '', to: node.id }))
}
