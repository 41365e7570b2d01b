/** `archloom space parameters …`, as a person runs it. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { readConfigSpace } from '#src/parameter/configspace-read.ts'
import { countConfigurations } from '#src/parameter/count.ts'
import { ParameterSpace } from '#src/parameter/parameter.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

/** The chain space under another name, without its encodings. */
const bareScript = `
import * as archloom from 'archloom'
import { chainEntry } from ${JSON.stringify(join(projectFolder(), 'src/space/chain/chain.ts'))}
const create = (settings) => ({ ...chainEntry.create(settings), name: 'bare', encodings: {} })
export default archloom.defineExperiment({
  version: 1,
  name: 'bare',
  extensions: { spaces: [{ ...chainEntry, name: 'bare', create }] },
  space: { name: 'bare' },
  optimizer: { name: 'random-search' },
  evaluator: { name: 'train', dataset: { name: 'digits' } },
  fidelity: { epochs: 1 },
  budget: { trials: 1 },
})
`

function parameters(...args: readonly string[]) {
  const main = join(projectFolder(), 'src', 'main.ts')
  const command = [main, 'space', 'parameters', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('archloom space parameters', () => {
  it('shows ranges, defaults and conditions, parents before children', () => {
    const { status, stdout } = parameters('chain', '--set', 'maxDepth=2')
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^depth +integer from 1 to 2; default 2$/)
    const kind = lines.findIndex((line) => line.startsWith('layer2.kind'))
    expect(lines[kind]).toMatch(/ categorical, one of "conv", "pool"; default "conv"$/)
    expect(lines[kind + 1]).toMatch(/^ +if depth > 1$/)
    expect(lines.at(-1)).toBe('15 parameters, 9 numbers in [0, 1]; 72 configurations')
  })

  it('shows what is forbidden, and that floats have no end', () => {
    const { stdout } = parameters('joint')
    expect(stdout).toMatch(/^Forbidden: .* and .* in \["long-funnel","hexagon"\]$/m)
    expect(stdout).toMatch(/infinitely many configurations$/m)
  })

  it('writes its own JSON, and JSON that ConfigSpace reads', () => {
    const own = parameters('nas-bench-201', '--format', 'json').stdout
    expect(parameters('nas-bench-201', '--json').stdout).toBe(own)
    const space = ParameterSpace.parse(JSON.parse(own))
    expect(countConfigurations(space)).toEqual({ kind: 'exact', value: 15_625n })
    const { status, stdout } = parameters('nas-bench-201', '--format', 'configspace')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ name: 'nas-bench-201', format_version: 0.4 })
    expect(readConfigSpace(JSON.parse(stdout))).toEqual(space)
  })

  it('takes a space out of an experiment script, and says where one has no parameters', async () => {
    const script = join(projectFolder(), 'configs', 'experiments', 'own-space.ts')
    expect(parameters('pyramid', '--from', script).stdout).toMatch(/; 78 configurations\n$/)
    await using folder = await temporaryFolder()
    const bare = join(folder.path, 'bare.ts')
    await writeFile(bare, bareScript)
    const { status, stderr } = parameters('bare', '--from', bare)
    expect(stderr).toContain('The space bare has no fixed list of parameters')
    expect(status).toBe(2)
  })

  it.each([
    [['chian'], 'unknown name "chian"; did you mean "chain"?'],
    [['chain', '--set', 'minDepth=9'], 'maxDepth 6 is below minDepth 9'],
    [['chain', '--format', 'yaml'], 'Allowed choices are text, json, configspace'],
  ])('refuses %j with one sentence', (args, words) => {
    const { status, stdout, stderr } = parameters(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(words)
  })
})
