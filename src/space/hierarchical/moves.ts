/** The changes of one edge that lead from one architecture to another. */
import type { Random } from '#src/random/random.ts'
import {
  edgeIndex,
  type Genotype,
  initialGenotype,
  isConnected,
  operationAt,
  range,
  type Slot,
  withOperation,
} from './genotype.ts'
import type { Plan } from './plan.ts'

/**
 * The initial genotype after some random changes, and after as many more as it takes until something
 * flows through the cell. A change may draw the operation that is there.
 *
 * @remarks
 * Of the changes of an edge only the last one counts, and they do not depend on each other: so they are
 * drawn from the last one back to the first, until every edge has its operation. Changes of edges that
 * have one are passed over: how many of them come before one of another edge is geometric.
 */
export function sampleGenotype(plan: Plan, changes: number, random: Random): Genotype {
  const genotype = initialGenotype(plan).map((motifs) => motifs.map((motif) => [...motif]))
  const change = ({ level, motif, target, source }: Slot) => {
    const edges = genotype[level]?.[motif]
    const operation = random.int(plan.words[level]?.length ?? 1)
    if (edges !== undefined) edges[edgeIndex(target, source)] = operation
  }
  const open = plan.slots.map((_, index) => index)
  let share = 1
  for (let left = changes; open.length > 0; left--) {
    left -= failures(share, random)
    if (left <= 0) break
    const place = placeOf(open, plan.shares, random.uniform() * share)
    const [drawn = 0] = open.splice(place, 1)
    share -= plan.shares[drawn] ?? 0
    change(plan.slots[drawn] as Slot)
  }
  while (!isConnected(genotype)) change(sampleSlot(plan, random))
  return genotype
}

/** The place that a point of the shares of some slots, laid end to end, falls on. */
function placeOf(open: readonly number[], shares: readonly number[], point: number): number {
  let rest = point
  // Rounding may leave a last bit to nobody: it is the last one's.
  for (let place = 0; place < open.length - 1; place++) {
    rest -= shares[open[place] ?? 0] ?? 0
    if (rest < 0) return place
  }
  return open.length - 1
}

/** Failures before the first success of a probability: geometric, by inversion. */
function failures(probability: number, random: Random): number {
  return Math.floor(Math.log1p(-random.uniform()) / Math.log1p(-probability))
}

/**
 * Another operation, or none, on an edge drawn as `sampleSlot` says; drawn again while the cell is cut.
 *
 * @remarks
 * The edge may be one that the cell does not use, so that the network stays: the source draws the
 * motif whatever uses it, and changes gather there until a motif is put to use. Of a sample's changes
 * about a fifth are such.
 *
 * @see Liu et al. 2018, section 3.1
 */
export function mutateGenotype(genotype: Genotype, plan: Plan, random: Random): Genotype {
  for (;;) {
    const slot = sampleSlot(plan, random)
    const operation = random.pick(otherOperations(genotype, slot, plan))
    const changed = withOperation(genotype, slot, operation)
    if (isConnected(changed)) return changed
  }
}

/** Every genotype that differs in one edge and has a connected cell. */
export function* genotypeNeighbours(genotype: Genotype, plan: Plan): Iterable<Genotype> {
  for (const slot of plan.slots) {
    for (const operation of otherOperations(genotype, slot, plan)) {
      const changed = withOperation(genotype, slot, operation)
      if (isConnected(changed)) yield changed
    }
  }
}

/** Each edge from either parent; one parent whole where a few draws give no connected cell. */
export function crossGenotypes(parents: readonly [Genotype, Genotype], random: Random): Genotype {
  const [first, second] = parents
  for (const _ of range(crossoverDraws)) {
    const child = first.map((motifs, level) =>
      motifs.map((motif, index) => {
        const other = second[level]?.[index] ?? motif
        return motif.map((operation, edge) =>
          random.bernoulli(0.5) ? (other[edge] ?? 0) : operation,
        )
      }),
    )
    if (isConnected(child)) return child
  }
  return random.pick(parents)
}

/** Most parents give a connected child at the first draw. */
const crossoverDraws = 8

/**
 * Level, motif of it, node, earlier node: each uniform over what there is.
 * @see Liu et al. 2018, section 3.1
 */
function sampleSlot({ levels }: Plan, random: Random): Slot {
  const level = random.int(levels.length)
  const { motifs = 1, nodes = 2 } = levels[level] ?? {}
  const motif = random.int(motifs)
  const target = 1 + random.int(nodes - 1)
  return { level, motif, target, source: random.int(target) }
}

function otherOperations(genotype: Genotype, slot: Slot, { others }: Plan): readonly number[] {
  return others[slot.level]?.[operationAt(genotype, slot)] ?? []
}
