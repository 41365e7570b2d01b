import { ArchloomError } from '#src/errors.ts'

/** The three blocks; an operation's position is its digit in a code. */
export const blockOperations = ['identity', 'mb3-k3', 'mb6-k5'] as const
export type BlockOperation = (typeof blockOperations)[number]

/** One operation a block, from the image on. */
export type BlockChain = readonly BlockOperation[]

export interface ChainProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

/** The benchmark's own text form: one digit a block, such as `22212220`. */
export function formatCode(blocks: BlockChain): string {
  return blocks.map((operation) => blockOperations.indexOf(operation)).join('')
}

/**
 * Reads a code.
 * @throws space/invalid-architecture naming the stage and the block
 */
export function parseCode(text: string, blocksPerStage: readonly number[]): BlockChain {
  const blocks = [...text].map((digit, position) => {
    const operation = /^[012]$/.test(digit) ? blockOperations[Number(digit)] : undefined
    if (operation !== undefined) return operation
    const expected = '0 (identity), 1 (mb3-k3) or 2 (mb6-k5)'
    return refuse({
      place: blockPlace(position, blocksPerStage),
      expected,
      found: JSON.stringify(digit),
    })
  })
  const [problem] = chainProblems(blocks, blocksPerStage)
  if (problem !== undefined) refuse(problem)
  return blocks
}

/** What is wrong with a chain of blocks, each with its place. */
export function chainProblems(
  blocks: BlockChain,
  blocksPerStage: readonly number[],
): readonly ChainProblem[] {
  const count = blocksPerStage.reduce((sum, size) => sum + size, 0)
  const found = Array.isArray(blocks) ? blocks.length : JSON.stringify(blocks)
  if (found !== count) {
    const expected = `${count} digits, one a block in stages of ${blocksPerStage.join(', ')}`
    return [{ place: 'the length', expected, found: String(found) }]
  }
  return blocks.flatMap((operation, position) => {
    if (blockOperations.includes(operation)) return []
    const expected = `one of ${blockOperations.join(', ')}`
    const place = blockPlace(position, blocksPerStage)
    return [{ place, expected, found: JSON.stringify(operation) }]
  })
}

/**
 * The code with each stage's identities behind its other blocks: where they stand does not matter,
 * except for a stage's first block, which halves the image whatever it is.
 */
export function uniqueCode(blocks: BlockChain, blocksPerStage: readonly number[]): string {
  return stagesOf(blocks, blocksPerStage)
    .map(([first, ...others]) => {
      const working = others.filter((operation) => operation !== 'identity')
      const idle = others.filter((operation) => operation === 'identity')
      return formatCode([...(first === undefined ? [] : [first]), ...working, ...idle])
    })
    .join('')
}

/** The blocks of each stage. */
export function stagesOf(
  blocks: BlockChain,
  blocksPerStage: readonly number[],
): readonly BlockChain[] {
  let start = 0
  return blocksPerStage.map((size) => {
    start += size
    return blocks.slice(start - size, start)
  })
}

/** Where a block stands, counted from 1. */
function blockPlace(position: number, blocksPerStage: readonly number[]): string {
  let before = 0
  for (const [stage, size] of blocksPerStage.entries()) {
    if (position < before + size) return `stage ${stage + 1}, block ${position - before + 1}`
    before += size
  }
  return `digit ${position + 1}`
}

function refuse({ place, expected, found }: ChainProblem): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The nas-bench-macro architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'nas-bench-macro', place, expected, found } },
  )
}
