/** Slurm's own programs, called and understood. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ArchloomError } from '#src/errors.ts'

/** How long a program of Slurm may take: its controller may be busy. */
const patienceMs = 60_000

/**
 * Hands a script in.
 *
 * @returns the number of the job
 * @throws environment/invalid when Slurm is not there; worker/would-not-start when it refuses the job
 */
export async function submit(script: string, signal?: AbortSignal): Promise<string> {
  const output = await call('sbatch', ['--parsable', script], signal)
  // `JOB` or `JOB;CLUSTER`.
  const job = /^([0-9]+)(;.*)?$/.exec(output.trim())?.[1]
  if (job !== undefined) return job
  throw new ArchloomError(
    'worker/would-not-start',
    `sbatch took ${script} but answered ${JSON.stringify(output.trim())} instead of a job number; look for the job with squeue`,
  )
}

/** How many tasks of a job are in which state, such as `RUNNING`; empty when all have ended. */
export async function countStates(job: string): Promise<ReadonlyMap<string, number>> {
  const output = await call('squeue', ['--noheader', '--array', '--jobs', job, '--format', '%T'])
  const counts = new Map<string, number>()
  for (const line of output.split('\n')) {
    const state = line.trim()
    if (state !== '') counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return counts
}

/** Ends every task of every job of this user that bears the name; none is fine. */
export async function cancelByName(jobName: string): Promise<void> {
  await call('scancel', ['--quiet', `--name=${jobName}`])
}

async function call(
  program: string,
  parameters: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  try {
    const options = { timeout: patienceMs, ...(signal && { signal }) }
    return (await promisify(execFile)(program, parameters, options)).stdout
  } catch (cause) {
    throw signal?.aborted ? signal.reason : explain(program, cause)
  }
}

function explain(program: string, cause: unknown): ArchloomError {
  const facts = cause as { readonly code?: unknown; readonly stderr?: unknown }
  if (facts.code === 'ENOENT') {
    return new ArchloomError(
      'environment/invalid',
      `Slurm's program ${program} is not on the path; start the search on a machine that can submit jobs, such as a login node`,
      { cause },
    )
  }
  const said = String(facts.stderr ?? '')
    .split('\n')
    .findLast((line) => line.trim() !== '')
  return new ArchloomError(
    'worker/would-not-start',
    `${program} failed: ${said?.trim() ?? String(cause)}; mend the settings of evaluator.remote.placement or ask the cluster's documentation`,
    { cause },
  )
}
