/** Workers in environments that archloom did not make. */
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EnvironmentChoice } from '#src/environment/choice.ts'
import { diagnose } from '#src/environment/doctor.ts'
import { openEnvironment } from '#src/environment/open.ts'
import { archloom } from '#test/fixtures/command-line.ts'
import {
  makeOwnEnvironment,
  sklearnPackages,
  workerPackages,
} from '#test/fixtures/own-environment.ts'
import { startPythonPool, trainWork } from '#test/fixtures/python-pool.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { describeWork } from '#test/fixtures/toy-pool.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

describe('an environment of the user', () => {
  let folder: TemporaryFolder
  let plain: string

  beforeAll(async () => {
    folder = await temporaryFolder()
    plain = join(folder.path, 'plain')
    await makeOwnEnvironment(plain, [...workerPackages, ...sklearnPackages])
    return () => folder[Symbol.asyncDispose]()
  })

  async function startedIn(choice: EnvironmentChoice) {
    const environment = await openEnvironment(choice, { folder: folder.path })
    return startPythonPool({ environment, workers: 1, datasets: [] })
  }

  it('serves without PyTorch and without a lock, and says so of itself', async () => {
    await using pool = await startedIn({ venv: 'plain' })
    const [critical] = [...pool.fingerprints.values()].map((fingerprint) => fingerprint.critical)
    expect(critical).toMatchObject({ torch: null, blas: null, lockHash: null, drift: [] })
    expect(Object.keys(critical?.packages ?? {}).sort()).toEqual([
      ...['cloudpickle', 'joblib', 'msgspec', 'narwhals', 'numpy', 'pyzmq', 'scikit-learn'],
      ...['scipy', 'threadpoolctl'],
    ])
    await expect(pool.run({ task: 't', lease: 0, work: describeWork })).rejects.toMatchObject({
      failure: { kind: 'invalid_task' },
    })
  })

  it('trains like the pinned one, whose packages it has, under another fingerprint', async () => {
    const { python } = await cpuEnvironment()
    const environment = await openEnvironment({ venv: join(python, '..', '..') })
    await using own = await startPythonPool({ environment, workers: 1 })
    await using pinned = await startPythonPool({ workers: 1 })
    const job = { task: 't', lease: 0, work: trainWork(1) }
    const [a, b] = await Promise.all([own.run<'train'>(job), pinned.run<'train'>(job)])
    expect(a.result.metrics).toEqual(b.result.metrics)
    expect(a.fingerprint).not.toBe(b.fingerprint)
  })

  it('may be one of conda, known by its records', async () => {
    const prefix = join(folder.path, 'conda')
    await makeOwnEnvironment(prefix, workerPackages)
    await mkdir(join(prefix, 'conda-meta'))
    const { activation } = await openEnvironment({ conda: prefix })
    expect(activation).toMatchObject({ variables: { CONDA_PREFIX: prefix } })
    await using pool = await startedIn({ conda: './conda' })
    expect(pool.slots).toBe(1)
  })

  it('may be any command that runs Python with what is added to it', async () => {
    // A container's client in its essentials: it passes on what it is told to, and nothing else.
    const inside = `exec env -i HOME=/nowhere PYTHONPATH="$PYTHONPATH" "$0" "$@"`
    const command = ['bash', '-c', inside, join(plain, 'bin', 'python')]
    await using pool = await startedIn({ command })
    const [fingerprint] = pool.fingerprints.values()
    expect(fingerprint?.recorded.pythonExecutable).toBe(join(plain, 'bin', 'python'))
    const blind = ['env', '-i', join(plain, 'bin', 'python')]
    await expect(openEnvironment({ command: blind })).rejects.toMatchObject({
      code: 'environment/invalid',
      message: expect.stringMatching(
        /does not find the package archloom_worker; let its command pass/,
      ),
    })
    await expect(openEnvironment({ command: ['no-such-engine', 'run'] })).rejects.toMatchObject({
      code: 'environment/missing-python',
      message: expect.stringMatching(/ENOENT.*try it by hand/),
    })
  })

  it('is refused with the line that mends it', async () => {
    const bare = join(folder.path, 'bare')
    await makeOwnEnvironment(bare, ['numpy'])
    const install = `${join(bare, 'bin', 'python')} -m pip install msgspec pyzmq`
    await expect(openEnvironment(bare)).rejects.toMatchObject({
      code: 'environment/missing-package',
      message: `The environment ${bare} lacks msgspec and pyzmq, which a worker needs; install with: ${install}`,
    })
    await expect(openEnvironment(join(folder.path, 'nowhere'))).rejects.toMatchObject({
      code: 'environment/missing-python',
      message: expect.stringMatching(/make it with: python3 -m venv/),
    })
    const moved = join(folder.path, 'moved')
    await rename(bare, moved)
    const findings = await diagnose(moved)
    expect(findings.filter(({ status }) => status === 'problem')).toMatchObject([
      {
        found: expect.stringContaining('lacks msgspec and pyzmq'),
        mend: expect.stringContaining(moved),
      },
    ])
  })

  it('with PyTorch must have the format of its checkpoints as well', async () => {
    const halfway = join(folder.path, 'halfway')
    await makeOwnEnvironment(halfway, [...workerPackages, 'torch'])
    await expect(openEnvironment(halfway)).rejects.toMatchObject({
      code: 'environment/missing-package',
      message: expect.stringContaining('lacks safetensors, which a worker needs'),
    })
  })

  it('is seen by archloom env list and env doctor', () => {
    const listed = archloom(['env', 'list', plain, 'cpu'])
    expect(listed.status, listed.stderr).toBe(0)
    expect(listed.stdout).toMatch(new RegExp(`${plain}  Python 3\\.[0-9.]+, without PyTorch\\n`))
    const missing = archloom(['env', 'list', 'conda:no-such-environment', '--json'])
    expect(JSON.parse(missing.stdout)).toMatchObject([{ usable: false }])
    const doctor = archloom(['env', 'doctor', plain])
    expect(doctor.status, doctor.stdout).toBe(0)
    expect(doctor.stdout).toContain('PyTorch: not installed: workers answer calls, and train no')
  })
})
