/** What a person reads when workers and tasks go wrong: what is wrong, where, and what to do. */
import { expect, test } from 'vitest'
import type { TaskResult } from '#src/protocol/task.ts'
import { PoolDriver, rules } from './pool-driver.ts'

interface Case {
  readonly name: string
  readonly play: (pool: PoolDriver) => void
  readonly says: RegExp
}

const closed: TaskResult = { kind: 'session-close' }

const cases: readonly Case[] = [
  {
    name: 'a task that nobody can do',
    play: (pool) => {
      pool.exit('w00')
      pool.pass(1000, [])
      pool.start('w00', { capabilities: ['call'] })
      pool.submit('t')
    },
    says: /^No worker can do a task of kind describe; they offer call; networks need an environment with PyTorch, and both sides the same build of archloom$/,
  },
  {
    name: 'a result of another kind',
    play: (pool) => {
      pool.submit('t')
      const lease = rules.leaseBase
      pool.say('w00', { type: 'result', task: 't', lease, result: closed, tensors: [] })
    },
    says: /^Worker w00 answered a task of kind describe with a result of kind session-close; the two sides may come from different builds of archloom$/,
  },
  {
    name: 'a worker that says nothing any more',
    play: (pool) => {
      pool.submit('t')
      pool.do({ kind: 'unreachable', peer: '0:w00' })
      pool.pass(rules.silenceMs + 1000, [])
    },
    says: /^Worker w00 was silent for 10\.[0-9]+ s, the limit is 10 s: its process is stopped, its machine overloaded, or its link cut$/,
  },
  {
    name: 'a worker that dies again and again',
    play: (pool) => {
      const tail = ['Traceback', 'RuntimeError: boom']
      for (let death = 0; death <= rules.restartLimit; death++) {
        pool.exit('w00', { tail })
        if (pool.phase('w00') === 'gone') break
        pool.pass(5000, [])
        pool.start('w00')
      }
      pool.submit('t')
    },
    says: /^Worker w00 was restarted 2 times without finishing a task in between; the last time: Worker w00 ended with exit code 1: RuntimeError: boom; run again with --verbose to see all that it writes$/,
  },
]

test.each(cases)('$name', ({ play, says }) => {
  const pool = PoolDriver.opened({ workers: 1 })
  play(pool)
  expect(pool.rejection('t')).toMatch(says)
})
