/** Set-up as a newcomer meets it: the real script, in copies of the project without its packages. */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { findPython } from '#src/environment/python.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const root = projectFolder()
/** The path without the project's own programs: the first Node is the machine's. */
const outsidePath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)

let copy: TemporaryFolder

beforeEach(async () => {
  copy = await temporaryFolder()
  const files = [
    'scripts/setup.mjs',
    'package.json',
    'package-lock.json',
    'envs',
    'py/dev-requirements.lock',
    'py/ray-requirements.lock',
  ]
  for (const file of files) {
    await cp(join(root, file), join(copy.path, file), { recursive: true })
  }
})

afterEach(() => copy[Symbol.asyncDispose]())

function setUp(path: string, variables: Record<string, string> = {}) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(copy.path, 'scripts', 'setup.mjs')],
    {
      cwd: copy.path,
      encoding: 'utf8',
      env: { ...process.env, PATH: path, ...variables },
    },
  )
  return { status, stderr }
}

describe('setup.mjs', () => {
  it('says what to install when there is no Python', async () => {
    const empty = join(copy.path, 'bin')
    await mkdir(empty)
    expect(setUp(empty)).toEqual({
      status: 3,
      stderr:
        'archloom: Python 3.11 or newer is needed, but python3 does not run; install it, or name an interpreter with ARCHLOOM_PYTHON\n',
    })
  })

  it('names a Python that is too old', async () => {
    const old = join(copy.path, 'old-python')
    await writeFile(old, '#!/bin/sh\necho 3.9.1\n', { mode: 0o755 })
    const { status, stderr } = setUp(outsidePath, { ARCHLOOM_PYTHON: old })
    expect(status).toBe(3)
    expect(stderr).toContain(`Python 3.11 or newer is needed, but ${old} is 3.9.1; install it`)
  })

  it('says what failed when npm cannot install', async () => {
    const bin = join(copy.path, 'bin')
    await mkdir(bin)
    await symlink((await findPython('>=3.11')).path, join(bin, 'python3'))
    const { status, stderr } = setUp(bin)
    expect(status).toBe(3)
    expect(stderr).toContain('Installing the npm packages of package-lock.json')
    expect(stderr).toMatch(/archloom: npm ci .* failed \(spawnSync npm ENOENT\)/)
  })

  it('does nothing and says nothing when the last set-up still holds', async () => {
    const main = spawnSync('node', [join(root, 'scripts', 'setup.mjs'), '--dev'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: outsidePath },
    })
    expect(main.status).toBe(0)
    const again = spawnSync('node', [join(root, 'scripts', 'setup.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: outsidePath },
    })
    expect(again).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })
})

describe('bin/archloom.js', () => {
  it('runs on the pinned Node whichever Node starts it, and hands on arguments and exit status', () => {
    const launcher = join(root, 'bin', 'archloom.js')
    const env = { ...process.env, PATH: outsidePath }
    const listed = spawnSync('node', [launcher, 'env', 'list', '--json'], { encoding: 'utf8', env })
    expect(listed.status).toBe(0)
    expect(JSON.parse(listed.stdout)).toHaveLength(2)
    const wrong = spawnSync('node', [launcher, 'env', 'doctor', 'gpu'], { encoding: 'utf8', env })
    expect(wrong).toMatchObject({
      status: 3,
      stderr:
        'archloom: There is no environment "gpu"; choose one of cpu, cuda, or give the path of one (./gpu)\n',
    })
  })

  it('says the mend when nothing is installed and this Node is too old', async () => {
    await cp(join(root, 'bin'), join(copy.path, 'bin'), { recursive: true })
    const version = spawnSync('node', ['--version'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: outsidePath },
    })
    const { status, stderr } = spawnSync('node', [join(copy.path, 'bin', 'archloom.js')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: outsidePath },
    })
    if (Number(/^v(\d+)/.exec(version.stdout)?.[1]) >= 24) {
      // A newer Node runs the program itself, which this copy does not have.
      expect(stderr).toContain('ERR_MODULE_NOT_FOUND')
    } else {
      expect(status).toBe(3)
      expect(stderr).toMatch(/^archloom: Node 24 is needed, but this is v\d+.* run npm start/)
    }
  })
})
