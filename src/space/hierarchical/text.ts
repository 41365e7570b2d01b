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

export interface GenotypeProblem {
  readonly place: string
  readonly expected: string
  readonly found: string
}

/**
 * Levels joined by `/`, their motifs by `;`, nodes by `|`, the operations of a node's edges by `,`:
 * `id|-,sep3;…/m1|m2,-|…`, with `-` for no edge and `m2` for the second motif of the level below.
 */
export function formatGenotype(genotype: Genotype, settings: Levels): string {
  return genotype
    .map((motifs, level) => motifs.map((motif) => formatMotif(motif, settings, level)).join(';'))
    .join('/')
}

/**
 * Reads the text form.
 * @throws space/invalid-architecture naming level, motif, node and edge
 */
export function parseGenotype(text: string, settings: Levels): Genotype {
  const { levels } = settings
  const parts = split(text, '/', {
    count: levels.length,
    place: 'the architecture',
    what: 'levels',
  })
  const genotype = parts.map((levelText, level) => {
    const { motifs = 0, nodes = 0 } = levels[level] ?? {}
    const place = `level ${level + 2}`
    return split(levelText, ';', { count: motifs, place, what: 'motifs' }).map(
      (motifText, motif) => {
        const where = `${place}, motif ${motif + 1}`
        const rows = split(motifText, '|', {
          count: nodes - 1,
          place: where,
          what: 'nodes with edges',
        })
        return rows.flatMap((row, index) =>
          readNode(row, { level, motif, target: index + 1 }, settings),
        )
      },
    )
  })
  const [problem] = genotypeProblems(genotype, settings)
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

function formatMotif(motif: Motif, settings: Levels, level: number): string {
  let text = ''
  for (let target = 1, index = 0; index < motif.length; target++) {
    for (let source = 0; source < target; source++, index++) {
      const sign = source > 0 ? ',' : target > 1 ? '|' : ''
      text += sign + operationName(settings, level, motif[index] ?? 0)
    }
  }
  return text
}

/** The name of an operation of a level; a primitive's, or `m` and a motif's number. */
export function operationName({ primitives }: Levels, level: number, operation: number): string {
  if (operation === 0) return '-'
  return level === 0 ? (primitives[operation - 1] ?? '') : `m${operation}`
}

/** Such as `level 2, motif 3, node 2, edge from node 0`. */
function edgePlace(place: NodePlace, source: number): string {
  const { level, motif, target } = place
  return `level ${level + 2}, motif ${motif + 1}, node ${target}, edge from node ${source}`
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

function readNode(text: string, place: NodePlace, settings: Levels): readonly number[] {
  const { level, motif, target } = place
  const names = allNames(settings, level)
  const where = `level ${level + 2}, motif ${motif + 1}, node ${target}`
  return split(text, ',', { count: target, place: where, what: 'edges' }).map((name, source) => {
    const operation = names.indexOf(name)
    if (operation >= 0) return operation
    const expected = `one of ${names.join(', ')}`
    return refuse({ place: edgePlace(place, source), expected, found: JSON.stringify(name) })
  })
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

function allNames(settings: Levels, level: number): readonly string[] {
  return range(operationCount(settings, level) + 1).map((operation) =>
    operationName(settings, level, operation),
  )
}

/** Nodes with edges into them, from 1 on. */
function targetsOf(motif: Motif): readonly number[] {
  const nodes = range(motif.length + 2).find((count) => edgeIndex(count, 0) >= motif.length) ?? 0
  return range(nodes).slice(1)
}

interface Parts {
  readonly count: number
  readonly place: string
  /** What the parts are, such as `motifs`. */
  readonly what: string
}

function split(text: string, sign: string, { count, place, what }: Parts): readonly string[] {
  const parts = text.split(sign)
  if (parts.length === count) return parts
  const expected = `${count} ${what} joined by "${sign}"`
  return refuse({ place, expected, found: `${parts.length} in ${JSON.stringify(text)}` })
}

function refuse({ place, expected, found }: GenotypeProblem): never {
  throw new ArchloomError(
    'space/invalid-architecture',
    `The hierarchical architecture is wrong at ${place}: expected ${expected}, found ${found}`,
    { details: { space: 'hierarchical', place, expected, found } },
  )
}
