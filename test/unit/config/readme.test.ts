/** The experiments that the README shows must be experiments. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const readme = readFileSync(join(projectFolder(), 'README.md'), 'utf8')

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(readme)
  return found?.[1] ?? ''
}

it('shows a YAML experiment that loads', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'experiment.yaml')
  await writeFile(path, block('yaml'))
  const { document } = await loadExperiment(path)
  expect(document).toMatchObject({ name: 'cells-on-fashion', budget: { trials: 24 } })
})

it('shows a TypeScript experiment that loads', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'experiment.ts')
  const library = new URL('../../../src/index.ts', import.meta.url).href
  await writeFile(path, block('ts').replace("from 'archloom'", `from '${library}'`))
  const { document, extensions } = await loadExperiment(path)
  expect(document.evaluator).toEqual({ name: 'convolution-share', slots: 1 })
  expect(extensions.evaluators).toHaveLength(1)
})

it('names files that exist', () => {
  for (const [, target] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g)) {
    expect(() => readFileSync(join(projectFolder(), target ?? '')), target).not.toThrow()
  }
})
