/** The published skip patterns of the multi-branch space, each against PyTorch. */
import { expect, it } from 'vitest'
import { multiBranch } from '#src/space/multi-branch/multi-branch.ts'
import { MultiBranchSettings } from '#src/space/multi-branch/settings.ts'
import { describeInPyTorch, describeInTypeScript } from '#test/fixtures/describe-graphs.ts'

it('three layers of one operation have 8 patterns, and PyTorch agrees on all', async () => {
  const graphs = (['concat', 'add'] as const).flatMap((join) =>
    (['layers', 'previous'] as const).flatMap((wiring) => {
      const settings = { minLayers: 3, maxLayers: 3, operations: ['conv3s2-5'], join, wiring }
      const space = multiBranch(MultiBranchSettings.parse(settings))
      const texts = ['0', '1', '0,1'].flatMap((two) =>
        ['0', '1', '2', '1,2', '0,2', '0,1,2'].map(
          (three) => `conv3s2-5@0|conv3s2-5@${two}|conv3s2-5@${three}`,
        ),
      )
      const own = texts.filter((text) => isOwn(space, text))
      expect(own).toHaveLength(8)
      const task = { kind: 'images', inputShape: [3, 9, 7], classCount: 10 } as const
      return own.map((text) => space.compile(space.parse(text), task))
    }),
  )
  expect(graphs).toHaveLength(32)
  expect(graphs.every(({ outputs }) => outputs.length === 1)).toBe(true)
  expect(await describeInPyTorch(graphs)).toEqual(graphs.map(describeInTypeScript))
})

function isOwn(space: ReturnType<typeof multiBranch>, text: string): boolean {
  try {
    return space.parse(text).length === 3
  } catch {
    return false
  }
}
