/** What an experiment says of Slurm, and no line of which can break out of the script. */
import { z } from 'zod'

/** One line without control characters. */
const Line = z.string().regex(/^[^\p{Cc}]+$/u, 'must be one line of text')

export const SlurmSettings = z.strictObject({
  engine: z.literal('slurm'),
  /** Tasks of the job array, one worker each; as many run at a time as the cluster lets. */
  workers: z.int().min(1).max(10_000),
  partition: Line.nullable().default(null),
  /** Of each worker. */
  gpus: z.int().min(0).default(0),
  /** Of each worker; at least `threadsPerWorker`. */
  cpus: z.int().min(1).default(1),
  /** Of each worker, such as `16G`; null for the partition's own. */
  memory: z
    .string()
    .regex(/^[0-9]+[KMGT]?$/, 'must be a number with K, M, G or T')
    .nullable()
    .default(null),
  /** How long a worker may live, such as `04:00:00` or `2-00:00:00`; null for the partition's own. */
  time: z
    .string()
    .regex(/^[0-9]+(-[0-9]+)?(:[0-9]{2}){0,2}$/, 'must be minutes, HH:MM:SS or D-HH:MM:SS')
    .nullable()
    .default(null),
  /** More options of sbatch, such as `--constraint=a100`. */
  options: z.array(Line.startsWith('--')).default([]),
  /** Shell lines that run before the worker, such as `module load cuda`. */
  setup: z.array(Line).default([]),
  /** Queue a worker again that was preempted or whose node failed. */
  requeue: z.boolean().default(true),
  /** How often a worker that ended by itself is started again in its place. */
  maxRestarts: z.int().min(0).default(3),
})
export type SlurmSettings = z.infer<typeof SlurmSettings>
