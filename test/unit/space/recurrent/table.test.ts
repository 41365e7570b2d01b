/** Every recipe of the public NAS-Bench-NLP logs: read, compiled, its parameters counted. */
import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { formatNlp } from '#src/space/recurrent/nlp-form.ts'
import { nlpCellGraph } from '#src/space/recurrent/nlp-network.ts'
import { readRecipe } from '#src/space/recurrent/recipe.ts'
import { recurrentEntry } from '#src/space/recurrent/recurrent.ts'
import { type NlpRow, nlpTableMissing, readNlpTable } from '#test/fixtures/nas-bench-nlp-table.ts'

/** Words of WikiText-2. */
const vocabulary = 33_278
/** Features of a word; the last layer's state has as many, since its weights are the embedding's. */
const embedding = 400
const layers = [
  { input: embedding, hidden: 600 },
  { input: 600, hidden: 600 },
  { input: 600, hidden: embedding },
]

const space = recurrentEntry.create(recurrentEntry.settings.parse({ style: 'nlp' }))

function parametersOf(row: NlpRow): number {
  const cell = readRecipe(row.recipe)
  const counts = layers.map((sizes) => countGraph(nlpCellGraph(cell, sizes)).parameterCount)
  // The embedding, and the biases of the last layer, whose weights are tied to it.
  return counts.reduce((sum, count) => sum + count, vocabulary * embedding + vocabulary)
}

describe.skipIf(nlpTableMissing !== null)(
  `the NAS-Bench-NLP logs${nlpTableMissing === null ? '' : ` (skipped: ${nlpTableMissing})`}`,
  () => {
    const rows = nlpTableMissing === null ? readNlpTable() : []
    const texts = new Map(rows.map((row) => [row.id, formatNlp(readRecipe(row.recipe))]))

    it('hold 345 cells, all of them in the space with its default settings', () => {
      expect(rows).toHaveLength(345)
      for (const [id, text] of texts) {
        expect(space.format(space.parse(text)), String(id)).toBe(text)
      }
    })

    it('count as many parameters as these cells have', () => {
      const wrong = rows.filter((row) => parametersOf(row) !== row.num_params)
      expect(wrong.map(({ id }) => id)).toEqual([])
      expect(new Set(rows.map((row) => row.num_params)).size).toBeGreaterThan(20)
    })

    it('hold 265 different cells, equal ones with equal counts', () => {
      const counts = new Map<string, Set<number>>()
      for (const { id, num_params: count } of rows) {
        const text = texts.get(id) ?? ''
        counts.set(text, (counts.get(text) ?? new Set()).add(count))
      }
      expect(counts.size).toBe(265)
      expect([...counts.values()].filter(({ size }) => size > 1)).toEqual([])
    })

    it('begin with the simple cell, the LSTM and the GRU', () => {
      expect(texts.get(1_000_000)).toBe('linear(x,h0)|tanh(1)=h0')
      expect(texts.get(1_000_001)).toBe(
        'linear(x,h0)|linear(x,h0)|linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|tanh(3)|tanh(4)|product(h1,5)|product(6,8)|sum(9,10)=h1|tanh(11)|product(7,12)=h0',
      )
      expect(texts.get(1_000_002)).toBe(
        'linear(x,h0)|linear(x,h0)|sigmoid(1)|sigmoid(2)|product(h0,3)|linear(x,5)|tanh(6)|blend(4,h0,7)=h0',
      )
    })
  },
)
