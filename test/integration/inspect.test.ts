/** Looking into modules of all kinds with a real Python, those among them that mean harm. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import { inspectFunction } from '#src/runner/inspect-function.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'
import { toolsFolder } from '../../scripts/python-tools.ts'

let folder: TemporaryFolder

beforeAll(async () => {
  await cpuEnvironment()
  folder = await temporaryFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

interface Options {
  readonly timeoutSeconds?: number
  readonly signal?: AbortSignal
}

let count = 0

/** Writes a module under a name of its own and looks into a function of it. */
async function inspect(source: string, name: string, options: Options = {}) {
  const module = `module_${count++}`
  await writeFile(join(folder.path, `${module}.py`), source)
  return inspectFunction(`${module}:${name}`, { pythonPath: [folder.path], ...options })
}

describe('a function of a good module', () => {
  const source = `
import enum, json
from typing import Literal

import numpy as np

class Kind(enum.Enum):
    SGD = "sgd"
    ADAM = "adam"

def train(configuration, *, rate: float = 0.01, kind: Literal["a", "b"] = "a", reporter=None):
    """Trains a network.

    Then measures it.
    """
    return {"val_accuracy": configuration["units"] * rate}

train.search_space = [
    {"kind": "float", "name": "rate", "lower": 1e-4, "upper": 0.1, "log": True},
    {"kind": "ordinal", "name": "units", "sequence": tuple(np.array([8, 16]))},
]
`

  it('is described without being called', async () => {
    const found = await inspect(source, 'train')
    expect(found).toMatchObject({
      what: 'function',
      docstring: 'Trains a network.\n\nThen measures it.',
      environment: 'cpu',
      place: { file: join(folder.path, 'module_0.py'), line: 11 },
      problems: [],
      returnedKeys: ['val_accuracy'],
      searchSpace: {
        where: 'train.search_space',
        space: { parameters: [{ name: 'rate' }, { name: 'units', sequence: [8, 16] }] },
      },
    })
    expect(found.parameters).toEqual([
      {
        name: 'configuration',
        kind: 'positional-or-keyword',
        annotation: null,
        hint: null,
        default: null,
      },
      {
        name: 'rate',
        kind: 'keyword-only',
        annotation: 'float',
        hint: { kind: 'float' },
        default: { text: '0.01', value: 0.01 },
      },
      {
        name: 'kind',
        kind: 'keyword-only',
        annotation: "Literal['a', 'b']",
        hint: { kind: 'choices', values: ['a', 'b'] },
        default: { text: "'a'", value: 'a' },
      },
      {
        name: 'reporter',
        kind: 'keyword-only',
        annotation: null,
        hint: null,
        default: { text: 'None', value: null },
      },
    ])
    expect(found.versions.torch).toMatch(/^2\./)
    expect(Object.keys(found.versions.packages)).toEqual(['numpy'])
  })

  it('is shown by archloom inspect', () => {
    const shown = archloom(['inspect', 'module_0:train', '--python-path', folder.path])
    expect(shown.status, shown.stderr).toBe(0)
    expect(shown.stdout).toContain("kind: Literal['a', 'b'] = 'a'")
    expect(shown.stdout).toMatch(/configuration +← worker +all parameters of the trial/)
    expect(shown.stdout).toContain('A worker can call it as it is.')
  })

  it('may be a class, whose methods a session has', async () => {
    const session =
      'class S:\n  def __init__(self, units: int = 3): ...\n  def step(self, x): "Steps."'
    expect(await inspect(session, 'S')).toMatchObject({
      what: 'class',
      parameters: [{ name: 'units' }],
      methods: [{ name: 'step', docstring: 'Steps.', parameters: [{ name: 'x' }] }],
    })
  })

  it('finds its own module, not one of pythonia of that name', async () => {
    await writeFile(join(folder.path, 'proxy.py'), 'def train(rate: float = 0.1): ...')
    const found = await inspectFunction('proxy:train', { pythonPath: [folder.path] })
    expect(found.place?.file).toBe(join(folder.path, 'proxy.py'))
  })

  it('may be looked into by a command that passes nothing on but standard streams', async () => {
    const { python } = await cpuEnvironment()
    const inside = 'exec env -i HOME=/nowhere PYTHONPATH="$PYTHONPATH" "$0" "$@" 3>&-'
    const found = await inspectFunction('module_0:train', {
      environment: { command: ['bash', '-c', inside, python] },
      pythonPath: [folder.path],
    })
    expect(found.parameters).toHaveLength(4)
  })
})

describe('a declared ConfigurationSpace', () => {
  it('is read from the live object', async ({ skip }) => {
    const tools = toolsFolder(await cpuEnvironment())
    if (!existsSync(join(tools, 'ConfigSpace'))) return skip('ConfigSpace is not installed')
    const found = await inspect(
      `
import sys
sys.path.append(${JSON.stringify(tools)})
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float

SEARCH_SPACE = ConfigurationSpace(name="team", seed=1)
kind, rate = Categorical("kind", ["sgd", "adam"]), Float("rate", (1e-4, 0.1), log=True)
SEARCH_SPACE.add(kind, rate, EqualsCondition(rate, kind, "sgd"))

def train(configuration): ...
`,
      'train',
    )
    expect(found.problems).toEqual([])
    expect(found.searchSpace?.where).toBe('SEARCH_SPACE')
    expect(found.searchSpace?.space).toMatchObject({
      name: 'team',
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'rate', lower: 1e-4, upper: 0.1, log: true }),
      ]),
      conditions: [{ child: 'rate', test: { kind: 'equals', parameter: 'kind', value: 'sgd' } }],
    })
  })
})

describe('a name that leads nowhere', () => {
  it.each([
    ['nowhere:train', 'environment/no-module', /no Python module nowhere in .*--python-path/],
    ['module_0:trian', 'environment/no-function', /module_0 has no trian; did you mean train\?/],
    ['module_0:np', 'environment/no-function', /np is no function but of type module; it defines/],
    ['training.train', 'config/usage', /Expected module:function, such as training:train/],
  ])('%s is refused', async (name, code, sentence) => {
    await expect(inspectFunction(name, { pythonPath: [folder.path] })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence),
    })
  })
})

describe('a module that does harm when it is imported', () => {
  it.each([
    ['def f():\n    return 1 / 0\nf()', 'import-failed', /ZeroDivisionError.*, line 2 \(return 1/],
    ['def f(:', 'import-failed', /SyntaxError: invalid syntax at .*, line 1 \(def f\(:\)/],
    ['import sys\nsys.exit(3)', 'import-failed', /ends the program.*line 2.*if __name__ ==/],
    ['import no_such_package', 'missing-package', /No module named 'no_such_package' at .*line 1/],
    ['import os\nos._exit(7)', 'inspection-failed', /ended its Python with exit status 7/],
    [
      'import ctypes\ndef f():\n    ctypes.string_at(0)\nf()',
      'inspection-failed',
      /ended its Python with SIGSEGV at .*module_\d+\.py, line 3/,
    ],
    ['while True: print("x" * 1000)', 'inspection-failed', /prints without end/],
    [
      'import sys\nsys.__stdout__ = None\nclass M(type(sys)):\n  pass\nraise BaseException',
      'import-failed',
      /BaseException at/,
    ],
  ])('gives a sentence: %s', async (source, code, sentence) => {
    await expect(inspect(source, 'train')).rejects.toMatchObject({
      code: `environment/${code}`,
      message: expect.stringMatching(sentence),
    })
  })

  it('is stopped after its time, with the line that it hangs at', async () => {
    const ended = inspect('import time\ntime.sleep(1000)', 'train', { timeoutSeconds: 2 })
    await expect(ended).rejects.toMatchObject({
      code: 'environment/inspection-timeout',
      message: expect.stringMatching(/not done after 2 s at .*module_\d+\.py, line 2;.*--timeout/),
    })
  })

  it('is stopped by a signal, with what it started', async () => {
    const stop = new AbortController()
    const ended = inspect(hanging('aborted', 'time.sleep(1000)'), 'train', { signal: stop.signal })
    const refused = expect(ended).rejects.toThrow('enough')
    await written('aborted')
    stop.abort(new Error('enough'))
    await refused
    await expectGone('aborted')
  })

  it('ends with whoever asked', async () => {
    await writeFile(join(folder.path, 'orphan.py'), hanging('orphans', 'while True: pass'))
    const { child, ended } = startArchloom([
      ...['inspect', 'orphan:train', '--python-path', folder.path],
    ])
    await written('orphans')
    child.kill('SIGKILL')
    await ended
    await expectGone('orphans')
  })
})

describe('archloom init --from', () => {
  it('writes an experiment that runs', async () => {
    const source = `
import math

def train(rate: float = 0.01, units: int = 8, epochs: int = 2, reporter=None):
    value = math.exp(-abs(math.log10(rate) + 2)) * units / 64
    for step in range(epochs):
        if reporter is not None:
            reporter.report(step=step + 1, val_accuracy=value)
    return {"val_accuracy": value, "test_accuracy": value / 2}
`
    await writeFile(join(folder.path, 'starter.py'), source)
    const path = join(folder.path, 'search.yaml')
    const written = archloom([
      ...['init', '--from', 'starter:train', '--out', path, '--python-path', folder.path],
    ])
    expect(written.status, written.stderr).toBe(0)
    expect(written.stdout).toContain(`archloom run ${path}`)
    const { document } = await loadExperiment(path)
    expect(document.evaluator).toMatchObject({
      name: 'pipeline',
      test: { metric: 'test_accuracy' },
    })
    const run = archloom([
      ...['run', path, '--set', 'budget.trials=3', '--json', '--out', join(folder.path, 'run')],
    ])
    expect(run.status, run.stderr).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({ result: { trials: { ended: 3 } } })
  })
})

/** A module that starts a process outside of its group, tells both ids, and goes on for ever. */
function hanging(name: string, then: string): string {
  return `
import os, subprocess, sys, time
stray = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
open(${JSON.stringify(join(folder.path, name))} + ".part", "w").write(f"{os.getpid()} {stray.pid}")
os.rename(${JSON.stringify(join(folder.path, name))} + ".part", ${JSON.stringify(join(folder.path, name))})
${then}
`
}

async function written(name: string): Promise<void> {
  await expect.poll(() => existsSync(join(folder.path, name)), { timeout: 60_000 }).toBe(true)
}

async function expectGone(name: string): Promise<void> {
  const ids = (await readFile(join(folder.path, name), 'utf8')).split(' ').map(Number)
  // Only Linux tells of processes that have left their group.
  const watched = process.platform === 'linux' ? ids : ids.slice(0, 1)
  await expect.poll(() => watched.filter(isRunning), { timeout: 30_000 }).toEqual([])
}

/** One that has ended may stay listed until its parent has taken notice. */
function isRunning(id: number): boolean {
  try {
    const state = readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .charAt(0)
    return state !== 'Z' && state !== 'X'
  } catch {
    if (process.platform === 'linux') return false
  }
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}
