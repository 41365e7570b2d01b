/** Motifs of motifs: what an architecture is, which of its parts are used, and how many there are. */
import type { HierarchicalSettings } from './settings.ts'

/**
 * Operations on the edges of one motif, ordered by target node, then by source node: 1←0, 2←0, 2←1,
 * 3←0, … An operation is 0 for no edge, or k for the k-th operation of the level below.
 */
export type Motif = readonly number[]

/** Motifs from level 2 on, which is made of primitives; the last level has one, the cell. */
export type Genotype = readonly (readonly Motif[])[]

/** One edge of one motif; all counted from 0, level 0 being the one that primitives are under. */
export interface Slot {
  readonly level: number
  readonly motif: number
  readonly target: number
  readonly source: number
}

export type Levels = Pick<HierarchicalSettings, 'levels' | 'primitives'>

/** Position of an edge within its motif. */
export function edgeIndex(target: number, source: number): number {
  return (target * (target - 1)) / 2 + source
}

/** Operations that an edge of a level can have, none left out. */
export function operationCount({ levels, primitives }: Levels, level: number): number {
  return level === 0 ? primitives.length : (levels[level - 1]?.motifs ?? 0)
}

/** Every edge of every motif: 46 at the published settings. */
export function allSlots({ levels }: Levels): readonly Slot[] {
  return levels.flatMap(({ motifs, nodes }, level) =>
    range(motifs).flatMap((motif) =>
      range(nodes).flatMap((target) =>
        range(target).map((source) => ({ level, motif, target, source })),
      ),
    ),
  )
}

export function operationAt(genotype: Genotype, { level, motif, target, source }: Slot): number {
  return genotype[level]?.[motif]?.[edgeIndex(target, source)] ?? 0
}

export function withOperation(genotype: Genotype, slot: Slot, operation: number): Genotype {
  const motifs = genotype[slot.level] ?? []
  const motif = motifs[slot.motif] ?? []
  const changed = motif.with(edgeIndex(slot.target, slot.source), operation)
  return genotype.with(slot.level, motifs.with(slot.motif, changed))
}

/** The genotype with this operation on each edge, asked for in the order of `allSlots`. */
export function genotypeOf({ levels }: Levels, operation: (slot: Slot) => number): Genotype {
  return levels.map(({ motifs, nodes }, level) =>
    range(motifs).map((motif) => {
      const edges: number[] = []
      for (let target = 1; target < nodes; target++) {
        for (let source = 0; source < target; source++) {
          edges.push(operation({ level, motif, target, source }))
        }
      }
      return edges
    }),
  )
}

/** Every motif a chain: of identities on the lowest level, of the first motif on the others. */
export function initialGenotype(settings: Levels): Genotype {
  return genotypeOf(settings, (slot) => initialOperation(settings, slot))
}

export function initialOperation({ primitives }: Levels, { level, target, source }: Slot): number {
  if (source !== target - 1) return 0
  return level === 0 ? primitives.indexOf('id') + 1 : 1
}

/** Of each level, the motifs that something flows through, from input to output: bits of a number. */
export function connectedMotifs(genotype: Genotype): readonly number[] {
  const connected: number[] = []
  let below = allLive
  for (const motifs of genotype) {
    let found = 0
    for (const [index, motif] of motifs.entries()) if (isReached(motif, below)) found |= 1 << index
    connected.push(found)
    below = found
  }
  return connected
}

/** Whether something flows through the cell. */
export function isConnected(genotype: Genotype): boolean {
  return connectedMotifs(genotype).at(-1) === 1
}

/** What stands below the motifs of level 2: every primitive hands something on. */
export const allLive = -1

/** Whether an operation hands anything on, given which motifs of the level below do. */
export function isLive(operation: number, below: number): boolean {
  return operation > 0 && ((below >> (operation - 1)) & 1) === 1
}

/** Of each level, whether each motif stands on an edge of a used motif above it; the cell is used. */
export function usedMotifs(genotype: Genotype): readonly (readonly boolean[])[] {
  const used = genotype.map((motifs) => motifs.map(() => false))
  used.at(-1)?.fill(true)
  for (let level = genotype.length - 1; level > 0; level--) {
    for (const [index, motif] of (genotype[level] ?? []).entries()) {
      if (used[level]?.[index] !== true) continue
      for (const operation of motif)
        if (operation > 0) used[level - 1]?.fill(true, operation - 1, operation)
    }
  }
  return used
}

/**
 * How many genotypes have a connected cell.
 *
 * @remarks
 * A motif's chance to be connected depends on the level below only through the number of connected
 * motifs there; so levels are counted one after the other by that number.
 */
export function countConnected(settings: Levels): bigint {
  const { levels, primitives } = settings
  // How many choices for the levels so far leave each number of live operations; primitives are all.
  let byLive = new Map([[primitives.length, 1n]])
  for (const [level, { motifs, nodes }] of levels.entries()) {
    const choices = operationCount(settings, level) + 1
    const next = new Map<number, bigint>()
    for (const [live, ways] of byLive) {
      const all = BigInt(choices) ** BigInt((nodes * (nodes - 1)) / 2)
      const good = countReached(nodes, BigInt(live), BigInt(choices - live))
      for (const count of range(motifs + 1)) {
        const some = binomial(motifs, count) * good ** BigInt(count)
        const found = ways * some * (all - good) ** BigInt(motifs - count)
        next.set(count, (next.get(count) ?? 0n) + found)
      }
    }
    byLive = next
  }
  return byLive.get(1) ?? 0n
}

export function range(count: number): readonly number[] {
  const numbers: number[] = []
  for (let number = 0; number < count; number++) numbers.push(number)
  return numbers
}

/** Asked for every neighbour of every genotype; so the nodes reached are bits of one number, too. */
function isReached(motif: Motif, below: number): boolean {
  let reached = 1
  let isLast = false
  for (let target = 1, index = 0; index < motif.length; target++) {
    isLast = false
    for (let source = 0; source < target; source++, index++) {
      if (((reached >> source) & 1) === 1 && isLive(motif[index] ?? 0, below)) isLast = true
    }
    if (isLast) reached |= 1 << target
  }
  return isLast
}

/** Motifs whose last node is reached from the first, by `live` kinds of edges of `live + dead`. */
function countReached(nodes: number, live: bigint, dead: bigint): bigint {
  const choices = live + dead
  // How many choices for the nodes so far leave each number of reached nodes.
  let byReached = new Map([[1, 1n]])
  for (let target = 1; target < nodes; target++) {
    const next = new Map<number, bigint>()
    for (const [reached, ways] of byReached) {
      const missed = dead ** BigInt(reached) * choices ** BigInt(target - reached)
      const hit = choices ** BigInt(target) - missed
      const isLast = target === nodes - 1
      if (!isLast) next.set(reached, (next.get(reached) ?? 0n) + ways * missed)
      next.set(reached + 1, (next.get(reached + 1) ?? 0n) + ways * hit)
    }
    byReached = next
  }
  return [...byReached.values()].reduce((sum, ways) => sum + ways, 0n)
}

function binomial(total: number, chosen: number): bigint {
  return range(chosen).reduce(
    (product, index) => (product * BigInt(total - index)) / BigInt(index + 1),
    1n,
  )
}
