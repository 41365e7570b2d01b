import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { namePlaceholder, slurmScript } from '#src/worker/placement/slurm/script.ts'
import { SlurmSettings } from '#src/worker/placement/slurm/settings.ts'

const facts = {
  jobName: 'archloom-0123456789ab',
  command: {
    file: '/srv/archloom/bin/python',
    parameters: ['-m', 'archloom_worker', '--name', namePlaceholder, '--data-folder', "/data/it's"],
    variables: { PYTHONPATH: '/srv/archloom/py', PATH: '/srv/tools/bin', UNSET: undefined },
  },
  keyFile: '/home/me/runs/one/placement/slurm/worker.key',
  logFolder: '/home/me/runs/one/placement/slurm/logs',
}

test('a script says all that was set, and a person can read it', () => {
  const settings = SlurmSettings.parse({
    engine: 'slurm',
    workers: 8,
    partition: 'gpu',
    gpus: 1,
    cpus: 4,
    memory: '16G',
    time: '04:00:00',
    options: ['--constraint=a100'],
    setup: ['module load cuda'],
  })
  expect(slurmScript(settings, facts)).toBe(`#!/bin/bash
# Written by archloom: one worker in each task of the array.
#SBATCH --job-name=archloom-0123456789ab
#SBATCH --array=0-7
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --partition=gpu
#SBATCH --gres=gpu:1
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output="/home/me/runs/one/placement/slurm/logs/%a.log"
#SBATCH --signal=B:TERM@60
#SBATCH --export=NONE
#SBATCH --constraint=a100

module load cuda
export PYTHONPATH=/srv/archloom/py
export PATH=/srv/tools/bin:"$PATH"
ARCHLOOM_CURVE_SECRET=$(cat /home/me/runs/one/placement/slurm/worker.key) || exit 1
export ARCHLOOM_CURVE_SECRET

worker= told=
trap 'told=1; [ -z "$worker" ] || kill -TERM "$worker"' TERM
for restart in $(seq 0 3); do
  # A pause before each start but the first, longer each time.
  sleep $((restart * 5))
  [ -z "$told" ] || exit 0
  /srv/archloom/bin/python -m archloom_worker --name "slurm-$SLURM_ARRAY_TASK_ID" --data-folder '/data/it'\\''s' </dev/null &
  worker=$!
  wait "$worker"; status=$?
  # A signal ends the wait, not the worker.
  while kill -0 "$worker" 2>/dev/null; do wait "$worker"; status=$?; done
  worker=
  # Sent away by the run, or told to leave.
  if [ "$status" = 0 ] || [ -n "$told" ]; then exit "$status"; fi
done
exit "$status"
`)
})

test('what is not set is left to the cluster', () => {
  const script = slurmScript(SlurmSettings.parse({ engine: 'slurm', workers: 1 }), facts)
  expect(script).not.toMatch(/--(partition|gres|mem|time)=/)
  expect(script).toContain('#SBATCH --array=0-0\n')
})

test('bash finds no fault in it', () => {
  const settings = SlurmSettings.parse({ engine: 'slurm', workers: 2, requeue: false })
  expect(() => execFileSync('bash', ['-n'], { input: slurmScript(settings, facts) })).not.toThrow()
})

test.each([
  [{ partition: 'gpu\nrm -rf ~' }, 'one line'],
  [{ options: ['rm -rf ~'] }, '--'],
  [{ options: ['--comment=a\n#SBATCH --wrap=b'] }, 'one line'],
  [{ setup: ['true\nfalse'] }, 'one line'],
  [{ memory: '16 GB' }, 'K, M, G or T'],
  [{ time: 'tomorrow' }, 'HH:MM:SS'],
  [{ gpu: 1 }, 'gpu'],
])('refuses %j', (change, mention) => {
  const parsed = SlurmSettings.safeParse({ engine: 'slurm', workers: 1, ...change })
  expect(parsed.error?.message).toContain(mention)
})
