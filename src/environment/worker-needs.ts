/** What a worker needs of an environment that archloom did not make, asked of its own Python. */
import { execFile } from 'node:child_process'
import { z } from 'zod'
import { ArchloomError } from '#src/errors.ts'
import type { ReadyEnvironment } from './environment.ts'
import { pythonFolder } from './folders.ts'
import { versionFits } from './python.ts'
import { filledCommand, workerVariables } from './worker-variables.ts'

/** What the worker's source is written for; `py/pyproject.toml` says the same. */
const acceptedPython = '>=3.11'

/** A container may have to be started for the answer. */
const answerMs = 120_000

const Answer = z.strictObject({
  python: z.string(),
  executable: z.string(),
  /** Whether the worker's own package can be found. */
  worker: z.boolean(),
  /** Whether PyTorch is installed: without it a worker serves calls alone. */
  torch: z.boolean(),
  /** What pip has to install. */
  lacking: z.array(z.string()),
})
export type WorkerNeeds = z.infer<typeof Answer>

// Any Python 3 can say this, so that one that is too old is told apart from one that is broken.
const question = `
import importlib.util as u, json, sys
found = lambda name: u.find_spec(name) is not None
needs = {"numpy": "numpy", "msgspec": "msgspec", "zmq": "pyzmq"}
if found("torch"):
    needs["safetensors"] = "safetensors"
print(json.dumps({
  "python": "%d.%d.%d" % sys.version_info[:3], "executable": sys.executable,
  "worker": found("archloom_worker"), "torch": found("torch"),
  "lacking": [package for name, package in needs.items() if not found(name)],
}))
`

/**
 * Asks an environment whether a worker can run in it; nothing is imported, so that it takes what
 * starting Python takes.
 *
 * @throws environment/missing-python when it does not run.
 * @throws environment/invalid when its Python is too old or does not see archloom's own files.
 * @throws environment/missing-package when it lacks what the worker needs, with the line for pip.
 */
export async function checkWorkerNeeds(
  environment: ReadyEnvironment,
  signal?: AbortSignal,
): Promise<WorkerNeeds> {
  const { name } = environment
  const needs = await ask(environment, signal)
  const { python, executable, lacking, worker } = needs
  if (!versionFits(python, acceptedPython)) {
    throw new ArchloomError(
      'environment/invalid',
      `The environment ${name} runs Python ${python}, but a worker needs ${acceptedPython}; make it with a newer one, or name another environment`,
      { details: { name, python } },
    )
  }
  if (!worker) {
    throw new ArchloomError(
      'environment/invalid',
      `The Python of the environment ${name} does not find the package archloom_worker; let its command pass PYTHONPATH on, and mount ${pythonFolder()} at the same path`,
      { details: { name } },
    )
  }
  if (lacking.length === 0) return needs
  const install = `${isInterpreter(environment) ? executable : 'python'} -m pip install ${lacking.join(' ')}`
  throw new ArchloomError(
    'environment/missing-package',
    `The environment ${name} lacks ${lacking.join(' and ')}, which a worker needs; install with: ${install}`,
    { details: { name, lacking } },
  )
}

function isInterpreter({ command }: ReadyEnvironment): boolean {
  return command.length === 1
}

async function ask(
  environment: ReadyEnvironment,
  signal: AbortSignal | undefined,
): Promise<WorkerNeeds> {
  const [file, ...first] = filledCommand(environment, null)
  const { stdout, stderr, problem } = await runOnce(file, [...first, '-c', question], {
    env: workerVariables(1, environment),
    timeout: answerMs,
    ...(signal && { signal }),
  })
  signal?.throwIfAborted()
  const answer = Answer.safeParse(lastJson(stdout))
  if (answer.success) return answer.data
  const said = stderr.trim().split('\n').at(-1) || problem || 'it said nothing'
  throw new ArchloomError(
    'environment/missing-python',
    `The environment ${environment.name} runs no Python: ${file} ended with ${said}; ${environment.mend.interpreter}`,
    { details: { name: environment.name, command: environment.command } },
  )
}

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly problem: string
}

/** Standard input stays open and empty, as a worker's does. */
function runOnce(
  file: string,
  parameters: readonly string[],
  options: Parameters<typeof execFile>[2] & object,
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, parameters, options, (error, stdout, stderr) =>
      resolve({ stdout: String(stdout), stderr: String(stderr), problem: error?.message ?? '' }),
    )
  })
}

/** A container may say more on its standard output; the answer is its last line. */
function lastJson(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '')
  } catch {
    return null
  }
}
