/** Motifs as hyperparameters and as numbers. */
import { anyOf, categorical, equals, parameterSpace, when } from '#src/parameter/define.ts'
import { configurationProblems } from '#src/parameter/problems.ts'
import type { FeatureEncoding, ParameterEncoding } from '../space.ts'
import {
  type Genotype,
  genotypeOf,
  initialOperation,
  operationAt,
  range,
  type Slot,
  usedMotifs,
} from './genotype.ts'
import type { Plan } from './plan.ts'
import { genotypeProblems } from './text.ts'

/**
 * One categorical an edge, named as in `level2.motif3.node2.from0`. Those of a motif are active exactly
 * when an active edge above selects it; the cell's always are. Motifs that are not used are decoded
 * to the initial ones.
 */
export function genotypeParameters(plan: Plan): ParameterEncoding<Genotype> {
  const { slots } = plan
  const names = slots.map(slotName)
  const choices = plan.words.map((words) => ['none', ...words.slice(1)])
  const choicesOf = ({ level }: Slot) => choices[level] ?? []
  const above = (level: number, motif: number) =>
    anyOf(
      ...slots
        .filter((slot) => slot.level === level + 1)
        .map((slot) => equals(slotName(slot), choicesOf(slot)[motif + 1] ?? '')),
    )
  const space = parameterSpace({
    name: 'hierarchical',
    parameters: slots.map((slot) =>
      categorical(slotName(slot), choicesOf(slot), {
        defaultValue: choicesOf(slot)[initialOperation(plan, slot)] ?? '',
      }),
    ),
    conditions: slots
      .filter(({ level }) => level < plan.levels.length - 1)
      .map((slot) => when(slotName(slot), above(slot.level, slot.motif))),
  })
  return {
    space,
    encode(genotype) {
      const used = usedMotifs(genotype)
      const configuration: Record<string, string> = {}
      for (const [index, slot] of slots.entries()) {
        if (used[slot.level]?.[slot.motif] !== true) continue
        configuration[names[index] ?? ''] = choicesOf(slot)[operationAt(genotype, slot)] ?? ''
      }
      return configuration
    },
    decode(configuration) {
      const [problem, ...others] = configurationProblems(space, configuration)
      if (problem !== undefined) return { problems: [problem, ...others] }
      let index = 0
      const genotype = genotypeOf(plan, (slot) => {
        const word = configuration[names[index++] ?? '']
        return word === undefined
          ? initialOperation(plan, slot)
          : choicesOf(slot).indexOf(String(word))
      })
      const [cut] = genotypeProblems(genotype, plan)
      if (cut === undefined) return { architecture: genotype }
      const { place, expected, found } = cut
      return {
        problems: [`The configuration is wrong at ${place}: expected ${expected}, found ${found}`],
      }
    },
  }
}

/** The operation of each edge of each motif, one-hot. */
export function genotypeFeatures({ slots, words }: Plan): FeatureEncoding<Genotype> {
  const sizes = slots.map(({ level }) => words[level]?.length ?? 0)
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
