import { type LayerGraph, networkLayers } from '#src/graph/layer-graph.ts'
import type { InputKind, SearchSpace, Task } from '#src/space/space.ts'

/** Networks are compared as they are built for a small task of their kind. */
const tasks: Readonly<Record<InputKind, Task>> = {
  images: { kind: 'images', inputShape: [3, 32, 32], classCount: 10 },
  features: { kind: 'features', inputShape: [16], classCount: 10 },
  tokens: { kind: 'tokens', inputShape: [16], classCount: 65 },
}

/** The graphs by which an architecture is compared: those of its cells, or the one of its network. */
export function architectureLayers(
  space: SearchSpace,
): (architecture: unknown) => readonly LayerGraph[] {
  const { encodings, takes } = space
  const { layers } = encodings
  if (layers) return (architecture) => layers.encode(architecture)
  return (architecture) =>
    takes === null ? [] : [networkLayers(space.compile(architecture, tasks[takes]))]
}

/** Why a space's architectures have no layers, as `misfit` wants it. */
export function layersMisfit({ takes, encodings }: SearchSpace): string | null {
  if (takes !== null || encodings.layers) return null
  return 'needs networks, which the space does not offer'
}
