/** Motifs as hyperparameters and as numbers. */
import { anyOf, categorical, equals, parameterSpace, when } from '#src/parameter/define.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { FeatureEncoding, ParameterEncoding } from '../space.ts'
import {
  allSlots,
  type Genotype,
  genotypeOf,
  initialOperation,
  type Levels,
  operationAt,
  operationCount,
  range,
  type Slot,
  usedMotifs,
} from './genotype.ts'
import { genotypeProblems, operationName } from './text.ts'

/**
 * One categorical an edge, named as in `level2.motif3.node2.from0`. Those of a motif are active exactly
 * when an active edge above selects it; the cell's always are. Motifs that are not used are decoded
 * to the initial ones.
 */
export function genotypeParameters(settings: Levels): ParameterEncoding<Genotype> {
  const slots = allSlots(settings)
  const above = (level: number, motif: number) =>
    anyOf(
      ...slots
        .filter((slot) => slot.level === level + 1)
        .map((slot) => equals(slotName(slot), operationName(settings, level + 1, motif + 1))),
    )
  const space = parameterSpace({
    name: 'hierarchical',
    parameters: slots.map((slot) =>
      categorical(slotName(slot), choicesOf(settings, slot), {
        defaultValue: wordOf(settings, slot, initialOperation(settings, slot)),
      }),
    ),
    conditions: slots
      .filter(({ level }) => level < settings.levels.length - 1)
      .map((slot) => when(slotName(slot), above(slot.level, slot.motif))),
  })
  return {
    space,
    encode(genotype) {
      const used = usedMotifs(genotype)
      const active = slots.filter(({ level, motif }) => used[level]?.[motif] === true)
      return Object.fromEntries(
        active.map((slot) => [slotName(slot), wordOf(settings, slot, operationAt(genotype, slot))]),
      )
    },
    decode(configuration) {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      const genotype = genotypeOf(settings, (slot) => {
        const word = configuration[slotName(slot)]
        return word === undefined
          ? initialOperation(settings, slot)
          : choicesOf(settings, slot).indexOf(String(word))
      })
      const [cut] = genotypeProblems(genotype, settings)
      if (cut === undefined) return { architecture: genotype }
      const { place, expected, found } = cut
      return {
        problems: [`The configuration is wrong at ${place}: expected ${expected}, found ${found}`],
      }
    },
  }
}

/** The operation of each edge of each motif, one-hot. */
export function genotypeFeatures(settings: Levels): FeatureEncoding<Genotype> {
  const slots = allSlots(settings)
  const sizes = slots.map(({ level }) => operationCount(settings, level) + 1)
  return {
    size: sizes.reduce((sum, size) => sum + size, 0),
    description:
      "The motifs' labelled adjacency matrices: the operation of each edge, none among them, one-hot",
    isCanonical: false,
    encode: (genotype) =>
      slots.flatMap((slot, index) =>
        range(sizes[index] ?? 0).map((operation) =>
          operation === operationAt(genotype, slot) ? 1 : 0,
        ),
      ),
  }
}

function slotName({ level, motif, target, source }: Slot): string {
  return `level${level + 2}.motif${motif + 1}.node${target}.from${source}`
}

function choicesOf(settings: Levels, slot: Slot): readonly string[] {
  return range(operationCount(settings, slot.level) + 1).map((operation) =>
    wordOf(settings, slot, operation),
  )
}

function wordOf(settings: Levels, { level }: Slot, operation: number): string {
  return operation === 0 ? 'none' : operationName(settings, level, operation)
}
