/** What a layer computes, and its text. */

export interface ConvolutionOperation {
  readonly kind: 'conv' | 'separable'
  /** Height, width; odd. */
  readonly kernel: readonly [number, number]
  readonly stride: number
  readonly channels: number
}

export interface PoolOperation {
  readonly kind: 'pool'
  readonly mode: 'max' | 'avg'
  readonly kernel: readonly [number, number]
  readonly stride: number
}

export type LayerOperation = ConvolutionOperation | PoolOperation

const convolutionPattern = /^(conv|sep)(\d+)(?:x(\d+))?(?:s(\d+))?-(\d+)$/
const poolPattern = /^(max|avg)(\d+)(?:x(\d+))?(?:s(\d+))?$/
const largest = { kernel: 31, stride: 8, channels: 65_536 }

/** The operation that a text such as `conv3s2-16` names; null when it names none. */
export function readOperation(text: string): LayerOperation | null {
  const [, name, high, wide = high, stride = '1', channels = '1'] =
    convolutionPattern.exec(text) ?? poolPattern.exec(text) ?? []
  if (name === undefined) return null
  const window = { kernel: [Number(high), Number(wide)] as const, stride: Number(stride) }
  const operation: LayerOperation =
    name === 'max' || name === 'avg'
      ? { kind: 'pool', mode: name, ...window }
      : { kind: name === 'conv' ? 'conv' : 'separable', ...window, channels: Number(channels) }
  return isAllowed(operation) && formatOperation(operation) === text ? operation : null
}

export function formatOperation(operation: LayerOperation): string {
  const [high, wide] = operation.kernel
  const kernel = high === wide ? `${high}` : `${high}x${wide}`
  const stride = operation.stride === 1 ? '' : `s${operation.stride}`
  if (operation.kind === 'pool') return `${operation.mode}${kernel}${stride}`
  return `${operation.kind === 'conv' ? 'conv' : 'sep'}${kernel}${stride}-${operation.channels}`
}

function isAllowed(operation: LayerOperation): boolean {
  const isBetween = (value: number, most: number) => value >= 1 && value <= most
  const channels = operation.kind === 'pool' ? 1 : operation.channels
  return (
    operation.kernel.every((size) => size % 2 === 1 && isBetween(size, largest.kernel)) &&
    isBetween(operation.stride, largest.stride) &&
    isBetween(channels, largest.channels)
  )
}
