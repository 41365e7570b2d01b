/** The space of docs/spaces/your-own.md through the command line, like one that ships. */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const script = join(projectFolder(), 'configs', 'experiments', 'own-space.ts')
const changes = ['--set', 'budget.trials=4', '--set', 'fidelity.epochs=1']

async function bestOf(folder: string) {
  const { best } = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as {
    best: { architecture: string; valAccuracy: number }
  }
  return best
}

describe('a search over a space of one’s own', () => {
  let folder: TemporaryFolder
  let undisturbed: string

  beforeAll(async () => {
    await cpuEnvironment()
    folder = await temporaryFolder()
    undisturbed = join(folder.path, 'undisturbed')
    const { status, stderr } = archloom(['run', script, ...changes, '--out', undisturbed])
    expect(status, stderr).toBe(0)
    return () => folder[Symbol.asyncDispose]()
  })

  it('runs from the checkout, trains in PyTorch and replays', async () => {
    const { architecture, valAccuracy } = await bestOf(undisturbed)
    expect(architecture).toMatch(/^channels=(8|16) depth=[123] stage1=(conv[35]|sep3)/)
    expect(valAccuracy).toBeGreaterThan(0)
    expect(archloom(['replay', undisturbed]).status).toBe(0)
  })

  it('draws its architecture in the report', async () => {
    const report = await readFile(join(undisturbed, 'report.html'), 'utf8')
    expect(report).toContain('stage1')
    expect(report).toMatch(/<svg[^>]*aria-label="Network from 3×32×32 to 10/)
  })

  it('runs and resumes alike from a folder that knows no packages', async () => {
    const copy = join(folder.path, 'search.ts')
    await copyFile(script, copy)
    const out = join(folder.path, 'resumed')
    const { child, ended } = startArchloom(['run', copy, ...changes, '--out', out])
    child.stderr.on('data', (text: string) => {
      if (text.includes('1 of 4 trials done')) child.kill('SIGKILL')
    })
    await ended
    const { status, stderr } = archloom(['resume', out])
    expect(status, stderr).toBe(0)
    expect(await bestOf(out)).toMatchObject(await bestOf(undisturbed).then(comparable))
  })
})

function comparable({ architecture, valAccuracy }: { architecture: string; valAccuracy: number }) {
  return { architecture, valAccuracy }
}
