import { ArchloomError } from '#src/errors.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { drawGenotype } from './drawing.ts'
import { genotypeFeatures, genotypeParameters } from './encoding.ts'
import { flatCellHash, flattenCell } from './flatten.ts'
import { countConnected, type Genotype } from './genotype.ts'
import { crossGenotypes, genotypeNeighbours, mutateGenotype, sampleGenotype } from './moves.ts'
import { compileGenotype } from './network.ts'
import { planOf } from './plan.ts'
import { HierarchicalSettings } from './settings.ts'
import { formatGenotype, genotypeProblems, parseGenotype } from './text.ts'

/**
 * Cells made of motifs that are made of motifs, down to primitives.
 *
 * @remarks
 * A genotype keeps the motifs that its cell does not use, as the source's does: mutations of them
 * change the text and not the network, until a later one puts them to use. `canonical` is the hash of
 * the cell's graph of primitives, which they are no part of.
 *
 * @throws space/invalid-settings when the levels allow a single architecture
 * @see Liu et al. 2018, "Hierarchical Representations for Efficient Architecture Search", sections 2
 * and 3
 */
export function hierarchical(settings: HierarchicalSettings): SearchSpace<Genotype> {
  const total = countConnected(settings)
  if (total === 1n) {
    throw new ArchloomError(
      'space/invalid-settings',
      'The hierarchical space holds a single architecture, so there is nothing to search; allow another primitive, motif or node',
      { details: { space: 'hierarchical', place: 'levels' } },
    )
  }
  const plan = planOf(settings)
  return {
    name: 'hierarchical',
    settings,
    takes: 'images',
    encodings: {
      parameters: genotypeParameters(plan),
      adjacency: genotypeFeatures(plan),
    },
    distribution: `${settings.initialMutations} random changes of one edge from the architecture of identities, and more until the cell is connected: not uniform`,
    sample: (random) => sampleGenotype(plan, settings.initialMutations, random),
    mutate: (genotype, random) => mutateGenotype(genotype, plan, random),
    crossover: (first, second, random) => crossGenotypes([first, second], random),
    neighbours: (genotype) => genotypeNeighbours(genotype, plan),
    problems: (genotype) =>
      genotypeProblems(genotype, plan).map(
        ({ place, expected, found }) =>
          `The genotype is wrong at ${place}: expected ${expected}, found ${found}`,
      ),
    count: () => ({ value: total, kind: 'exact' }),
    format: (genotype) => formatGenotype(genotype, plan),
    parse: (text) => parseGenotype(text, plan),
    canonical: (genotype) => flatCellHash(flattenCell(genotype, settings)),
    compile: (genotype, task) => compileGenotype(genotype, settings, task),
    draw: (genotype) => drawGenotype(genotype, plan),
  }
}

export const hierarchicalEntry: SpaceEntry<typeof HierarchicalSettings> = {
  name: 'hierarchical',
  summary: 'Cells of motifs that are made of motifs, on three levels',
  source:
    'Liu et al. 2018, "Hierarchical Representations for Efficient Architecture Search", section 2',
  settings: HierarchicalSettings,
  create: hierarchical,
}
