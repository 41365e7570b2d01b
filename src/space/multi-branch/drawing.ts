import type { Drawing, DrawingNode, DrawingRole } from '#src/graph/drawing.ts'
import { unreadLayers } from './network.ts'
import { readOperation } from './operation.ts'
import type { MultiBranchSettings } from './settings.ts'
import type { MultiBranch } from './text.ts'

/** Layers as boxes; what no layer reads runs together before the head. */
export function drawMultiBranch(layers: MultiBranch, settings: MultiBranchSettings): Drawing {
  const { join, stemChannels } = settings
  const stem: DrawingNode[] =
    stemChannels === null
      ? []
      : [{ id: 'stem', label: 'conv 3×3', detail: `${stemChannels} channels`, role: 'conv' }]
  const loose = unreadLayers(layers)
  const joint: DrawingNode[] =
    loose.length > 1 ? [{ id: 'join', label: 'concat', role: 'merge' }] : []
  const [image, last] = [stem[0]?.id ?? 'input', joint[0]?.id ?? 'head']
  const idOf = (source: number) => (source === 0 ? image : `layer${source}`)
  return {
    title: `Multi-branch network, inputs joined by ${join === 'add' ? 'addition' : 'concatenation'}`,
    direction: 'down',
    groups: [],
    nodes: [
      { id: 'input', label: 'input', role: 'input' },
      ...stem,
      ...layers.map(({ operation }, index) => ({
        id: `layer${index + 1}`,
        ...operationLook(`${index + 1}`, operation),
      })),
      ...joint,
      { id: 'head', label: 'global pool, linear', role: 'linear' },
      { id: 'output', label: 'classes', role: 'output' },
    ],
    edges: [
      ...stem.map(({ id }) => ({ from: 'input', to: id })),
      ...layers.flatMap(({ inputs }, index) =>
        inputs.map((source) => ({ from: idOf(source), to: idOf(index + 1) })),
      ),
      ...loose.map((layer) => ({ from: idOf(layer), to: last })),
      ...joint.map(({ id }) => ({ from: id, to: 'head' })),
      { from: 'head', to: 'output' },
    ],
  }
}

function operationLook(
  number: string,
  text: string,
): { label: string; detail: string; role: DrawingRole } {
  const operation = readOperation(text)
  if (operation === null) return { label: text, detail: number, role: 'other' }
  const name = operation.kind === 'pool' ? `${operation.mode} pool` : operation.kind
  const details = [
    `layer ${number}`,
    ...(operation.kind === 'pool' ? [] : [`${operation.channels} channels`]),
    ...(operation.stride === 1 ? [] : [`stride ${operation.stride}`]),
  ]
  return {
    label: `${name} ${operation.kernel.join('×')}`,
    detail: details.join(', '),
    role: operation.kind,
  }
}
