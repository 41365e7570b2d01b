/** The network of a fabric: of a part of it, or of the whole with a gate at every edge. */
import { type GraphBuilder, graphBuilder } from '#src/graph/builder.ts'
import { addAll, classifierHead, convNormActivation, normActivation } from '#src/graph/compose.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { conv2d, unpool2d } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { imageTask } from '../task.ts'
import {
  edgesInto,
  type FabricEdge,
  type FabricNode,
  fabricNodes,
  isUsed,
  type Source,
} from './edges.ts'
import type { FabricBounds } from './settings.ts'
import type { Trellis } from './trellis.ts'

export interface Fabric extends FabricBounds {
  readonly channels: number
}

/**
 * The network of a part of the fabric.
 * @throws space/invalid-settings for a task without images
 */
export function compileTrellis(trellis: Trellis, fabric: Fabric, task: Task): NetworkGraph {
  return compileFabric(fabric, task, (site, node, edges) => {
    const used = edges.filter(({ edge }) => isUsed(trellis, edge, node))
    const terms = used.flatMap(({ edge, ref }) =>
      ref === null ? [] : addEdge(site, `${nodeId(node)}.${edge.source}`, edge.source, ref),
    )
    return terms.length === 0 ? null : addAll(site.builder, `${nodeId(node)}.sum`, terms)
  })
}

/**
 * The whole fabric. Each node but the first has a gate row, with a column for each edge into it.
 * @throws space/invalid-settings for a task without images
 */
export function compileWholeFabric(fabric: Fabric, task: Task): NetworkGraph {
  let gate = 0
  return compileFabric(fabric, task, (site, node, edges) => {
    const refs = edges.flatMap(({ ref }) => ref ?? [])
    const candidates = edges.map(({ edge }, position) => {
      const builder = graphBuilder()
      const inputs = refs.map((ref, index) => builder.input(`x${index}`, site.builder.shape(ref)))
      return builder.finish([
        addEdge({ ...site, builder }, edge.source, edge.source, inputs[position] ?? ''),
      ])
    })
    const choice = { kind: 'choice', gate: gate++, candidates } as const
    return site.builder.add(`${nodeId(node)}.edges`, choice, refs)
  })
}

/** Where edges are added: the builder, and the size of the node that they end in. */
interface Site {
  readonly builder: GraphBuilder
  readonly channels: number
  readonly size: readonly [number, number]
}

interface WiredEdge {
  readonly edge: FabricEdge
  /** Output of the node that it comes from; null where there is none. */
  readonly ref: string | null
}

/** Sum of what the edges bring; null for a node that is not there. */
type Join = (site: Site, node: FabricNode, edges: readonly WiredEdge[]) => string | null

function compileFabric(fabric: Fabric, task: Task, join: Join): NetworkGraph {
  const { channels: inputChannels, height, width, classCount } = imageTask('fabric', task)
  const { channels, scales } = fabric
  const builder = graphBuilder()
  const image = builder.input('image', [inputChannels, height, width])
  const [first, ...others] = fabricNodes(fabric)
  const outputs = new Map<string, string>()
  if (first) {
    outputs.set(nodeId(first), convNormActivation(builder, nodeId(first), image, { channels }))
  }
  for (const node of others) {
    const edges = edgesInto(node, fabric).map((edge) => {
      return { edge, ref: outputs.get(nodeId(edge.from)) ?? null }
    })
    const reduction = 2 ** (node.scale - 1)
    const size = [Math.ceil(height / reduction), Math.ceil(width / reduction)] as const
    const site = { builder, channels, size }
    const sum = join(site, node, edges)
    if (sum !== null) outputs.set(nodeId(node), normActivation(builder, nodeId(node), sum))
  }
  const last = outputs.get(nodeId({ layer: fabric.layers, scale: scales })) ?? image
  return builder.finish([classifierHead(builder, 'head', last, { classCount })])
}

/** A 3x3 convolution: of stride 2 from a finer scale, of the pixels set apart from a coarser one. */
function addEdge(site: Site, id: string, source: Source, ref: string): string {
  const { builder, channels, size } = site
  const stride = source === 'finer' || source === 'above' ? 2 : 1
  if (source !== 'coarser') return builder.add(`${id}.conv`, conv2d({ channels, stride }), [ref])
  const apart = builder.add(`${id}.unpool`, unpool2d(2, size), [ref])
  return builder.add(`${id}.conv`, conv2d({ channels }), [apart])
}

function nodeId({ layer, scale }: FabricNode): string {
  return `layer${layer}.scale${scale}`
}
