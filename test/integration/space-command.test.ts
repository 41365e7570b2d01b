/** `archloom space …`, as a person runs it. */
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { colorAt, differingPixels, readPng } from '#test/fixtures/png.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

function space(...args: readonly string[]) {
  const main = join(projectFolder(), 'src', 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'space', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const cell = '|none~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|'

describe('archloom space', () => {
  it('lists every space with its number of architectures', () => {
    const { status, stdout } = space('list')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^nas-bench-201 +\S/m)
    expect(stdout).toMatch(/^chain +\S/m)
    expect(stdout).toContain('15,625 architectures')
  })

  it('shows one with changed settings', () => {
    const { status, stdout } = space('show', 'chain', '--set', 'maxDepth=2', '--set', 'conv=null')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Architectures 6$/m)
    expect(stdout).toContain('"conv":null')
  })

  it('counts exactly', () => {
    expect(space('count', 'nas-bench-201').stdout).toBe('15625\n')
    const json: unknown = JSON.parse(space('count', 'chain', '--json').stdout)
    expect(json).toEqual({ name: 'chain', count: '299592', countKind: 'exact' })
  })

  it('samples what its seed says, one a line or as JSON', () => {
    const args = ['sample', 'nas-bench-201', '--count', '3', '--seed', '7']
    const lines = space(...args)
      .stdout.trimEnd()
      .split('\n')
    expect(lines).toHaveLength(3)
    const samples = JSON.parse(space(...args, '--json').stdout) as { architecture: string }[]
    expect(samples.map(({ architecture }) => architecture)).toEqual(lines)
  })

  it('draws to stdout or to a file', async () => {
    await using folder = await temporaryFolder()
    const args = ['draw', cell, '--space', 'nas-bench-201']
    const { status, stdout } = space(...args)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^<svg .*avg pool 3×3.*<\/svg>\n$/s)
    const path = join(folder.path, 'cell.svg')
    expect(space(...args, '--out', path).stdout).toBe(`Wrote ${path}\n`)
    expect(await readFile(path, 'utf8')).toBe(stdout)
  })

  it('draws PNG in the theme and size asked for', async () => {
    await using folder = await temporaryFolder()
    const args = ['draw', cell, '--space', 'nas-bench-201']
    const [, width = 0, height = 0] =
      /width="(\d+)" height="(\d+)"/.exec(space(...args).stdout)?.map(Number) ?? []
    const png = async (name: string, scale: number, ...flags: readonly string[]) => {
      const path = join(folder.path, name)
      expect(space(...args, '--out', path, ...flags).stdout).toBe(
        `Wrote ${path}, ${width * scale} by ${height * scale} pixels\n`,
      )
      return readPng(await readFile(path))
    }
    const light = await png('light.png', 2)
    const dark = await png('dark.PNG', 2, '--theme', 'dark')
    expect([light.width, light.height]).toEqual([2 * width, 2 * height])
    expect(
      differingPixels(light, { ...light, pixels: light.pixels.map(() => 255) }),
    ).toBeGreaterThan(5000)
    expect([light, dark].map((image) => colorAt(image, width, 2))).toEqual(['#ffffff', '#16171a'])
    const large = await png('large.png', 3, '--scale', '3', '--theme', 'light')
    expect(large.width).toBe(3 * width)
  })

  it.each([
    [['show', 'chian'], 'unknown name "chian"; did you mean "chain"?'],
    [['sample', 'chain', '--count', '0'], 'expected an integer from 1 to 1000000'],
    [['draw', 'conv9-16-relu', '--space', 'chain'], 'layer 1 of 1'],
    [
      ['draw', 'max2', '--space', 'chain', '--out', 'missing/folder/x.svg'],
      'Cannot write the picture',
    ],
    [
      ['draw', 'max2', '--space', 'chain', '--out', 'x.jpg'],
      'expected .svg or .png, found "x.jpg"',
    ],
    [['draw', 'max2', '--space', 'chain', '--out', 'x'], 'expected .svg or .png, found "x"'],
    [['draw', 'max2', '--space', 'chain', '--scale', '2'], 'An SVG has no pixels'],
    [
      ['draw', 'max2', '--space', 'chain', '--out', 'x.png', '--scale', '0'],
      'expected a number from 0.1 to 20, found "0"',
    ],
    [
      ['draw', 'max2', '--space', 'chain', '--out', 'x.png', '--theme', 'auto'],
      'give --theme light or --theme dark',
    ],
  ])('refuses %j in one sentence and with exit status 2', (args, sentence) => {
    const { status, stdout, stderr } = space(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(sentence)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('takes a space out of an experiment script', () => {
    const script = join(projectFolder(), 'configs', 'experiments', 'own-space.ts')
    const from = ['--from', script]
    expect(space('count', 'pyramid', ...from).stdout).toBe('78\n')
    expect(space('count', 'pyramid', ...from, '--set', 'maxStages=2').stdout).toBe('24\n')
    const { stdout } = space('sample', 'pyramid', ...from)
    expect(stdout).toMatch(/^channels=/)
    expect(space('draw', stdout.trim(), '--space', 'pyramid', ...from).stdout).toMatch(/^<svg /)
    const { status, stderr } = space('count', 'pyramid')
    expect(status).toBe(2)
    expect(stderr).toContain('unknown name "pyramid"')
  })

  it('draws the network for features as for images', () => {
    const text = 'activation=relu backbone=shaped-mlp batchNorm=true groups=1 outputUnits=16'
    const joint = [text, '--space', 'joint', '--set', 'training=[]', '--classes', '2']
    const { stdout } = space('draw', ...joint, '--network', '30')
    expect(stdout).toContain('Network from 30 to 2 with')
    const wrong = space('draw', ...joint, '--network', '3x32x32')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('needs tabular data')
    expect(space('draw', ...joint, '--network', '3x').stderr).toContain('expected sizes such as')
  })
})
