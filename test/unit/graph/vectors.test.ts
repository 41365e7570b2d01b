/** The cases that `py/tests/test_graph.py` reads too. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countGraph } from '#src/graph/counts.ts'
import { Operation } from '#src/graph/graph.ts'
import { outputShapes } from '#src/graph/shape.ts'
import { validateGraph } from '#src/graph/validate.ts'
import { errorOf } from './error-of.ts'

type Vector = { readonly name: string; readonly graph: unknown } & (
  | {
      readonly outputShapes: readonly (readonly number[])[]
      readonly parameterCount: number
      readonly multiplyAdds: number
    }
  | { readonly error: string; readonly place: string }
)

const folder = join(import.meta.dirname, '../../vectors/graph')
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

describe('graph vectors', () => {
  it('cover every kind of operation', () => {
    const kinds = Operation.options.map((option) => option.shape.kind.value)
    expect(files.map((name) => basename(name, '.json'))).toEqual(expect.arrayContaining(kinds))
  })
})

describe.each(files)('%s', (file) => {
  const vectors = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly Vector[]

  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    if ('error' in vector) {
      const error = errorOf(() => validateGraph(vector.graph))
      expect(error.code).toBe(vector.error)
      expect(error.message).toMatch(/^Graph .*(expected|found) .*[^.]$/)
      const place = String(error.details.place)
      expect(place.startsWith(vector.place), `${place} starts with ${vector.place}`).toBe(true)
      return
    }
    const graph = validateGraph(vector.graph)
    expect(outputShapes(graph)).toEqual(vector.outputShapes)
    const { parameterCount, multiplyAdds } = vector
    expect(countGraph(graph)).toEqual({ parameterCount, multiplyAdds })
  })
})
