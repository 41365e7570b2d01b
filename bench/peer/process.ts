/**
 * A peer from PyPI at work in a process of its own; see peers.py. The peers are installed into an
 * environment of their own, with the versions that were measured:
 * `python -m venv DIR && DIR/bin/pip install -r bench/peers-requirements.txt`.
 */
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { projectFolder } from '#src/environment/folders.ts'

export interface PeerTask {
  readonly peer: string
  readonly seed: number
  /** Evaluations that are made up before the first one that is asked for. */
  readonly told: number
  readonly trials: number
  /** Choices of each categorical parameter; empty for the mixed conditional space. */
  readonly sizes: readonly number[]
  /** Seconds of processor time after which the search is given up. */
  readonly limit: number
}

export interface PeerRun {
  /** Processor time between an answer and the next question: what a tell and an ask cost. */
  readonly seconds: readonly number[]
  readonly isGivenUp: boolean
}

export interface Answer {
  readonly loss: number
  /** Whether it counts as an evaluation. */
  readonly counts: boolean
}

/** @param answer - answers each evaluation; null lets the peer make losses up */
export async function runPeer(
  python: string,
  task: PeerTask,
  answer: ((point: readonly number[]) => Answer) | null,
): Promise<PeerRun> {
  const child = spawn(python, [join(projectFolder(), 'bench', 'peers.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' },
  })
  const complaints = text(child.stderr)
  child.stdin.write(`${JSON.stringify({ ...task, answers: answer !== null })}\n`)
  for await (const line of createInterface({ input: child.stdout })) {
    const message: { point?: readonly number[] } & Partial<PeerRun> = JSON.parse(line)
    if (message.point && answer) child.stdin.write(`${JSON.stringify(answer(message.point))}\n`)
    else if (message.seconds) {
      child.stdin.end()
      return { seconds: message.seconds, isGivenUp: message.isGivenUp === true }
    }
  }
  throw new Error(`The peer ${task.peer} ended without a result: ${(await complaints).slice(-600)}`)
}

/** Versions and machine behind a measurement; no path of this machine. */
export async function environmentOf(python: string): Promise<Readonly<Record<string, unknown>>> {
  const child = spawn(python, ['-m', 'pip', 'freeze', '--disable-pip-version-check'])
  const frozen = await text(child.stdout)
  const named = /^(optuna|cmaes|smac|DEHB|ConfigSpace|numpy|scikit-learn)==/i
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    peers: frozen.split('\n').filter((line) => named.test(line)),
  }
}
