import type { Drawing, DrawingEdge, DrawingNode } from '#src/graph/drawing.ts'
import type { LayerPlan, TransformerPlan } from './parameters.ts'
import type { NormPlacement } from './settings.ts'

/** The stack of layers: one box a part, the norms where they stand. */
export function drawTransformer(plan: TransformerPlan): Drawing {
  const { width, layers } = plan
  const boxes: DrawingNode[] = [
    { id: 'input', label: 'tokens', role: 'input' },
    { id: 'embedding', label: 'embedding', detail: `${width} features, positions`, role: 'linear' },
    ...layers.flatMap((layer, index) => layerBoxes(plan, layer, index + 1)),
    ...(plan.norm === 'before' ? [{ id: 'norm', label: 'norm', role: 'norm' } as const] : []),
    { id: 'classifier', label: 'linear', detail: 'next token', role: 'linear' },
    { id: 'output', label: 'vocabulary', role: 'output' },
  ]
  const dropout = plan.dropoutRate === 0 ? '' : `, dropout ${plan.dropoutRate}`
  return {
    title: `Transformer of ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'} of ${width} features${dropout}`,
    direction: 'down',
    nodes: boxes,
    edges: [
      ...boxes.slice(1).map((box, index) => ({ from: boxes[index]?.id ?? '', to: box.id })),
      ...shortcuts(boxes, plan.norm),
    ],
    groups: layers.map((_, index) => ({ id: `layer${index + 1}`, label: `Layer ${index + 1}` })),
  }
}

function layerBoxes(plan: TransformerPlan, layer: LayerPlan, number: number): DrawingNode[] {
  const group = `layer${number}`
  const part = (name: string, label: string, detail: string): DrawingNode[] => {
    const norm = { id: `${group}.${name}.norm`, label: 'norm', role: 'norm', group } as const
    const role = name === 'attention' ? 'conv' : 'linear'
    const work: DrawingNode[] = [
      { id: `${group}.${name}`, label, detail, role, group },
      { id: `${group}.${name}.sum`, label: '+', role: 'merge', group },
    ]
    return plan.norm === 'before' ? [norm, ...work] : [...work, norm]
  }
  const heads = `${layer.heads} ${layer.heads === 1 ? 'head' : 'heads'}`
  const hidden = `${plan.width * layer.mlpRatio} hidden, ${plan.activation}`
  return [...part('attention', 'causal attention', heads), ...part('mlp', 'perceptron', hidden)]
}

/** From what a part is given to its sum: past the part, and past the norm where one stands before. */
function shortcuts(boxes: readonly DrawingNode[], norm: NormPlacement): DrawingEdge[] {
  return boxes.flatMap((box, index) => {
    const given = box.label === '+' ? boxes[index - (norm === 'before' ? 3 : 2)] : undefined
    return given ? [{ from: given.id, to: box.id }] : []
  })
}
