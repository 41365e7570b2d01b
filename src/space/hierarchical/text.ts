import { ArchloomError } from '#src/errors.ts'
import {
  edgeIndex,
  type Genotype,
  isConnected,
  type Levels,
  type Motif,
  operationCount,
  range,
} from './genotype.ts'
import type { Plan } from './plan.ts'

export interface GenotypeProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

/**
 * Levels joined by `/`, their motifs by `;`, nodes by `|`, the operations of a node's edges by `,`:
 * `id|-,sep3;…/m1|m2,-|…`, with `-` for no edge and `m2` for the second motif of the level below.
 */
export function formatGenotype(genotype: Genotype, { words }: Plan): string {
  return genotype
    .map((motifs, level) => motifs.map((motif) => formatMotif(motif, words[level])).join(';'))
    .join('/')
}

/**
 * Reads the text form.
 * @throws space/invalid-architecture naming level, motif, node and edge
 */
export function parseGenotype(text: string, plan: Plan): Genotype {
  const count = plan.levels.length
  const genotype = split(text, '/', { count, place: wholePlace, what: 'levels' }).map(
    (levelText, level) => readLevel(levelText, level, plan),
  )
  const [problem] = genotypeProblems(genotype, plan)
  if (problem !== undefined) refuse(problem)
  return genotype
}

/** What is wrong with a genotype, each with its place. */
export function genotypeProblems(genotype: Genotype, settings: Levels): readonly GenotypeProblem[] {
  const { levels } = settings
  if (!isShaped(genotype, settings)) {
    const expected = levels
      .map(({ motifs, nodes }, level) => `${motifs} of ${nodes} nodes on level ${level + 2}`)
      .join(', ')
    const found = JSON.stringify(genotype)?.slice(0, 60) ?? 'nothing'
    return [{ place: 'the motifs', expected, found }]
  }
  const problems = genotype.flatMap((motifs, level) =>
    motifs.flatMap((motif, index) => operationProblems(motif, { level, motif: index }, settings)),
  )
  if (problems.length > 0 || isConnected(genotype)) return problems
  const expected = 'a way from its first node to its last one, through motifs that have one'
  return [{ place: `level ${levels.length + 1}, the cell`, expected, found: 'none' }]
}

function formatMotif(motif: Motif, words: readonly string[] = []): string {
  let text = ''
  for (let target = 1, index = 0; index < motif.length; target++) {
    for (let source = 0; source < target; source++, index++) {
      const sign = source > 0 ? ',' : target > 1 ? '|' : ''
      text += sign + (words[motif[index] ?? 0] ?? '')
    }
  }
  return text
}

function isShaped(genotype: Genotype, { levels }: Levels): boolean {
  return (
    Array.isArray(genotype) &&
    genotype.length === levels.length &&
    levels.every(({ motifs, nodes }, level) => {
      const found = genotype[level]
      const edges = edgeIndex(nodes, 0)
      return found?.length === motifs && found.every((motif: Motif) => motif.length === edges)
    })
  )
}

interface NodePlace {
  readonly level: number
  readonly motif: number
  readonly target: number
}

function readLevel(text: string, level: number, { levels, words }: Plan): readonly Motif[] {
  const { motifs = 0, nodes = 0 } = levels[level] ?? {}
  const place = () => `level ${level + 2}`
  return split(text, ';', { count: motifs, place, what: 'motifs' }).map((motifText, motif) => {
    const where = () => `${place()}, motif ${motif + 1}`
    const parts = { count: nodes - 1, place: where, what: 'nodes with edges' }
    const operations: number[] = []
    for (const [index, row] of split(motifText, '|', parts).entries()) {
      readNode(row, { level, motif, target: index + 1 }, words[level] ?? [], operations)
    }
    return operations
  })
}

/** Appends the operations of a node's edges. */
function readNode(
  text: string,
  place: NodePlace,
  words: readonly string[],
  operations: number[],
): void {
  const parts = { count: place.target, place: () => nodePlace(place), what: 'edges' }
  for (const [source, word] of split(text, ',', parts).entries()) {
    const operation = words.indexOf(word)
    if (operation < 0) {
      const expected = `one of ${words.join(', ')}`
      refuse({ place: edgePlace(place, source), expected, found: JSON.stringify(word) })
    }
    operations.push(operation)
  }
}

const wholePlace = () => 'the architecture'

/** Such as `level 2, motif 3, node 2`. */
function nodePlace({ level, motif, target }: NodePlace): string {
  return `level ${level + 2}, motif ${motif + 1}, node ${target}`
}

/** Such as `level 2, motif 3, node 2, edge from node 0`. */
function edgePlace(place: NodePlace, source: number): string {
  return `${nodePlace(place)}, edge from node ${source}`
}

function operationProblems(
  motif: Motif,
  place: Omit<NodePlace, 'target'>,
  settings: Levels,
): readonly GenotypeProblem[] {
  const most = operationCount(settings, place.level)
  const isAllowed = (operation: number) =>
    Number.isInteger(operation) && operation >= 0 && operation <= most
  if (motif.every(isAllowed)) return []
  return targetsOf(motif).flatMap((target) =>
    range(target).flatMap((source): GenotypeProblem[] => {
      const operation = motif[edgeIndex(target, source)] ?? 0
      if (isAllowed(operation)) return []
      const expected = `an integer from 0 (no edge) to ${most}`
      const found = JSON.stringify(operation)
      return [{ place: edgePlace({ ...place, target }, source), expected, found }]
    }),
  )
}

/** Nodes with edges into them, from 1 on. */
function targetsOf(motif: Motif): readonly number[] {
  const nodes = range(motif.length + 2).find((count) => edgeIndex(count, 0) >= motif.length) ?? 0
  return range(nodes).slice(1)
}

interface Parts {
  readonly count: number
  /** Its words, needed only where something is wrong. */
  readonly place: () => string
  /** What the parts are, such as `motifs`. */
  readonly what: string
}

function split(text: string, sign: string, { count, place, what }: Parts): readonly string[] {
  const parts = text.split(sign)
  if (parts.length === count) return parts
  const expected = `${count} ${what} joined by "${sign}"`
  return refuse({ place: place(), expected, found: `${parts.length} in ${JSON.stringify(text)}` })
}

function refuse({ place, expected, found }: GenotypeProblem): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The hierarchical architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'hierarchical', place, expected, found } },
  )
}
