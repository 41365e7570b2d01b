import { describe, expect, it } from 'vitest'
import { choicesOf, gateShape, specialize } from '#src/graph/choice.ts'
import { countGraph } from '#src/graph/counts.ts'
import { graphHash } from '#src/graph/hash.ts'
import { Random } from '#src/random/random.ts'
import { nasBench201 } from '#src/space/nas-bench-201/nas-bench-201.ts'
import type { Supernet, Task } from '#src/space/space.ts'

const space = nasBench201({ cellsPerStage: 1, channels: 2 })
const task: Task = { kind: 'images', inputShape: [3, 8, 8], classCount: 10 }
const supernet = space.supernet?.(task) as Supernet<ReturnType<typeof space.sample>>

describe('the supernet of NAS-Bench-201', () => {
  it('has six rows of five gates, which all cells share', () => {
    expect(gateShape(supernet.graph)).toEqual([5, 5, 5, 5, 5, 5])
    const choices = choicesOf(supernet.graph)
    expect(choices.map(({ op }) => op.gate)).toEqual([
      0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5,
    ])
    expect(choices[7]?.id).toBe('stage1.cell0.edge0_2')
    const deep = nasBench201({ cellsPerStage: 5, channels: 2 }).supernet?.(task)
    expect(gateShape(deep?.graph ?? supernet.graph)).toEqual([5, 5, 5, 5, 5, 5])
    expect(choicesOf(deep?.graph ?? supernet.graph)).toHaveLength(90)
  })

  it('costs what all its convolutions together do', () => {
    // Stem, head and reductions, then six edges a stage with a 1x1 and a 3x3 convolution.
    const fixed = countGraph(
      space.compile(space.parse('|none~0|+|none~0|none~1|+|none~0|none~1|none~2|'), task),
    )
    const edges = [2, 4, 8].reduce((sum, c) => sum + 6 * (10 * c * c + 4 * c), 0)
    expect(countGraph(supernet.graph).parameterCount).toBe(fixed.parameterCount + edges)
  })

  it.each([
    '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|',
    '|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|none~2|',
    '|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|',
    '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|',
    '|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|nor_conv_3x3~2|',
  ])('holds %s', (text) => {
    const cell = space.parse(text)
    const special = specialize(supernet.graph, supernet.gatesOf(cell))
    expect(graphHash(special)).toBe(graphHash(space.compile(cell, task)))
  })

  it('holds any cell', () => {
    for (let index = 0; index < 150; index++) {
      const cell = space.sample(Random.named(index, 'cell'))
      const special = specialize(supernet.graph, supernet.gatesOf(cell))
      expect(graphHash(special), space.format(cell)).toBe(graphHash(space.compile(cell, task)))
    }
  })

  it('counts dead edges as none, and takes the heaviest operation of each edge', () => {
    const dead = space.parse(
      '|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|',
    )
    const alive = space.parse('|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|')
    expect(supernet.gatesOf(dead)).toEqual(supernet.gatesOf(alive))
    expect(supernet.architectureOf(supernet.gatesOf(dead))).toEqual(alive)
    const weights = Array.from({ length: 6 }, (_, edge) => [0.1, 0.2, 0.3, edge / 10, -1])
    expect(supernet.architectureOf(weights)).toEqual([
      'nor_conv_1x1',
      'nor_conv_1x1',
      'nor_conv_1x1',
      'nor_conv_1x1',
      'nor_conv_3x3',
      'nor_conv_3x3',
    ])
  })
})
