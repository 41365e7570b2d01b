/** Every experiment that ships loads, composes, and proposes its first trials. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { startMethod } from '#src/experiment/method.ts'
import { composeExperiment } from '#src/runner/compose.ts'

const folder = join(projectFolder(), 'configs')
const files = [
  'quickstart.yaml',
  ...readdirSync(join(folder, 'experiments')).map((file) => join('experiments', file)),
  ...readdirSync(join(folder, 'pipelines')).map((name) => join('pipelines', name, 'search.yaml')),
]

describe('the experiments that ship', () => {
  it.each(files)('%s composes and proposes', async (file) => {
    const path = join(folder, file)
    const { document, extensions } = await loadExperiment(path)
    const { space, optimizer, plan } = composeExperiment(document, extensions, path)
    const method = startMethod(optimizer, plan)
    const { architecture, fidelity } = method.ask(0)
    expect(space.format(space.parse(architecture))).toBe(architecture)
    expect(fidelity.epochs).toBeLessThanOrEqual(plan.fidelity.epochs)
    expect(plan.seed).toBe(document.seed)
  })
})
