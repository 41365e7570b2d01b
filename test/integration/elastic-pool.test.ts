/** Workers that come and go, as real processes over real sockets; toys without PyTorch. */
import { expect, test, vi } from 'vitest'
import type { WorkerPool } from '#src/worker/worker.ts'
import { type ElasticPool, elasticPool } from '#test/fixtures/elastic-pool.ts'
import { describeWork } from '#test/fixtures/toy-pool.ts'

const run = async (pool: WorkerPool, task: string) =>
  (await pool.run<'describe'>({ task, lease: 0, work: describeWork })).worker
/** Resolves when a worker of this name has been welcomed so many times. */
async function welcomed({ log }: ElasticPool, name: string, times = 1): Promise<void> {
  let seen = 0
  await log.line(({ msg, worker }) => {
    if (msg === 'Worker is ready' && worker === name) seen++
    return seen === times
  })
}

test('a pool opens with the first, grows with whoever joins, and ends them all', async () => {
  await using elastic = await elasticPool()
  const first = elastic.join('one')
  const pool = await elastic.opening
  expect(pool.slots).toBe(1)
  const sizes: number[] = []
  pool.watchSlots(() => sizes.push(pool.slots))
  const blocked = run(pool, 'wait-1')
  blocked.catch(() => {})
  const waiting = run(pool, 't-2')
  const late = elastic.join('late')
  expect(await waiting).toBe('late')
  expect(sizes).toEqual([2])
  await pool[Symbol.asyncDispose]()
  expect([(await first.ended).code, (await late.ended).code]).toEqual([0, 0])
})

test('a worker that is told to leave departs with its task; one that is killed crashes', async () => {
  await using elastic = await elasticPool({ count: 2 })
  const leaver = elastic.join('leaver')
  const victim = elastic.join('victim')
  const pool = await elastic.opening
  // Which of them gets which task is theirs; both are busy.
  const tasks = ['wait-1', 'wait-2'].map((task) => run(pool, task))
  const ends = Promise.allSettled(tasks)
  await vi.waitFor(
    () => expect(pool.status().map(({ tasks: [task] }) => task?.started)).toEqual([true, true]),
    { timeout: 60_000 },
  )
  leaver.child.kill('SIGTERM')
  expect((await leaver.ended).code).toBe(0)
  victim.child.kill('SIGKILL')
  const kinds = (await ends).map((end) =>
    end.status === 'rejected' ? end.reason.failure.kind : end.value,
  )
  expect(kinds.toSorted()).toEqual(['crashed', 'departed'])
})

test('when all have left, what waits is done by the first that returns, under its old name', async () => {
  await using elastic = await elasticPool({ count: 2 })
  const gone = [elastic.join('one'), elastic.join('two')]
  const pool = await elastic.opening
  expect((await Promise.all([run(pool, 't-1'), run(pool, 't-2')])).toSorted()).toEqual([
    'one',
    'two',
  ])
  for (const { child } of gone) child.kill('SIGTERM')
  await Promise.all(gone.map(({ ended }) => ended))
  const waiting = ['t-3', 't-4'].map((task) => run(pool, task))
  elastic.join('two')
  expect(await Promise.all(waiting)).toEqual(['two', 'two'])
})

test('a process under the name of a dead one takes its place at once, long before the silence bound', async () => {
  await using elastic = await elasticPool({}, { silenceSeconds: 300 })
  const victim = elastic.join('same')
  const pool = await elastic.opening
  const lost = expect(run(pool, 'wait-1')).rejects.toMatchObject({ failure: { kind: 'crashed' } })
  victim.child.kill('SIGKILL')
  await victim.ended
  elastic.join('same')
  await welcomed(elastic, 'same', 2)
  await lost
  expect(await run(pool, 't-2')).toBe('same')
})

test('a process under the name of a living one is refused, and does not disturb it', async () => {
  await using elastic = await elasticPool()
  elastic.join('same')
  const pool = await elastic.opening
  const kept = run(pool, 'wait-1')
  kept.catch(() => {})
  const { code, stderr } = await elastic.join('same').ended
  expect([code, stderr]).toEqual([3, expect.stringContaining('same is connected already')])
  await welcomed(elastic, 'same')
  elastic.join('other')
  expect(await run(pool, 't-2')).toBe('other')
})

test('a worker on another kind of machine is refused with what differs', async () => {
  await using elastic = await elasticPool()
  elastic.join('one')
  await elastic.opening
  const { code, stderr } = await elastic.join('odd', 'other-machine').ended
  expect(code).toBe(3)
  expect(stderr).toMatch(/Worker odd runs in another environment .*they differ in cpu; /)
})

test('a pool that nobody joins gives up when its time is over', async () => {
  await using elastic = await elasticPool({ waitSeconds: 0.5 })
  await expect(elastic.opening).rejects.toMatchObject({
    code: 'worker/absent',
    message: expect.stringMatching(/^Only 0 of the 1 workers.*after 0\.5 s; start some with/),
  })
})
