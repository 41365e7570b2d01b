import type { Drawing, DrawingNode, DrawingRole } from '#src/graph/drawing.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { uniformProduct } from '../uniform-product.ts'
import {
  type BlockChain,
  type BlockOperation,
  blockOperations,
  chainProblems,
  formatCode,
  parseCode,
  stagesOf,
  uniqueCode,
} from './code.ts'
import { blockFeatures, blockParameters } from './encoding.ts'
import { compileBlocks } from './network.ts'
import { MacroSettings } from './settings.ts'

/** Chains of at most so many blocks are few enough to be listed: 531,441. */
const listedBlocks = 12

/**
 * The chains of NAS-Bench-Macro: one of three blocks at each of eight places.
 *
 * @remarks
 * `canonical` takes codes together that differ only in where a stage's later identities stand: 3,969
 * networks of 6,561 codes.
 * @see Su et al. 2021, "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (CVPR).
 */
export function nasBenchMacro(settings: MacroSettings): SearchSpace<BlockChain> {
  const { blocksPerStage } = settings
  const blockCount = blocksPerStage.reduce((sum, size) => sum + size, 0)
  return {
    name: 'nas-bench-macro',
    settings,
    takes: 'images',
    encodings: {
      parameters: blockParameters(blocksPerStage),
      adjacency: blockFeatures(blocksPerStage),
    },
    distribution: 'uniform over the codes, those of one network counted apart',
    sample: (random) => Array.from({ length: blockCount }, () => random.pick(blockOperations)),
    mutate(blocks, random) {
      const position = random.int(blockCount)
      return blocks.with(position, random.pick(others(blocks[position])))
    },
    crossover: (first, second, random) =>
      first.map((operation, position) =>
        random.bernoulli(0.5) ? (second[position] ?? operation) : operation,
      ),
    neighbours: (blocks) =>
      blocks.flatMap((operation, position) =>
        others(operation).map((other) => blocks.with(position, other)),
      ),
    problems: (blocks) =>
      chainProblems(blocks, blocksPerStage).map(
        ({ place, expected, found }) =>
          `The code is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: BigInt(blockOperations.length) ** BigInt(blockCount), kind: 'exact' }),
    ...(blockCount <= listedBlocks && {
      support: () => uniformProduct(Array.from({ length: blockCount }, () => blockOperations)),
    }),
    format: formatCode,
    parse: (text) => parseCode(text, blocksPerStage),
    canonical: (blocks) => uniqueCode(blocks, blocksPerStage),
    compile: (blocks, task) => compileBlocks(blocks, settings, task),
    draw: (blocks) => drawBlocks(blocks, settings),
  }
}

export const nasBenchMacroEntry: SpaceEntry<typeof MacroSettings> = {
  name: 'nas-bench-macro',
  summary: 'Chains of eight MobileNet blocks or identities in three stages',
  source: 'Su et al. 2021, "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (CVPR)',
  settings: MacroSettings,
  create: nasBenchMacro,
}

const looks: Readonly<Record<BlockOperation, { label: string; role: DrawingRole }>> = {
  identity: { label: 'identity', role: 'identity' },
  'mb3-k3': { label: 'MBConv 3×3', role: 'separable' },
  'mb6-k5': { label: 'MBConv 5×5', role: 'separable' },
}

function others(operation: BlockOperation | undefined): readonly BlockOperation[] {
  return blockOperations.filter((candidate) => candidate !== operation)
}

function drawBlocks(blocks: BlockChain, { blocksPerStage, channels }: MacroSettings): Drawing {
  const nodes: DrawingNode[] = [
    { id: 'input', label: 'input', role: 'input' },
    { id: 'stem', label: 'conv 3×3', detail: `${channels} channels`, role: 'conv' },
    ...stagesOf(blocks, blocksPerStage).flatMap((operations, stage) =>
      operations.map((operation, index) => ({
        id: `stage${stage + 1}.block${index + 1}`,
        group: `stage${stage + 1}`,
        ...blockLook(operation, index === 0),
      })),
    ),
    { id: 'last', label: 'conv 1×1', role: 'conv' },
    { id: 'head', label: 'global pool, linear', role: 'linear' },
    { id: 'output', label: 'classes', role: 'output' },
  ]
  return {
    title: `NAS-Bench-Macro ${formatCode(blocks)}`,
    direction: 'down',
    groups: blocksPerStage.map((_, stage) => ({
      id: `stage${stage + 1}`,
      label: `Stage ${stage + 1}, ${channels * 2 ** (stage + 1)} channels`,
    })),
    nodes,
    edges: nodes.slice(1).map((node, index) => ({ from: nodes[index]?.id ?? '', to: node.id })),
  }
}

function blockLook(operation: BlockOperation, isFirst: boolean): Omit<DrawingNode, 'id'> {
  // A stage's first block changes size and channels: what is an identity elsewhere projects here.
  const look =
    isFirst && operation === 'identity'
      ? { label: 'projection 1×1', role: 'conv' as const }
      : looks[operation]
  const expansion = { identity: [], 'mb3-k3': ['expansion 3'], 'mb6-k5': ['expansion 6'] }
  const details = [...expansion[operation], ...(isFirst ? ['stride 2'] : [])]
  return details.length === 0 ? look : { ...look, detail: details.join(', ') }
}
