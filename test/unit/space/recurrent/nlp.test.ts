import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { Random } from '#src/random/random.ts'
import { type NlpCell, nlpOperations } from '#src/space/recurrent/nlp-cell.ts'
import { formatNlp, normalNlp, readNlp } from '#src/space/recurrent/nlp-form.ts'
import { nlpCellGraph } from '#src/space/recurrent/nlp-network.ts'
import { recurrentCells } from '#src/space/recurrent/recurrent.ts'
import { RecurrentSettings } from '#src/space/recurrent/settings.ts'
import type { SearchSpace } from '#src/space/space.ts'

const gru =
  'linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|product(h0,3)|linear(x,5)|tanh(6)|blend(4,h0,7)=h0'
const lstm =
  'linear(x,h0)|linear(x,h0)|linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|sigmoid(3)|tanh(4)|product(h1,5)|product(6,8)|sum(9,10)=h1|tanh(11)|product(7,12)=h0'

function spaceOf(nlp: object = {}, others: object = {}): SearchSpace<NlpCell> {
  const settings = RecurrentSettings.parse({ style: 'nlp', nlp, ...others })
  return recurrentCells(settings) as SearchSpace<NlpCell>
}

const space = spaceOf()

/** A cell in any order. */
function cellOf(text: string): NlpCell {
  const cell = readNlp(text)
  if ('place' in cell) throw new Error(`${text} is no cell`)
  return cell
}

const normal = (text: string) => formatNlp(normalNlp(cellOf(text)))

describe('the cells that everybody knows', () => {
  const sizes = { input: 7, hidden: 5 }

  it('have the parameters of LSTM and GRU, one bias for each matrix', () => {
    const matrix = (7 + 5) * 5 + 5
    expect(countGraph(nlpCellGraph(cellOf(normal(lstm)), sizes)).parameterCount).toBe(4 * matrix)
    expect(countGraph(nlpCellGraph(cellOf(gru), sizes)).parameterCount).toBe(3 * matrix)
  })

  it('are in the space', () => {
    expect(space.format(space.parse(gru))).toBe(gru)
    expect(space.problems(normalNlp(cellOf(lstm)))).toEqual([])
  })

  it('become graphs of one input a state and one output a state', () => {
    const graph = nlpCellGraph(cellOf(normal(lstm)), sizes)
    expect(graph.inputs.map(({ id, shape }) => [id, shape])).toEqual([
      ['x', [7]],
      ['h0', [5]],
      ['h1', [5]],
    ])
    // The next h0 is the product, the next h1 the sum.
    expect(graph.outputs.map((id) => id.split('.')[1])).toEqual(['product', 'sum'])
    const blend = nlpCellGraph(cellOf(gru), sizes).nodes.at(-1)
    expect(blend?.op.kind).toBe('blend')
    expect(blend?.inputs).toEqual(['node4.sigmoid', 'h0', 'node7.tanh'])
  })
})

describe('the normal form', () => {
  it('does not see the order of nodes, states behind the first, or terms', () => {
    expect(normal('linear(h0,x)|tanh(1)|sigmoid(1)|product(3,2)=h0')).toBe(
      normal('linear(x,h0)|sigmoid(1)|tanh(1)|product(2,3)=h0'),
    )
    expect(normal('linear(x,h0,h1)|tanh(1)=h0|sigmoid(1)=h1|sum(1,h2)=h2')).toBe(
      normal('linear(x,h0,h2)|tanh(1)=h0|sigmoid(1)=h2|sum(1,h1)=h1'),
    )
  })

  it('sees which state is handed on, and what a blend takes for what', () => {
    expect(normal('linear(x,h0)|tanh(1)=h0|sigmoid(1)=h1')).not.toBe(
      normal('linear(x,h0)|tanh(1)=h1|sigmoid(1)=h0'),
    )
    expect(normal('linear(x,h0)|tanh(1)|blend(1,2,h0)=h0')).not.toBe(
      normal('linear(x,h0)|tanh(1)|blend(2,1,h0)=h0'),
    )
  })

  it('is the only text that is taken, and named where another is given', () => {
    const other = 'linear(h0,x)|tanh(1)=h0'
    expect(() => space.parse(other)).toThrow(
      'at the order: expected the normal form linear(x,h0)|tanh(1)=h0, found linear(h0,x)|tanh(1)=h0',
    )
  })
})

describe('wrong cells', () => {
  it.each([
    ['linear(x,h0)', 'the length', '2 to 15 nodes'],
    ['linear(x,h0)|tanh(1)', 'the states', '1 to 3 states'],
    ['linear(x,h0)|tanh(1)=h1', 'the states', 'a node that is h0'],
    ['linear(x,h0)=h0|tanh(1)=h0', 'node 2', 'each state once'],
    ['linear(x,h1)|tanh(1)=h0', 'node 1', 'x, h0 or the number of an earlier node'],
    ['linear(x,2)|tanh(1)=h0', 'node 1', 'an earlier node'],
    ['linear(x,x)|tanh(1)=h0', 'node 1', 'each input once'],
    ['linear(x)|tanh(1)=h0', 'node 1', 'linear of 2 or 3 inputs'],
    ['linear(x,h0)|sum(x,1)=h0', 'node 2', 'x in linear alone'],
    ['linear(x,h0)|tanh(1)|sigmoid(1)=h0', 'node 2', 'every node to be used or to be a state'],
    ['tanh(h0)|sigmoid(1)=h0', 'the inputs', 'a linear that takes x'],
    ['linear(x,h0)|gelu(1)=h0', 'node 2', 'an operation and its inputs'],
    ['linear(x, h0)|tanh(1)=h0', 'node 1', 'an operation and its inputs'],
  ])('%s is refused at %s', (text, place, expected) => {
    expect(() => space.parse(text)).toThrow(
      expect.objectContaining({
        code: 'space/invalid-architecture',
        details: expect.objectContaining({ place, expected: expect.stringContaining(expected) }),
      }),
    )
  })

  it('that are no text are told apart, too', () => {
    const wrong = { nodes: [{ operation: 'linear', inputs: ['x', 'h0'] }], states: [2] }
    expect(space.problems(wrong as NlpCell).join()).toContain('state h0: expected one of the nodes')
    const same = { ...cellOf('linear(x,h0)|tanh(1)=h0'), states: [2, 2] }
    expect(space.problems(same).join()).toContain('a node of its own')
    expect(space.problems({} as NlpCell).join()).toContain('expected nodes and states')
    expect(
      spaceOf({ operations: ['linear', 'tanh'] })
        .problems(cellOf(gru))
        .join(),
    ).toContain('expected one of linear, tanh')
  })
})

describe('samples', () => {
  const cells = Array.from({ length: 600 }, (_, seed) => space.sample(Random.named(seed, 'nlp')))

  it('have every size and number of states, and every operation', () => {
    const seen = <T>(values: readonly T[]) => [...new Set(values)].sort()
    const sizes = new Set(cells.map(({ nodes }) => nodes.length))
    expect([...sizes].sort((one, other) => one - other)).toEqual(
      Array.from({ length: 14 }, (_, index) => index + 2),
    )
    expect(seen(cells.map(({ states }) => states.length))).toEqual([1, 2, 3])
    const operations = cells.flatMap(({ nodes }) => nodes.map(({ operation }) => operation))
    expect(seen(operations)).toEqual([...nlpOperations].sort())
  })

  it('cross to cells that have nodes of both parents', () => {
    const pairs = cells
      .slice(0, 60)
      .map((cell, index) => [cell, cells[index + 60] ?? cell] as const)
    const children = pairs.map(([one, other], seed) =>
      space.crossover(one, other, Random.named(seed, 'cross')),
    )
    const isNew = children.filter((child, index) =>
      (pairs[index] ?? []).every((parent) => formatNlp(parent) !== formatNlp(child)),
    )
    expect(isNew.length).toBeGreaterThan(10)
    for (const child of children) expect(space.problems(child)).toEqual([])
  })
})

describe('the adjacency encoding', () => {
  it('tells all cells apart', () => {
    const adjacency = space.encodings.adjacency
    const texts = new Map<string, string>()
    for (let seed = 0; seed < 300; seed++) {
      const cell = space.sample(Random.named(seed, 'vector'))
      const vector = (adjacency?.encode(cell) ?? []).join()
      expect(texts.get(vector) ?? formatNlp(cell)).toBe(formatNlp(cell))
      texts.set(vector, formatNlp(cell))
    }
  })

  it('has a row for each node: operation, what it takes, which state it is', () => {
    const few = spaceOf({ maxNodes: 3, maxStates: 1 })
    const vector = few.encodings.adjacency?.encode(
      few.parse('linear(x,h0)|tanh(1)|blend(h0,1,2)=h0'),
    )
    expect(vector).toEqual([
      // linear of x and h0
      ...[1, 0, 0, 0, 0, 0, 0, 1, 1, 0],
      // tanh of node 1
      ...[0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
      // blend by h0 of nodes 1 and 2, the state
      ...[0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 1],
    ])
  })
})

describe('settings', () => {
  it.each([
    [{ operations: [] }, 'space/empty', 'nlp.operations is an empty list'],
    [{ operations: ['tanh', 'tanh'] }, 'space/invalid-settings', 'lists "tanh" twice'],
    [{ operations: ['tanh', 'sum'] }, 'space/empty', 'lacks linear'],
    [{ minNodes: 4, maxNodes: 3 }, 'space/empty', 'nlp.maxNodes 3 is below nlp.minNodes 4'],
    [{ minNodes: 1, maxNodes: 1 }, 'space/invalid-settings', 'a single cell'],
  ])('%j are refused', (nlp, code, message) => {
    expect(() => spaceOf(nlp)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  it('are for text alone', () => {
    expect(() =>
      space.compile(space.parse(gru), { kind: 'images', inputShape: [3, 8, 8], classCount: 10 }),
    ).toThrow('The space recurrent needs text, an input shape [length], but the task has images')
  })
})

describe('the drawing', () => {
  it('names states and the gate of a blend', () => {
    const drawing = space.draw(space.parse(gru))
    expect(drawing.edges).toContainEqual({ from: '4', to: '8', label: 'gate' })
    expect(drawing.edges).toContainEqual({ from: '8', to: 'after0' })
    expect(drawing.nodes.find(({ id }) => id === 'h0')?.label).toBe('state before')
    const two = space.draw(normalNlp(cellOf(lstm)))
    expect(two.nodes.find(({ id }) => id === 'h1')?.label).toBe('state 1 before')
  })
})
