import { execFile } from 'node:child_process'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEnvironment } from '#src/environment/create.ts'
import { diagnose } from '#src/environment/doctor.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { probeWorker } from '#src/environment/probe.ts'
import { findPython } from '#src/environment/python.ts'
import { relockEnvironment } from '#src/environment/relock.ts'
import { findEnvironment, markerFile, resolveEnvironment } from '#src/environment/resolve.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { writeTinyWheel } from '#test/fixtures/tiny-wheels.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const run = promisify(execFile)
const main = join(projectFolder(), 'src', 'main.ts')

async function archloom(...args: string[]) {
  return run(process.execPath, [main, ...args]).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, status: error.code }),
  )
}

/** An environment `tiny` whose lock pins one package, which pip finds in a folder. */
describe('an environment', () => {
  let folder: TemporaryFolder

  beforeAll(async () => {
    folder = await temporaryFolder()
    const { path: python } = await findPython('>=3.11')
    const wheels = join(folder.path, 'wheels')
    await mkdir(wheels)
    await writeTinyWheel(wheels, { name: 'tinypkg', version: '1.0', python })
    await writeTinyWheel(wheels, { name: 'tinypkg', version: '1.1', python })
  })

  afterAll(() => folder[Symbol.asyncDispose]())

  beforeEach(async () => {
    vi.unstubAllEnvs()
    vi.stubEnv('ARCHLOOM_HOME', join(folder.path, 'home'))
    vi.stubEnv('ARCHLOOM_ENVS', join(folder.path, 'envs'))
    vi.stubEnv('PIP_NO_INDEX', '1')
    vi.stubEnv('PIP_FIND_LINKS', join(folder.path, 'wheels'))
    await writeLock('tinypkg==1.0\n')
  })

  async function writeLock(text: string): Promise<void> {
    const own = join(folder.path, 'envs', 'tiny')
    await mkdir(own, { recursive: true })
    const spec = { name: 'tiny', summary: 'for a test', python: '>=3.11', device: 'cpu' }
    await writeFile(join(own, 'env.json'), JSON.stringify(spec))
    await writeFile(join(own, 'requirements.lock'), text)
  }

  it('is created once, also when two ask for it at the same time', async () => {
    const lines: string[] = []
    const options = { onLine: (line: string) => lines.push(line) }
    const [first, second] = await Promise.all([
      createEnvironment('tiny', options),
      createEnvironment('tiny', options),
    ])
    expect(first).toEqual(second)
    expect(lines.filter((line) => line.startsWith('Creating'))).toHaveLength(1)
    expect(await resolveEnvironment('tiny')).toEqual(first)
    const { stdout } = await run(first.python, ['-c', 'import tinypkg; print(tinypkg.version)'])
    expect(stdout.trim()).toBe('1.0')
  })

  it('does not exist before its marker is written, and is then made anew', async () => {
    await createEnvironment('tiny')
    const { folder: made } = await findEnvironment('tiny')
    await rm(join(made, markerFile))
    await writeFile(join(made, 'left-over'), '')
    await expect(resolveEnvironment('tiny')).rejects.toThrow(/does not exist on this machine/)
    await createEnvironment('tiny')
    await expect(access(join(made, 'left-over'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('refuses drift, is locked anew or restored', async () => {
    const { python, spec } = await createEnvironment('tiny')
    await run(python, ['-m', 'pip', 'install', '-q', 'tinypkg==1.1'])
    await expect(resolveEnvironment('tiny')).rejects.toMatchObject({
      code: 'environment/drift',
      message: expect.stringContaining('tinypkg (locked 1.0, installed 1.1)'),
    })
    const doctor = await archloom('env', 'doctor', 'tiny')
    expect(doctor.status).toBe(3)
    expect(doctor.stdout).toContain('PROBLEM  lock: The environment tiny differs from its lock')

    expect((await createEnvironment('tiny')).drift).toEqual([])

    await run(python, ['-m', 'pip', 'install', '-q', 'tinypkg==1.1'])
    expect((await relockEnvironment('tiny')).changed).toBe(true)
    expect(await readFile(spec.lockPath, 'utf8')).toBe('tinypkg==1.1\n')
    await expect(resolveEnvironment('tiny')).rejects.toThrow(/archloom env create tiny/)
  })

  it('says what pip said when the lock cannot be met, and leaves nothing that counts', async () => {
    await writeLock('tinypkg==9.9\n')
    const failed = await archloom('env', 'create', 'tiny', '--quiet')
    expect(failed.status).toBe(3)
    expect(failed.stderr).toMatch(/No matching distribution found for tinypkg==9\.9.*--index-url/)
    expect((await findEnvironment('tiny')).created).toBe(false)
  })

  it('can be given up while it is made', async () => {
    await writeLock('tinypkg==1.1\n')
    const controller = new AbortController()
    const creating = createEnvironment('tiny', {
      force: true,
      signal: controller.signal,
      onLine: (line) => line.startsWith('Creating') && controller.abort(),
    })
    await expect(creating).rejects.toMatchObject({ name: 'AbortError' })
    expect((await createEnvironment('tiny')).drift).toEqual([])
  })

  it('tells the doctor which packages a worker lacks', async () => {
    await createEnvironment('tiny')
    const findings = await diagnose('tiny')
    expect(findings.find(({ check }) => check === 'torch')).toMatchObject({
      status: 'problem',
      found: "cannot be imported: ModuleNotFoundError: No module named 'torch'",
      mend: 'archloom env create tiny --force',
    })
  })

  it('is listed for programs', async () => {
    const { stdout } = await archloom('env', 'list', '--json')
    const listed = JSON.parse(stdout) as { name: string; created: boolean }[]
    expect(listed.map(({ name }) => name)).toEqual(['cpu', 'cuda', 'tiny'])
  })
})

describe('the environment cpu', () => {
  beforeEach(() => {
    vi.unstubAllEnvs()
  })

  it('agrees with its lock and loads the worker', async () => {
    const environment = await cpuEnvironment()
    expect(environment.drift).toEqual([])
    const { broken, torch } = await probeWorker(environment)
    expect(broken).toEqual({})
    expect(torch?.version).toMatch(/^2\.13\.0/)
  })

  it('has nothing for the doctor to say', async () => {
    await cpuEnvironment()
    const { status, stdout } = await archloom('env', 'doctor', 'cpu', '--json')
    const { findings } = JSON.parse(stdout) as { findings: { status: string }[] }
    expect(findings.filter((finding) => finding.status !== 'fine')).toEqual([])
    expect(status).toBe(0)
  })

  it('is not found on a path that has no Python', async () => {
    await using empty = await temporaryFolder()
    vi.stubEnv('ARCHLOOM_HOME', empty.path)
    const PATH = [empty.path, ''].join(delimiter)
    const failed = await run(process.execPath, [main, 'env', 'create', 'cpu', '--quiet'], {
      env: { ...process.env, PATH },
    }).catch((error: { code: number; stderr: string }) => error)
    expect(failed).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^archloom: Python >=3\.11 is needed, but none of .* runs/),
    })
  })
})
