import { unreachable } from '#src/errors.ts'
import type { DrawingRole } from './drawing.ts'
import type { Operation } from './graph.ts'

/** An operation in a few words: `conv 3×3 /2`, where `/2` is a stride. */
export function operationLabel(op: Operation): string {
  switch (op.kind) {
    case 'conv2d':
      return [convName(op), extent(op.kernel), stride(op.stride), dilation(op.dilation)]
        .filter((part) => part !== '')
        .join(' ')
    case 'linear':
      return `linear ${op.features}`
    case 'batch-norm':
      return 'norm'
    case 'activation':
      return op.function
    case 'pool2d':
      return [`${op.mode} pool`, extent(op.kernel), stride(op.stride)]
        .filter((part) => part !== '')
        .join(' ')
    case 'global-pool':
      return `global ${op.mode} pool`
    case 'add':
      return '+'
    case 'zero':
      return `zero ${stride(op.stride)}`.trim()
    case 'channel-slice':
      return `channels ${op.start}–${op.end - 1}`
    case 'channel-pad':
      return `pad to ${op.channels} channels`
    case 'pad2d':
      return op.top + op.bottom === 0 && op.left + op.right === 0 ? 'shift' : 'pad'
    case 'resize':
      return `${op.mode} ${extent(op.size)}`
    case 'unpool2d':
      return `unpool to ${extent(op.size)}`
    case 'choice':
      return `choice of ${op.candidates.length}`
    case 'multiply':
      return '×'
    case 'scale':
      return `times ${Number(op.factor.toPrecision(3))}`
    case 'embedding':
      return `embedding of ${op.vocabulary}`
    case 'layer-norm':
      return 'layer norm'
    case 'attention':
      return `${op.causal ? 'causal ' : ''}attention, ${op.heads} ${op.heads === 1 ? 'head' : 'heads'}`
    case 'recurrent':
      return `recurrent cell of ${op.cell.nodes.length} operations`
    case 'flatten':
    case 'blend':
    case 'concat':
    case 'identity':
    case 'dropout':
    case 'drop-path':
    case 'positional-embedding':
      return op.kind.replace('-', ' ')
    default:
      return unreachable(op)
  }
}

/** What an operation counts as in a drawing. */
export function operationRole(op: Operation): DrawingRole {
  switch (op.kind) {
    case 'conv2d':
      return op.groups > 1 ? 'separable' : 'conv'
    case 'linear':
      return 'linear'
    case 'batch-norm':
    case 'layer-norm':
      return 'norm'
    case 'activation':
      return 'activation'
    case 'embedding':
    case 'positional-embedding':
      return 'linear'
    case 'attention':
      return 'conv'
    case 'recurrent':
      return 'separable'
    case 'pool2d':
    case 'global-pool':
      return 'pool'
    case 'add':
    case 'multiply':
    case 'blend':
    case 'concat':
      return 'merge'
    case 'identity':
    case 'zero':
    case 'choice':
      return op.kind
    case 'flatten':
    case 'scale':
    case 'channel-slice':
    case 'channel-pad':
    case 'pad2d':
    case 'resize':
    case 'unpool2d':
    case 'dropout':
    case 'drop-path':
      return 'other'
    default:
      return unreachable(op)
  }
}

function convName(op: Extract<Operation, { kind: 'conv2d' }>): string {
  if (op.groups === 1) return 'conv'
  return op.groups === op.channels ? 'depthwise' : `conv in ${op.groups} groups`
}

/** `3×3` */
function extent([high, wide]: readonly [number, number]): string {
  return `${high}×${wide}`
}

function stride([down, across]: readonly [number, number]): string {
  if (down === 1 && across === 1) return ''
  return down === across ? `/${down}` : `/${down}×${across}`
}

function dilation([down, across]: readonly [number, number]): string {
  if (down === 1 && across === 1) return ''
  return down === across ? `dilated ${down}` : `dilated ${down}×${across}`
}
