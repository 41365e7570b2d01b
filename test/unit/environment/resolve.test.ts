import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sha256 } from '#src/encoding/hash.ts'
import { openEnvironment } from '#src/environment/open.ts'
import { findPython } from '#src/environment/python.ts'
import { relockEnvironment } from '#src/environment/relock.ts'
import {
  findEnvironment,
  interpreterOf,
  listEnvironments,
  markerFile,
  resolveEnvironment,
} from '#src/environment/resolve.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const lock = 'numpy==2.4.6\ntorch==2.13.0\n'
const spec = { name: 'mine', summary: 'for a test', python: '>=3.11', device: 'cpu' }

afterEach(() => {
  vi.unstubAllEnvs()
})

async function describeEnvironment(over: object = {}, lockText = lock): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  vi.stubEnv('ARCHLOOM_HOME', join(folder.path, 'home'))
  vi.stubEnv('ARCHLOOM_ENVS', join(folder.path, 'envs'))
  const own = join(folder.path, 'envs', 'mine')
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'env.json'), JSON.stringify({ ...spec, ...over }))
  await writeFile(join(own, 'requirements.lock'), lockText)
  return folder
}

/** A virtual environment as pip leaves it, as far as its folders go. */
async function installPackages(packages: readonly string[]): Promise<string> {
  const { folder } = await findEnvironment('mine')
  const site = join(folder, 'lib', 'python3.11', 'site-packages')
  for (const name of packages) await mkdir(join(site, `${name}.dist-info`), { recursive: true })
  await mkdir(dirname(interpreterOf(folder)), { recursive: true })
  await symlink((await findPython('>=3.11')).path, interpreterOf(folder))
  await writeFile(join(folder, markerFile), '{}')
  return folder
}

describe('listEnvironments', () => {
  it('knows the environments that come with archloom, and those of ARCHLOOM_ENVS', async () => {
    await using _folder = await describeEnvironment()
    const all = await listEnvironments()
    expect(all.map(({ spec: { name, device } }) => [name, device])).toEqual([
      ['cpu', 'cpu'],
      ['cuda', 'cuda'],
      ['mine', 'cpu'],
    ])
  })

  it('keys the folder by the lock', async () => {
    await using folder = await describeEnvironment()
    const { lockHash, folder: own } = await findEnvironment('mine')
    expect(lockHash).toBe(sha256(lock))
    expect(own).toBe(join(folder.path, 'home', 'envs', `mine-${lockHash.slice(0, 12)}`))
  })

  it.each([
    [{ device: 'tpu' }, /mine\/env\.json is wrong at device/],
    [{ colour: 'red' }, /mine\/env\.json is wrong at its top: .*colour/],
    [{ name: 'other' }, /must be "mine" like its folder's, but is "other"/],
  ])('refuses env.json with %j', async (over, message) => {
    await using _folder = await describeEnvironment(over)
    await expect(listEnvironments()).rejects.toMatchObject({
      code: 'environment/invalid',
      message: expect.stringMatching(message),
    })
  })

  it('refuses a folder without its files, and a list that names no folder', async () => {
    await using folder = await describeEnvironment()
    await mkdir(join(folder.path, 'envs', 'empty'))
    await expect(listEnvironments()).rejects.toThrow(/empty\/env\.json cannot be read/)
    vi.stubEnv('ARCHLOOM_ENVS', join(folder.path, 'nowhere'))
    await expect(listEnvironments()).rejects.toThrow(/nowhere cannot be read; mend ARCHLOOM_ENVS/)
  })
})

describe('resolveEnvironment', () => {
  it('names the environments that there are', async () => {
    await expect(resolveEnvironment('gpu')).rejects.toMatchObject({
      code: 'environment/invalid',
      message:
        'There is no environment "gpu"; choose one of cpu, cuda, or give the path of one (./gpu)',
    })
  })

  it('says how a document names what a command line calls conda:NAME', async () => {
    await expect(resolveEnvironment('conda:vision')).rejects.toThrow(
      'There is no environment "conda:vision"; choose one of cpu, cuda, or write {conda: vision}',
    )
  })

  it('says how to create one that does not exist', async () => {
    await using _folder = await describeEnvironment()
    await expect(resolveEnvironment('mine')).rejects.toMatchObject({
      code: 'environment/missing-python',
      exitCode: 3,
      message: expect.stringContaining('create it with: archloom env create mine'),
    })
  })

  it('gives the interpreter of one that agrees with its lock', async () => {
    await using _folder = await describeEnvironment()
    const made = await installPackages(['numpy-2.4.6', 'torch-2.13.0+cpu', 'pip-24.0'])
    expect(await resolveEnvironment('mine')).toMatchObject({
      python: join(made, 'bin', 'python'),
      lockHash: sha256(lock),
      drift: [],
    })
  })

  it('takes the path of a lock folder, too', async () => {
    await using folder = await describeEnvironment()
    const made = await installPackages(['numpy-2.4.6', 'torch-2.13.0+cpu'])
    const path = join(folder.path, 'envs', 'mine')
    vi.stubEnv('ARCHLOOM_ENVS', '')
    await expect(resolveEnvironment('mine')).rejects.toThrow(/There is no environment "mine"/)
    const python = join(made, 'bin', 'python')
    expect(await resolveEnvironment(path)).toMatchObject({ name: path, python })
    expect(await openEnvironment('./mine', { folder: join(folder.path, 'envs') })).toMatchObject({
      name: path,
      command: [python],
      lock: { path: join(path, 'requirements.lock') },
    })
  })

  it('refuses drift, or records it where it is allowed', async () => {
    await using _folder = await describeEnvironment()
    await installPackages(['numpy-2.5.0'])
    const drift = [
      { package: 'numpy', locked: '2.4.6', installed: '2.5.0' },
      { package: 'torch', locked: '2.13.0', installed: null },
    ]
    await expect(resolveEnvironment('mine')).rejects.toMatchObject({
      code: 'environment/drift',
      message: expect.stringContaining('numpy (locked 2.4.6, installed 2.5.0), torch (locked'),
      details: { name: 'mine', drift },
    })
    expect((await resolveEnvironment('mine', { allowDrift: true })).drift).toEqual(drift)
  })

  it('notices that the interpreter is gone', async () => {
    await using _folder = await describeEnvironment()
    const { folder } = await findEnvironment('mine')
    await mkdir(join(folder, 'bin'), { recursive: true })
    await symlink('/nowhere/python3', interpreterOf(folder))
    await writeFile(join(folder, markerFile), '{}')
    await expect(resolveEnvironment('mine')).rejects.toThrow(/has lost its interpreter/)
  })

  it('refuses a lock that pins nothing', async () => {
    await using _folder = await describeEnvironment({}, 'numpy>=2\n')
    await installPackages(['numpy-2.5.0'])
    await expect(resolveEnvironment('mine', { allowDrift: true })).rejects.toThrow(
      /Line 1 of .* must be package==version/,
    )
  })
})

describe('relockEnvironment', () => {
  it('writes the installed versions of the named packages, and of the added ones', async () => {
    await using folder = await describeEnvironment()
    await installPackages(['numpy-2.5.0', 'torch-2.13.0+cpu', 'pandas-3.0.0', 'pip-24.0'])
    const lockPath = join(folder.path, 'envs', 'mine', 'requirements.lock')
    expect(await relockEnvironment('mine', ['Pandas'])).toEqual({ lockPath, changed: true })
    const { lockHash, created } = await findEnvironment('mine')
    expect(lockHash).toBe(sha256('numpy==2.5.0\npandas==3.0.0\ntorch==2.13.0\n'))
    expect(created).toBe(false)
  })

  it('leaves a lock that is right as it is', async () => {
    await using _folder = await describeEnvironment()
    await installPackages(['numpy-2.4.6', 'torch-2.13.0+cpu'])
    expect((await relockEnvironment('mine')).changed).toBe(false)
  })

  it('refuses to leave a package out', async () => {
    await using _folder = await describeEnvironment()
    await installPackages(['numpy-2.4.6'])
    await expect(relockEnvironment('mine')).rejects.toMatchObject({
      code: 'environment/missing-package',
      message: expect.stringContaining('The environment mine lacks torch'),
    })
  })
})
