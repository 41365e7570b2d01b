/** Tasks that one worker alone can do, for what lies with it. */
import { describe, expect, test } from 'vitest'
import { PoolDriver } from './pool-driver.ts'

const runsOf = (pool: PoolDriver, worker: string) =>
  pool.sent(worker, 'run').map(({ task }) => task)

describe('a pinned task', () => {
  test('waits for its worker while others are free, and holds up nobody', () => {
    const pool = PoolDriver.opened()
    pool.submit('busy')
    pool.submit('pinned', { pinnedTo: 'w00' })
    pool.submit('other')
    expect(runsOf(pool, 'w00')).toEqual(['busy'])
    expect(runsOf(pool, 'w01')).toEqual(['other'])
    pool.finish('w01', 'other')
    expect(pool.outcome('pinned')).toBeNull()
    pool.finish('w00', 'busy')
    expect(runsOf(pool, 'w00')).toEqual(['busy', 'pinned'])
    pool.finish('w00', 'pinned')
    expect(pool.outcome('pinned')).toBe('resolved')
  })

  test('departs when its worker is lost before it began, and crashes with it after', () => {
    const pool = PoolDriver.opened()
    pool.submit('running', { pinnedTo: 'w00' })
    pool.submit('waiting', { pinnedTo: 'w00' })
    pool.submit('other', { pinnedTo: 'w01' })
    pool.exit('w00')
    expect(pool.outcome('running')).toBe('crashed')
    expect(pool.outcome('waiting')).toBe('departed')
    expect(pool.outcome('other')).toBeNull()
  })

  test('departs at once when its worker is lost already, or was never there', () => {
    const pool = PoolDriver.opened()
    pool.exit('w00')
    pool.submit('late', { pinnedTo: 'w00' })
    pool.submit('strange', { pinnedTo: 'far' })
    expect(pool.outcome('late')).toBe('departed')
    expect(pool.outcome('strange')).toBe('departed')
    expect(runsOf(pool, 'w01')).toEqual([])
  })
})
