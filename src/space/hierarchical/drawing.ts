import type {
  Drawing,
  DrawingEdge,
  DrawingGroup,
  DrawingNode,
  DrawingRole,
} from '#src/graph/drawing.ts'
import { edgeIndex, type Genotype, type Motif, range, usedMotifs } from './genotype.ts'
import type { Plan } from './plan.ts'
import type { Primitive } from './settings.ts'

interface Figure {
  readonly group: DrawingGroup
  readonly nodes: readonly DrawingNode[]
  readonly edges: readonly DrawingEdge[]
}

/** The cell, then the motifs that it is made of, then the primitives that these are made of. */
export function drawGenotype(genotype: Genotype, plan: Plan): Drawing {
  const used = usedMotifs(genotype)
  const figures = genotype.map((motifs, level) =>
    motifs.flatMap((motif, index) => {
      if (used[level]?.[index] !== true) return []
      const name = level === genotype.length - 1 ? 'the cell' : `motif m${index + 1}`
      const group = {
        id: `level${level + 2}.motif${index + 1}`,
        label: `Level ${level + 2}: ${name}`,
      }
      return [drawMotif(motif, level, group, plan)]
    }),
  )
  const shown = [...figures.toReversed().flat(), drawPrimitives(genotype, plan)]
  return {
    title: 'Hierarchical cell and its motifs',
    direction: 'right',
    groups: shown.map(({ group }) => group),
    nodes: shown.flatMap(({ nodes }) => nodes),
    edges: shown.flatMap(({ edges }) => edges),
  }
}

const looks: Readonly<Record<Primitive, { label: string; role: DrawingRole }>> = {
  conv1: { label: 'conv 1×1', role: 'conv' },
  dw3: { label: 'depthwise 3×3', role: 'separable' },
  sep3: { label: 'separable 3×3', role: 'separable' },
  max3: { label: 'max pool 3×3', role: 'pool' },
  avg3: { label: 'avg pool 3×3', role: 'pool' },
  id: { label: 'identity', role: 'identity' },
}

function drawMotif(motif: Motif, level: number, group: DrawingGroup, plan: Plan): Figure {
  const count = plan.levels[level]?.nodes ?? 0
  const idOf = (node: number) => `${group.id}.node${node}`
  return {
    group,
    nodes: range(count).map((node) => ({
      id: idOf(node),
      label: String(node),
      group: group.id,
      ...(node === 0
        ? { role: 'input', detail: 'input' }
        : node === count - 1
          ? { role: 'output', detail: 'output' }
          : { role: 'merge' }),
    })),
    edges: range(count).flatMap((target) =>
      range(target).flatMap((source) => {
        const operation = motif[edgeIndex(target, source)] ?? 0
        if (operation === 0) return []
        const label = plan.words[level]?.[operation] ?? ''
        const role = level === 0 ? primitiveLook(plan, operation).role : 'other'
        return [{ from: idOf(source), to: idOf(target), label, role }]
      }),
    ),
  }
}

/** What the short names on the lowest edges mean: those that are used. */
function drawPrimitives(genotype: Genotype, plan: Plan): Figure {
  const used = usedMotifs(genotype)[0] ?? []
  const operations = new Set(
    (genotype[0] ?? []).flatMap((motif, index) => (used[index] ? motif : [])),
  )
  const group = { id: 'level1', label: 'Level 1: primitives' }
  return {
    group,
    nodes: range(plan.primitives.length)
      .map((index) => index + 1)
      .filter((operation) => operations.has(operation))
      .map((operation) => {
        const name = plan.words[0]?.[operation] ?? ''
        return {
          id: `level1.${name}`,
          detail: name,
          group: group.id,
          ...primitiveLook(plan, operation),
        }
      }),
    edges: [],
  }
}

function primitiveLook({ primitives }: Plan, operation: number) {
  return looks[primitives[operation - 1] ?? 'id']
}
