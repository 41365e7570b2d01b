/**
 * Slurm: one job array, one worker in each of its tasks.
 *
 * @remarks
 * The script, the secret key (readable by its owner alone, gone at the end) and the workers' output lie
 * in the run folder, which the nodes must see, as they must see archloom and its environment. The job
 * bears a name of the run folder's own, so that a run that was killed and is resumed finds and cancels
 * the job that it left behind, whether or not its number was written down.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchloomError } from '#src/errors.ts'
import type { Timer } from '#src/time/clock.ts'
import type { Placement, PlacementContext, PlacementEntry } from '../placement.ts'
import { cancelByName, countStates, submit } from './commands.ts'
import { namePlaceholder, slurmScript } from './script.ts'
import { SlurmSettings } from './settings.ts'

/** How often Slurm is asked how its tasks are, in milliseconds; its controllers dislike more. */
const askEveryMs = 30_000

export const slurmEntry: PlacementEntry<typeof SlurmSettings> = {
  name: 'slurm',
  summary: 'Submits a Slurm job array with one worker in each task',
  settings: SlurmSettings,
  start: startSlurm,
}

async function startSlurm(settings: SlurmSettings, context: PlacementContext): Promise<Placement> {
  const { folder, keys, commandFor, logger, signal } = context
  const paths = {
    script: join(folder, 'workers.sbatch'),
    key: join(folder, 'worker.key'),
    job: join(folder, 'job.json'),
    logs: join(folder, 'logs'),
  }
  const jobName = `archloom-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
  await mkdir(paths.logs, { recursive: true })
  if (await exists(paths.job)) await cancelByName(jobName)
  const command = commandFor(namePlaceholder)
  const facts = { jobName, command, keyFile: paths.key, logFolder: paths.logs }
  await writeFile(paths.script, slurmScript(settings, facts))
  await rm(paths.key, { force: true })
  await writeFile(paths.key, `${keys.secretKey}\n`, { mode: 0o600, flag: 'wx' })
  // Before the job exists: what ends this process from here on leaves a trace of it.
  await writeJob(paths.job, jobName, null)
  try {
    const job = await submit(paths.script, signal)
    await writeJob(paths.job, jobName, job)
    logger.info({ job, jobName, script: paths.script }, 'Submitted workers to Slurm')
    return watched({ job, jobName }, paths, context)
  } catch (error) {
    await rm(paths.key, { force: true })
    throw error
  }
}

interface Paths {
  readonly key: string
  readonly job: string
  readonly logs: string
}

function watched(
  { job, jobName }: { readonly job: string; readonly jobName: string },
  paths: Paths,
  { clock, logger }: PlacementContext,
): Placement {
  const ended = Promise.withResolvers<ArchloomError>()
  let timer: Timer | null = null
  let disposed = false
  let last = ''
  const ask = async () => {
    const counts = await countStates(job).catch((error: unknown) => {
      logger.debug({ error: String(error) }, 'Slurm did not say how its tasks are')
      return null
    })
    if (disposed) return
    if (counts?.size === 0) {
      const reason = `The Slurm job ${job} has ended, so it brings no more workers; see what they wrote in ${paths.logs}`
      ended.resolve(new ArchloomError('worker/absent', reason))
      return
    }
    const states = JSON.stringify([...(counts ?? [])])
    if (counts && states !== last) {
      logger.info({ job, ...Object.fromEntries(counts) }, 'Tasks of the Slurm job')
      last = states
    }
    schedule()
  }
  const schedule = () => {
    timer = clock.setTimer(askEveryMs, () => void ask())
  }
  schedule()
  return {
    ended: ended.promise,
    async [Symbol.asyncDispose]() {
      disposed = true
      timer?.cancel()
      await rm(paths.key, { force: true })
      try {
        await cancelByName(jobName)
        await rm(paths.job, { force: true })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        logger.error({ job, reason }, `Cancel the Slurm job by hand: scancel --name=${jobName}`)
      }
    },
  }
}

function writeJob(path: string, jobName: string, job: string | null): Promise<void> {
  return writeFile(path, `${JSON.stringify({ jobName, job }, null, 2)}\n`)
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  )
}
