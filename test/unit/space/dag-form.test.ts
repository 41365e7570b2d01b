import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '#src/random/random.ts'
import { canonicalOrder, type DagVertex, quickOrder } from '#src/space/dag-form.ts'

function read(vertices: readonly DagVertex[], order: readonly number[]): readonly DagVertex[] {
  return order.map((position) => {
    const { label, inputs, ports } = vertices[position] ?? { label: '', inputs: [] }
    const read = inputs
      .map((input, index) => [order.indexOf(input), ports?.[index] ?? 0] as const)
      .toSorted(([one, port], [other, rival]) => one - other || port - rival)
    const plain = { label, inputs: read.map(([place]) => place) }
    return ports === undefined ? plain : { ...plain, ports: read.map(([, port]) => port) }
  })
}

/** The same graph with a vertex for each input, labelled by its port. */
function withPortVertices(vertices: readonly DagVertex[]): readonly DagVertex[] {
  const all: DagVertex[] = []
  const places: number[] = []
  for (const { label, inputs, ports } of vertices) {
    const taken = inputs.map((input, index) => {
      const port = { label: `port ${ports?.[index]}`, inputs: [places[input] ?? 0] }
      return all.push(port) - 1
    })
    places.push(all.push({ label, inputs: taken }) - 1)
  }
  return all
}

type MakeOrder = (vertices: readonly DagVertex[]) => readonly number[]

function formBy(orderOf: MakeOrder) {
  return (vertices: readonly DagVertex[]) => JSON.stringify(read(vertices, orderOf(vertices)))
}

/** The same graph with its vertices in another order, inputs still before consumers. */
function renumbered(vertices: readonly DagVertex[], random: Random): readonly DagVertex[] {
  const order: number[] = []
  while (order.length < vertices.length) {
    const ready = [...vertices.keys()].filter(
      (position) =>
        !order.includes(position) &&
        vertices[position]?.inputs.every((input) => order.includes(input)),
    )
    order.push(random.pick(ready))
  }
  return read(vertices, order)
}

/** Edges from each vertex to some before it. */
const graphs = fc
  .array(fc.record({ label: fc.constantFrom('a', 'b'), bits: fc.nat({ max: 2 ** 9 - 1 }) }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((drawn) =>
    drawn.map(({ label, bits }, position) => ({
      label,
      inputs: Array.from({ length: position }, (_, input) => input).filter(
        (input) => (bits >> input) % 2 === 1,
      ),
    })),
  )

/** Layers of equal vertices, joined by the pairs given. */
function bipartite(pairs: readonly (readonly [number, number])[], size: number): DagVertex[] {
  return [
    ...Array.from({ length: size }, () => ({ label: 'a', inputs: [] })),
    ...Array.from({ length: size }, (_, target) => ({
      label: 'a',
      inputs: pairs.filter(([, to]) => to === target).map(([from]) => from),
    })),
  ]
}

/** Two graphs and a vertex that all their vertices lead to. */
function under(one: readonly DagVertex[], other: readonly DagVertex[]): readonly DagVertex[] {
  const moved = other.map(({ label, inputs }) => ({
    label,
    inputs: inputs.map((input) => input + one.length),
  }))
  const all = [...one, ...moved]
  return [...all, { label: 'top', inputs: [...all.keys()] }]
}

function ring(start: number, length: number): readonly (readonly [number, number])[] {
  return Array.from({ length }, (_, index) => [
    [start + index, start + index] as const,
    [start + index, start + ((index + 1) % length)] as const,
  ]).flat()
}

describe.each([
  ['canonicalOrder', canonicalOrder],
  ['quickOrder', quickOrder],
])('%s', (_, orderOf) => {
  const form = formBy(orderOf)

  it('is a permutation with inputs before consumers', () => {
    fc.assert(
      fc.property(graphs, (vertices) => {
        const order = orderOf(vertices)
        expect(order.toSorted((one, other) => one - other)).toEqual([...vertices.keys()])
        for (const [place, { inputs }] of read(vertices, order).entries()) {
          for (const input of inputs) expect(input).toBeLessThan(place)
        }
      }),
      { numRuns: 200, seed: 5 },
    )
  })

  it('reads isomorphic graphs as one', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (vertices, seed) => {
        const other = renumbered(vertices, Random.named(seed, 'order'))
        expect(form(other)).toBe(form(vertices))
        expect(form(read(vertices, orderOf(vertices)))).toBe(form(vertices))
      }),
      { numRuns: 300, seed: 6 },
    )
  })

  it('tells apart what colour refinement cannot: a ring of eight and two rings of four', () => {
    const one = bipartite(ring(0, 4), 4)
    const two = bipartite([...ring(0, 2), ...ring(2, 2)], 4)
    expect(form(one)).not.toBe(form(two))
    for (let seed = 0; seed < 20; seed++) {
      expect(form(renumbered(one, Random.named(seed, 'one')))).toBe(form(one))
      expect(form(renumbered(two, Random.named(seed, 'two')))).toBe(form(two))
    }
  })

  it('counts the classes of all graphs of four vertices as brute force does', () => {
    const all = Array.from({ length: 2 ** 6 * 2 ** 4 }, (_, code) =>
      Array.from({ length: 4 }, (__, position): DagVertex => {
        const bits = (code >> 4) >> ((position * (position - 1)) / 2)
        return {
          label: (code >> position) % 2 === 1 ? 'a' : 'b',
          inputs: [0, 1, 2, 3].slice(0, position).filter((input) => (bits >> input) % 2 === 1),
        }
      }),
    )
    expect(new Set(all.map(form)).size).toBe(new Set(all.map(bruteForce)).size)
  })

  it('takes many equal branches in little time', () => {
    const chains = Array.from({ length: 24 }, (_, position) => ({
      label: 'a',
      inputs: position < 8 ? [] : [position - 8],
    }))
    const twins = Array.from({ length: 40 }, () => ({ label: 'a', inputs: [] }))
    expect(form(renumbered(chains, Random.named(1, 'chains')))).toBe(form(chains))
    expect(form(twins)).toBe(form(renumbered(twins, Random.named(1, 'twins'))))
  })

  it('takes two copies of a graph under one vertex, whatever their order', () => {
    fc.assert(
      fc.property(graphs, graphs, fc.nat(), (one, other, seed) => {
        const joined = under(one, one)
        expect(form(renumbered(joined, Random.named(seed, 'order')))).toBe(form(joined))
        const mixed = under(one, other)
        expect(form(mixed)).toBe(form(under(other, one)))
        expect(form(mixed) === form(joined)).toBe(form(one) === form(other))
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  it('tells apart vertices by label alone, in the order of labels', () => {
    const alone = (...labels: readonly string[]) => labels.map((label) => ({ label, inputs: [] }))
    expect(form(alone('b', 'a', 'b'))).toBe(form(alone('a', 'b', 'b')))
    expect(form(alone('a', 'a', 'b'))).not.toBe(form(alone('a', 'b', 'b')))
    expect(orderOf(alone('c', 'a', 'b'))).toEqual([1, 2, 0])
  })

  it('minds what an input comes in by', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (vertices, seed) => {
        const random = Random.named(seed, 'ports')
        const ported = vertices.map((vertex) => ({
          ...vertex,
          ports: vertex.inputs.map(() => random.int(2)),
        }))
        const spelled = form(withPortVertices(ported))
        const other = renumbered(ported, random)
        expect(form(other)).toBe(form(ported))
        const turned = ported.map(({ ports, ...vertex }) => ({
          ...vertex,
          ports: ports.toReversed(),
        }))
        expect(form(turned) === form(ported)).toBe(form(withPortVertices(turned)) === spelled)
      }),
      { numRuns: 400, seed: 8 },
    )
  })

  it('minds how often an input stands', () => {
    const twice = (inputs: readonly number[]) => [
      { label: 'a', inputs: [] },
      { label: 'b', inputs },
    ]
    expect(form(twice([0, 0]))).not.toBe(form(twice([0])))
  })
})

function bruteForce(vertices: readonly DagVertex[]): string {
  const orders = permutations([...vertices.keys()])
  return orders.map((order) => JSON.stringify(read(vertices, order))).toSorted()[0] ?? ''
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length === 0) return [[]]
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  )
}
