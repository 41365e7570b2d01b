/** The experiments that ship must load, and propose what their space holds. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { InputKind, Task } from '#src/space/space.ts'

const configs = join(projectFolder(), 'configs')
const files = [configs, join(configs, 'experiments')].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name)),
)

const tasks: Readonly<Record<InputKind, Task>> = {
  images: { kind: 'images', inputShape: [3, 32, 32], classCount: 10 },
  features: { kind: 'features', inputShape: [30], classCount: 2 },
  tokens: { kind: 'tokens', inputShape: [32], classCount: 65 },
}

describe.each(files)('%s', (file) => {
  it('loads under its own name, with a sentence that describes it', async () => {
    const { document } = await loadExperiment(file)
    expect(document.name).toBe(basename(file, '.yaml'))
    expect(document.description).toMatch(/^[A-Z].*[^.]$/)
  })

  it('has a space whose samples compile, where they are networks', async () => {
    const { document } = await loadExperiment(file)
    const { name, ...settings } = document.space
    const entry = spaceCatalog.find((candidate) => candidate.name === name)
    if (!entry) throw new Error(`${file} names the space ${name}`)
    const space = entry.create(entry.settings.parse(settings))
    if (space.takes === null) return
    const architecture = space.sample(Random.named(document.seed, 'sample'))
    const graph = space.compile(architecture, tasks[space.takes])
    expect(graph.nodes.length).toBeGreaterThan(0)
  })
})

it('looks at every experiment', () => {
  expect(files.length).toBeGreaterThanOrEqual(4)
})
