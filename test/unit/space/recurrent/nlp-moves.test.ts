/** The whole of small spaces, found by trying everything, against what changes and samples lead to. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { graphHash } from '#src/graph/hash.ts'
import { Random } from '#src/random/random.ts'
import {
  allRefs,
  arities,
  type NlpCell,
  type NlpNode,
  type NlpRef,
  type NlpRules,
  nlpOperations,
  nlpProblems,
} from '#src/space/recurrent/nlp-cell.ts'
import { formatNlp, normalNlp } from '#src/space/recurrent/nlp-form.ts'
import { mutateNlp, nlpNeighbours } from '#src/space/recurrent/nlp-moves.ts'
import { nlpCellGraph } from '#src/space/recurrent/nlp-network.ts'
import { nlpCellBound, sampleNlp } from '#src/space/recurrent/nlp-sample.ts'

/** Lists of different items, in every order. */
function arrangements<T>(items: readonly T[], length: number): readonly (readonly T[])[] {
  if (length === 0) return [[]]
  return items.flatMap((item, index) =>
    arrangements(items.toSpliced(index, 1), length - 1).map((rest) => [item, ...rest]),
  )
}

/** Every cell, each in all the orders that its nodes, inputs and states can have. */
function* everyCell(rules: NlpRules): Iterable<NlpCell> {
  for (let stateCount = 1; stateCount <= rules.maxStates; stateCount++) {
    let lists: readonly (readonly NlpNode[])[] = [[]]
    for (let count = 1; count <= rules.maxNodes; count++) {
      const refs = allRefs(stateCount, count - 1)
      const nodes = rules.operations.flatMap((operation) =>
        arities[operation].flatMap((arity) =>
          arrangements(refs, arity).map((inputs) => ({ operation, inputs })),
        ),
      )
      lists = lists.flatMap((list) => nodes.map((node) => [...list, node]))
      const numbers = Array.from({ length: count }, (_, index) => index + 1)
      for (const list of lists) {
        for (const states of arrangements(numbers, stateCount)) {
          const cell = { nodes: list, states }
          if (nlpProblems(cell, rules).length === 0) yield cell
        }
      }
    }
  }
}

/** The smallest text of all numberings: slow, and plainly right. */
function smallestText({ nodes, states }: NlpCell): string {
  const numbers = nodes.map((_, index) => index + 1)
  const others = states.map((_, state) => state).slice(1)
  const texts = arrangements(numbers, numbers.length).flatMap((order) =>
    arrangements(others, others.length).map((otherStates) => {
      const stateOrder = [0, ...otherStates]
      const named = (ref: NlpRef) => {
        if (/^h/.test(ref)) return `h${stateOrder.indexOf(Number(ref.slice(1)))}`
        return ref === 'x' ? ref : String(order.indexOf(Number(ref)) + 1)
      }
      const words = order.map((number) => {
        const { operation, inputs } = nodes[number - 1] as NlpNode
        const renamed = inputs.map(named)
        return `${operation}(${operation === 'blend' ? renamed : renamed.toSorted()})`
      })
      return `${words.join('|')} ${stateOrder.map((state) => order.indexOf(states[state] ?? 0))}`
    }),
  )
  return texts.sort()[0] ?? ''
}

/** Everything that changes lead to from one cell. */
function reached(rules: NlpRules): readonly string[] {
  const start = sampleNlp(rules, Random.named(1, 'start'))
  const seen = new Set([formatNlp(start)])
  const queue = [start]
  for (const cell of queue) {
    for (const other of nlpNeighbours(cell, rules)) {
      if (seen.has(formatNlp(other))) continue
      seen.add(formatNlp(other))
      queue.push(other)
    }
  }
  return [...seen].sort()
}

const cases: readonly (readonly [string, NlpRules])[] = [
  [
    'blends and two states',
    { minNodes: 1, maxNodes: 2, maxStates: 2, operations: ['linear', 'tanh', 'blend'] },
  ],
  [
    'products and sums',
    { minNodes: 2, maxNodes: 3, maxStates: 1, operations: ['linear', 'product', 'sum', 'sigmoid'] },
  ],
  ['linear layers alone', { minNodes: 2, maxNodes: 2, maxStates: 2, operations: ['linear'] }],
  ['no activation', { minNodes: 1, maxNodes: 3, maxStates: 1, operations: ['linear', 'blend'] }],
]

describe.each(cases)('a space of %s', (_, rules) => {
  const cells = [...everyCell(rules)]
  const forms = cells.map((cell) => formatNlp(normalNlp(cell)))

  it('has one normal form for isomorphic cells and for no others', () => {
    const pairs = cells.map((cell, index) => `${smallestText(cell)} ${forms[index]}`)
    const counts = [forms, cells.map(smallestText), pairs].map((texts) => new Set(texts).size)
    expect(counts[0]).toBeGreaterThan(1)
    expect(counts[0]).toBeLessThan(cells.length)
    expect(counts).toEqual([counts[0], counts[0], counts[0]])
  })

  it('is what changes lead to, and all of it', () => {
    expect(reached(rules)).toEqual([...new Set(forms)].sort())
  })

  it('holds no more cells than the bound says', () => {
    const bound = Number(nlpCellBound(rules))
    expect(new Set(forms).size).toBeLessThanOrEqual(bound)
  })

  it('has another network for each normal form', () => {
    const byForm = new Map(forms.map((form, index) => [form, cells[index] as NlpCell]))
    const sizes = { input: 3, hidden: 4 }
    const hashes = [...byForm.values()].map((cell) =>
      graphHash(nlpCellGraph(normalNlp(cell), sizes)),
    )
    expect(new Set(hashes).size).toBe(byForm.size)
  })
})

describe('in any space', () => {
  const rules = fc
    .record({
      minNodes: fc.integer({ min: 1, max: 7 }),
      more: fc.integer({ min: 0, max: 4 }),
      maxStates: fc.integer({ min: 1, max: 3 }),
      operations: fc.subarray([...nlpOperations]),
    })
    .map(({ minNodes, more, maxStates, operations }): NlpRules => {
      const others = operations.filter((operation) => operation !== 'linear')
      const maxNodes = Math.max(minNodes + more, 2)
      return { minNodes, maxNodes, maxStates, operations: ['linear', ...others] }
    })
  const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })

  it('a cell can change, and change back', () => {
    const check = (rule: NlpRules, seed: number) => {
      const cell = sampleNlp(rule, Random.named(seed, 'cell'))
      expect(nlpProblems(cell, rule)).toEqual([])
      const other = mutateNlp(cell, rule, Random.named(seed, 'change'))
      expect(formatNlp(other)).not.toBe(formatNlp(cell))
      expect(formatNlp(normalNlp(other))).toBe(formatNlp(other))
      const back = [...nlpNeighbours(other, rule)].map(formatNlp)
      expect(back).toContain(formatNlp(cell))
    }
    fc.assert(fc.property(rules, seeds, check), { numRuns: 60, seed: 4 })
  })
})
