/** The batch script of a job array: text, to be read by people. Pure. */
import type { WorkerCommand } from '../../launch.ts'
import { secretVariable } from '../placement.ts'
import type { SlurmSettings } from './settings.ts'

export interface ScriptFacts {
  readonly jobName: string
  /** The worker under a name that `namePlaceholder` stands for. */
  readonly command: WorkerCommand
  /** Absolute path of the file with the secret key. */
  readonly keyFile: string
  /** Absolute path of the folder for what the workers write. */
  readonly logFolder: string
}

/** Stands for the worker's name in its command: the script puts the number of its task there. */
export const namePlaceholder = 'NAME-OF-THE-WORKER'

/** How long before its time is over, or before it is preempted, a worker is told, in seconds. */
const noticeSeconds = 60

/**
 * @see the manual page of sbatch. `B:` sends the notice to this script alone, which passes it on, so
 * that the worker leaves in good order.
 */
export function slurmScript(settings: SlurmSettings, facts: ScriptFacts): string {
  return `${[
    '#!/bin/bash',
    '# Written by archloom: one worker in each task of the array.',
    ...directives(settings, facts).map((directive) => `#SBATCH ${directive}`),
    '',
    ...settings.setup,
    ...Object.entries(facts.command.variables).flatMap(exportLine),
    `${secretVariable}=$(cat ${quote(facts.keyFile)}) || exit 1`,
    `export ${secretVariable}`,
    '',
    ...startLines(settings, facts.command),
  ].join('\n')}\n`
}

function directives(settings: SlurmSettings, { jobName, logFolder }: ScriptFacts): string[] {
  const { partition, gpus, cpus, memory, time, requeue, options } = settings
  return [
    `--job-name=${jobName}`,
    `--array=0-${settings.workers - 1}`,
    '--ntasks=1',
    `--cpus-per-task=${cpus}`,
    ...(partition === null ? [] : [`--partition=${partition}`]),
    ...(gpus === 0 ? [] : [`--gres=gpu:${gpus}`]),
    ...(memory === null ? [] : [`--mem=${memory}`]),
    ...(time === null ? [] : [`--time=${time}`]),
    requeue ? '--requeue' : '--no-requeue',
    '--open-mode=append',
    `--output="${logFolder}/%a.log"`,
    `--signal=B:TERM@${noticeSeconds}`,
    // Nothing of whoever started the search is handed to the nodes.
    '--export=NONE',
    ...options,
  ]
}

/** `PATH` is put before the node's own. */
function exportLine([name, value]: [string, string | undefined]): string[] {
  if (value === undefined) return []
  return [`export ${name}=${quote(value)}${name === 'PATH' ? ':"$PATH"' : ''}`]
}

function startLines({ maxRestarts }: SlurmSettings, { file, parameters }: WorkerCommand): string[] {
  const words = [file, ...parameters].map((word) =>
    word === namePlaceholder ? '"slurm-$SLURM_ARRAY_TASK_ID"' : quote(word),
  )
  return [
    'worker= told=',
    `trap 'told=1; [ -z "$worker" ] || kill -TERM "$worker"' TERM`,
    `for restart in $(seq 0 ${maxRestarts}); do`,
    '  # A pause before each start but the first, longer each time.',
    '  sleep $((restart * 5))',
    '  [ -z "$told" ] || exit 0',
    `  ${words.join(' ')} </dev/null &`,
    '  worker=$!',
    '  wait "$worker"; status=$?',
    '  # A signal ends the wait, not the worker.',
    '  while kill -0 "$worker" 2>/dev/null; do wait "$worker"; status=$?; done',
    '  worker=',
    '  # Sent away by the run, or told to leave.',
    '  if [ "$status" = 0 ] || [ -n "$told" ]; then exit "$status"; fi',
    'done',
    'exit "$status"',
  ]
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
