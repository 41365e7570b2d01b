/** Where a space lists what its sampler draws, the list is true: that is what exact curves rest on. */
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'
import { chiSquare, chiSquareLimit } from '#test/fixtures/statistics.ts'

const conditional = {
  parameters: [
    {
      kind: 'categorical',
      name: 'optimizer',
      choices: ['sgd', 'adam', 'none'],
      weights: [5, 2, 1],
    },
    { kind: 'ordinal', name: 'momentum', sequence: [0, 0.9, 0.99] },
    { kind: 'integer', name: 'width', lower: 1, upper: 20, log: true },
    { kind: 'integer', name: 'layers', lower: 1, upper: 3 },
    { kind: 'constant', name: 'epochs', value: 9 },
  ],
  conditions: [
    { child: 'momentum', test: { kind: 'equals', parameter: 'optimizer', value: 'sgd' } },
    { child: 'layers', test: { kind: 'greater-than', parameter: 'width', value: 3 } },
  ],
  forbidden: [
    {
      parts: [
        { kind: 'equals', parameter: 'optimizer', value: 'sgd' },
        { kind: 'less-than', parameter: 'width', value: 3 },
      ],
    },
    {
      parts: [
        { kind: 'in', parameter: 'momentum', values: [0, 0.9] },
        { kind: 'equals', parameter: 'layers', value: 3 },
      ],
    },
  ],
}

/** Small enough to list in a moment. */
const settings: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  hyperparameters: [conditional, { ...conditional, conditions: [], forbidden: [] }],
  'nas-bench-101': [{ vertices: 4 }, { vertices: 5, maxEdges: 6 }],
  'nas-bench-1shot1': [{ variant: 'S1' }, { variant: 'S2' }],
  'nas-bench-201': [{}],
  'nas-bench-macro': [{ blocksPerStage: [2, 2] }, {}],
}

const cases = spaceCatalog.flatMap((entry) =>
  (settings[entry.name] ?? [{}]).flatMap((chosen) => {
    const space = entry.create(entry.settings.parse(chosen))
    return space.support ? [{ name: `${entry.name} ${JSON.stringify(chosen)}`, space }] : []
  }),
)

/** Probabilities by network. */
function listed(space: SearchSpace): Map<string, number> {
  const probabilities = new Map<string, number>()
  for (const { architecture, probability } of space.support?.() ?? []) {
    const form = space.canonical(architecture)
    probabilities.set(form, (probabilities.get(form) ?? 0) + probability)
  }
  return probabilities
}

describe('the spaces that list what they draw', () => {
  it('are those of the tables', () => {
    expect(cases.map(({ space }) => space.name)).toEqual(
      expect.arrayContaining([
        'hyperparameters',
        'nas-bench-101',
        'nas-bench-1shot1',
        'nas-bench-201',
      ]),
    )
  })

  describe.each(cases)('$name', ({ space }) => {
    it('list architectures of their own, with probabilities that sum to 1', () => {
      let total = 0
      for (const { architecture, probability } of space.support?.() ?? []) {
        expect(probability).toBeGreaterThan(0)
        total += probability
        if (total < 0.01) expect(space.problems(architecture)).toEqual([])
      }
      expect(total).toBeCloseTo(1, 9)
    })

    it('draw each network as often as the list says', () => {
      const probabilities = listed(space)
      const draws = 4_000
      const counts = new Map<string, number>()
      for (let draw = 0; draw < draws; draw++) {
        const form = space.canonical(space.sample(Random.named(draw, 'support')))
        expect(probabilities.has(form)).toBe(true)
        counts.set(form, (counts.get(form) ?? 0) + 1)
      }
      // Rare networks are counted together, so that each class is expected ten times or more.
      const classes = groupRare(probabilities, 10 / draws)
      const found = classes.map(({ forms }) =>
        forms.reduce((sum, form) => sum + (counts.get(form) ?? 0), 0),
      )
      const expected = classes.map(({ probability }) => probability * draws)
      expect(chiSquare(found, expected)).toBeLessThan(chiSquareLimit(classes.length - 1))
    })
  })
})

function groupRare(probabilities: ReadonlyMap<string, number>, least: number) {
  const classes: { forms: string[]; probability: number }[] = []
  let open: { forms: string[]; probability: number } = { forms: [], probability: 0 }
  for (const [form, probability] of [...probabilities].sort((a, b) => b[1] - a[1])) {
    open.forms.push(form)
    open.probability += probability
    if (open.probability < least) continue
    classes.push(open)
    open = { forms: [], probability: 0 }
  }
  const last = classes.at(-1)
  if (last) {
    last.forms.push(...open.forms)
    last.probability += open.probability
  }
  return classes
}
