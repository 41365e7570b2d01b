/** Block chains as hyperparameters and as numbers. */
import { categorical, parameterSpace } from '#src/parameter/define.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { FeatureEncoding, ParameterEncoding } from '../space.ts'
import { type BlockChain, blockOperations, parseCode, uniqueCode } from './code.ts'

/** One categorical a block: `stage1.block1` and so on. */
export function blockParameters(blocksPerStage: readonly number[]): ParameterEncoding<BlockChain> {
  const names = blocksPerStage.flatMap((size, stage) =>
    Array.from({ length: size }, (_, index) => `stage${stage + 1}.block${index + 1}`),
  )
  const space = parameterSpace({
    name: 'nas-bench-macro',
    parameters: names.map((name) => categorical(name, blockOperations)),
  })
  return {
    space,
    encode: (blocks) =>
      Object.fromEntries(names.map((name, position) => [name, blocks[position] ?? 'identity'])),
    decode(configuration) {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      return {
        architecture: names.flatMap(
          (name) => blockOperations.find((operation) => operation === configuration[name]) ?? [],
        ),
      }
    },
  }
}

/** The operations of the unique code, one-hot; a chain's adjacency is the same for all. */
export function blockFeatures(blocksPerStage: readonly number[]): FeatureEncoding<BlockChain> {
  const blockCount = blocksPerStage.reduce((sum, size) => sum + size, 0)
  return {
    size: blockCount * blockOperations.length,
    description:
      'One-hot operations of the blocks, identities of a stage moved behind its other blocks; the edges of a chain are the same for all and left out',
    isCanonical: true,
    encode: (blocks) =>
      parseCode(uniqueCode(blocks, blocksPerStage), blocksPerStage).flatMap((operation) =>
        blockOperations.map((candidate) => (candidate === operation ? 1 : 0)),
      ),
  }
}
