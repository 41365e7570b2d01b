/** Networks of NAS-Bench-101 at their published size, against PyTorch and the recorded sizes. */
import { describe, expect, it } from 'vitest'
import { NasBench101Settings, nasBench101 } from '#src/space/nas-bench-101/nas-bench-101.ts'
import { describeInPyTorch, describeInTypeScript } from '#test/fixtures/describe-graphs.ts'

const space = nasBench101(NasBench101Settings.parse({}))
const unused = 'conv3x3()|conv3x3()|conv3x3()|conv3x3()'

/** Parameters that the public table records. */
const cells: Readonly<Record<string, number>> = {
  [`${unused}|conv3x3()|output(0)`]: 882_570,
  [`${unused}|conv1x1(0)|output(5)`]: 1_920_138,
  'conv1x1(0)|conv3x3(0)|conv3x3(0)|conv3x3(3)|maxpool3x3(0)|output(1,2,4,5)': 2_694_282,
  'conv3x3(0)|maxpool3x3(1)|conv3x3(2)|conv3x3(0)|conv1x1(0,3,4)|output(2,5)': 8_555_530,
  'conv1x1(0)|conv3x3(0)|maxpool3x3(2)|conv3x3(3)|conv3x3(0,1,4)|output(0,5)': 32_426_634,
}

describe('NAS-Bench-101 in PyTorch', () => {
  it('has the recorded parameters, and the shapes and multiply-adds that TypeScript reckons', async () => {
    const graphs = Object.keys(cells).map((text) =>
      space.compile(space.parse(text), {
        kind: 'images',
        inputShape: [3, 32, 32],
        classCount: 10,
      }),
    )
    const described = await describeInPyTorch(graphs)
    expect(described).toEqual(graphs.map(describeInTypeScript))
    expect(described).toEqual(
      Object.values(cells).map((parameterCount) => expect.objectContaining({ parameterCount })),
    )
  })
})
