/**
 * Plays a pool step by step, without sockets, processes or a clock, and checks after every step what
 * must always hold.
 */
import { expect } from 'vitest'
import type { Tensor } from '#src/protocol/codec.ts'
import { type FromWorker, Hello, type ToWorker } from '#src/protocol/messages.ts'
import type { TaskResult, TaskWork } from '#src/protocol/task.ts'
import { AttemptFailure } from '#src/trial/attempt-failure.ts'
import {
  newPool,
  type PoolCommand,
  type PoolEvent,
  type PoolRules,
  type PoolState,
  type WorkerExit,
} from '#src/worker/pool-state.ts'
import { step } from '#src/worker/pool-step.ts'
import { messageVectors } from '../protocol/vectors.ts'

export const rules: PoolRules = {
  environment: 'cpu',
  environmentMend: {
    interpreter: 'create it with: archloom env create cpu',
    packages: 'restore it with: archloom env create cpu',
  },
  lockHash: 'a'.repeat(64),
  device: 'cpu',
  allowDrift: false,
  datasets: ['digits'],
  remoteCount: 0,
  remoteLimit: 0,
  absenceMs: 600_000,
  expectedFingerprint: null,
  allowMixed: false,
  leaseBase: 5000,
  startMs: 60_000,
  heartbeatMs: 2000,
  silenceMs: 10_000,
  unresponsiveMs: 60_000,
  graceMs: 4000,
  restartLimit: 2,
  credits: 8,
  messagesPerSecond: 1000,
  drainMs: 3000,
  terminateMs: 2000,
  tickMs: 250,
}

export const exampleHello = Hello.parse(
  messageVectors().find(({ header, valid }) => valid && header.type === 'hello')?.header,
)

export const describeWork: TaskWork = {
  kind: 'describe',
  graph: { version: 1, inputs: [{ id: 'x', shape: [1] }], nodes: [], outputs: ['x'] },
}

export const point = {
  epoch: 1,
  trainLoss: 1,
  trainAccuracy: 0.5,
  valLoss: 1,
  valAccuracy: 0.5,
  learningRate: 0.1,
  seconds: 1,
}

const describeResult = {
  kind: 'describe',
  outputShapes: [[1]],
  counts: { parameterCount: 0, multiplyAdds: 0 },
  parameters: [],
  code: '',
} satisfies TaskResult

type Kind<K extends PoolCommand['kind']> = Extract<PoolCommand, { kind: K }>

export class PoolDriver {
  state: PoolState
  nowMs = 1_000_000
  /** Everything commanded so far. */
  readonly commands: PoolCommand[] = []
  #pids = 100

  constructor(options: { readonly rules?: Partial<PoolRules>; readonly workers?: number } = {}) {
    const names = Array.from({ length: options.workers ?? 2 }, (_, index) => `w0${index}`)
    this.state = newPool({ ...rules, ...options.rules }, names)
  }

  /** A pool that is open, with all its local workers idle. */
  static opened(...parameters: ConstructorParameters<typeof PoolDriver>): PoolDriver {
    const pool = new PoolDriver(...parameters)
    pool.do({ kind: 'opened' })
    for (const name of pool.state.workers.keys()) pool.start(name)
    expect(pool.state.life).toBe('open')
    pool.commands.length = 0
    return pool
  }

  /** Applies one event; returns what it made the pool do. */
  do(event: PoolEvent): readonly PoolCommand[] {
    const before = this.state
    const frozen = JSON.stringify(snapshot(before))
    const { state, commands } = step(before, [event], this.nowMs)
    expect(JSON.stringify(snapshot(before)), 'the old state is left as it was').toBe(frozen)
    this.state = state
    this.commands.push(...commands)
    this.#check(before, commands)
    return commands
  }

  /** A started process that says hello. */
  start(name: string, hello: Partial<Hello> = {}): void {
    const pid = this.launched(name)
    this.say(name, { ...exampleHello, worker: name, pid, ...hello })
  }

  launched(name: string): number {
    const worker = this.state.workers.get(name)
    const pid = this.#pids++
    this.do({ kind: 'launched', worker: name, incarnation: worker?.incarnation ?? 0, pid })
    return pid
  }

  say(name: string, message: FromWorker, local = true): readonly PoolCommand[] {
    return this.do({ kind: 'received', peer: `0:${name}`, local, message })
  }

  exit(name: string, exit: Partial<WorkerExit> = {}): readonly PoolCommand[] {
    const incarnation = this.state.workers.get(name)?.incarnation ?? 0
    const full = { code: 1, signal: null, spawnError: null, tail: [], ...exit }
    return this.do({ kind: 'exited', worker: name, incarnation, exit: full })
  }

  submit(
    task: string,
    more: {
      lease?: number
      deadlineSeconds?: number
      work?: TaskWork
      tensors?: readonly Tensor[]
      pinnedTo?: string
    } = {},
  ) {
    return this.do({
      kind: 'submitted',
      task: {
        task,
        lease: more.lease ?? 0,
        work: more.work ?? describeWork,
        deadlineSeconds: more.deadlineSeconds ?? null,
        ...(more.tensors && { tensors: more.tensors }),
        ...(more.pinnedTo && { pinnedTo: more.pinnedTo }),
      },
    })
  }

  finish(name: string, task: string, lease = 5000): readonly PoolCommand[] {
    return this.say(name, { type: 'result', task, lease, result: describeResult, tensors: [] })
  }

  /** Lets time pass in steps of the pool's tick; workers named in `beating` send heartbeats. */
  pass(ms: number, beating: readonly string[] = [...this.state.workers.keys()]): void {
    const untilMs = this.nowMs + ms
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + rules.tickMs)
      for (const name of beating) {
        const worker = this.state.workers.get(name)
        if (worker?.phase.kind !== 'ready') continue
        this.do({
          kind: 'received',
          peer: `0:${name}`,
          local: true,
          message: { type: 'heartbeat' },
        })
      }
      this.do({ kind: 'ticked' })
    }
  }

  all<K extends PoolCommand['kind']>(kind: K): Kind<K>[] {
    return this.commands.filter((command): command is Kind<K> => command.kind === kind)
  }

  /** Messages sent to a worker, by type. */
  sent<T extends ToWorker['type']>(name: string, type: T): Extract<ToWorker, { type: T }>[] {
    return this.all('send')
      .filter(({ peer }) => peer === `0:${name}`)
      .map(({ message }) => message)
      .filter((message): message is Extract<ToWorker, { type: T }> => message.type === type)
  }

  /** How a task ended: `resolved`, its failure kind or error code, or null while it has not. */
  outcome(task: string): string | null {
    const settled = [...this.all('resolve'), ...this.all('reject')].filter((c) => c.task === task)
    expect(settled.length, `task ${task} is settled at most once`).toBeLessThanOrEqual(1)
    const [one] = settled
    if (one === undefined) return null
    if (one.kind === 'resolve') return 'resolved'
    return one.error instanceof AttemptFailure ? one.error.failure.kind : one.error.code
  }

  rejection(task: string): string {
    return this.all('reject').find((command) => command.task === task)?.error.message ?? ''
  }

  phase(name: string): string | undefined {
    return this.state.workers.get(name)?.phase.kind
  }

  #check(before: PoolState, commands: readonly PoolCommand[]): void {
    const { workers, tasks, life } = this.state
    for (const task of tasks.values()) {
      if (task.worker === null) continue
      const worker = workers.get(task.worker)
      expect(worker?.phase.kind, `${task.task} runs on a ready worker`).toBe('ready')
      const running = [...tasks.values()].filter((other) => other.worker === task.worker)
      expect(running.length).toBeLessThanOrEqual(worker?.hello?.slots ?? 0)
    }
    for (const command of commands) {
      // What is settled is no longer in the pool, and what leaves the pool is settled.
      if (command.kind === 'resolve' || command.kind === 'reject') {
        expect(tasks.has(command.task)).toBe(false)
      }
    }
    for (const id of before.tasks.keys()) {
      const settled = commands.filter(
        (c) => (c.kind === 'resolve' || c.kind === 'reject') && c.task === id,
      )
      expect(settled.length, `${id} leaves the pool settled`).toBe(tasks.has(id) ? 0 : 1)
    }
    for (const { phase, restarts } of workers.values()) {
      expect(restarts).toBeLessThanOrEqual(this.state.rules.restartLimit)
      if (life === 'closed') expect(phase.kind).toBe('gone')
    }
  }
}

function snapshot(state: PoolState): unknown {
  const { workers, contenders, tasks, datasets, complaints, ...rest } = state
  return {
    ...rest,
    workers: [...workers],
    contenders: [...contenders],
    tasks: [...tasks],
    datasets: [...datasets],
    complaints: [...complaints],
  }
}
