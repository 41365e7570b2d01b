/** The changes of one edge that lead from one architecture to another. */
import type { Random } from '#src/random/random.ts'
import {
  allSlots,
  edgeIndex,
  type Genotype,
  genotypeOf,
  initialGenotype,
  isConnected,
  type Levels,
  operationAt,
  operationCount,
  range,
  type Slot,
  withOperation,
} from './genotype.ts'
import type { HierarchicalSettings } from './settings.ts'

/**
 * The initial genotype after `initialMutations` random changes, and after as many more as it takes
 * until something flows through the cell. A change may draw the operation that is there.
 *
 * @remarks
 * Of the changes of an edge only the last one counts, and they do not depend on each other: so they are
 * drawn from the last one back to the first, or until every edge has its operation, and those of an
 * edge that has it need no operation.
 */
export function sampleGenotype(settings: HierarchicalSettings, random: Random): Genotype {
  const genotype = initialGenotype(settings).map((motifs) => motifs.map((motif) => [...motif]))
  const change = () => {
    const { level, motif, target, source } = sampleSlot(settings, random)
    const edges = genotype[level]?.[motif]
    const operation = random.int(operationCount(settings, level) + 1)
    if (edges !== undefined) edges[edgeIndex(target, source)] = operation
  }
  const decided = genotype.map((motifs) => motifs.map((motif) => motif.map(() => false)))
  let open = decided.flat(2).length
  for (let done = 0; done < settings.initialMutations && open > 0; done++) {
    const { level, motif, target, source } = sampleSlot(settings, random)
    const [edges, known] = [genotype[level]?.[motif], decided[level]?.[motif]]
    const edge = edgeIndex(target, source)
    if (edges === undefined || known === undefined || known[edge]) continue
    edges[edge] = random.int(operationCount(settings, level) + 1)
    known[edge] = true
    open -= 1
  }
  while (!isConnected(genotype)) change()
  return genotype
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
export function mutateGenotype(genotype: Genotype, settings: Levels, random: Random): Genotype {
  for (;;) {
    const slot = sampleSlot(settings, random)
    const operation = random.pick(otherOperations(genotype, slot, settings))
    const changed = withOperation(genotype, slot, operation)
    if (isConnected(changed)) return changed
  }
}

/** Every genotype that differs in one edge and has a connected cell. */
export function* genotypeNeighbours(genotype: Genotype, settings: Levels): Iterable<Genotype> {
  for (const slot of allSlots(settings)) {
    for (const operation of otherOperations(genotype, slot, settings)) {
      const changed = withOperation(genotype, slot, operation)
      if (isConnected(changed)) yield changed
    }
  }
}

/** Each edge from either parent; one parent whole where a few draws give no connected cell. */
export function crossGenotypes(
  parents: readonly [Genotype, Genotype],
  settings: Levels,
  random: Random,
): Genotype {
  const [first, second] = parents
  for (const _ of range(crossoverDraws)) {
    const child = genotypeOf(settings, (slot) =>
      operationAt(random.bernoulli(0.5) ? second : first, slot),
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
function sampleSlot({ levels }: Levels, random: Random): Slot {
  const level = random.int(levels.length)
  const { motifs = 1, nodes = 2 } = levels[level] ?? {}
  const motif = random.int(motifs)
  const target = 1 + random.int(nodes - 1)
  return { level, motif, target, source: random.int(target) }
}

function otherOperations(genotype: Genotype, slot: Slot, settings: Levels): readonly number[] {
  const current = operationAt(genotype, slot)
  return range(operationCount(settings, slot.level) + 1).filter((other) => other !== current)
}
