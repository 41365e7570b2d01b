import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignDevices, type DeviceWish } from '#src/environment/devices.ts'

const wish = (change: Partial<DeviceWish>): DeviceWish => ({
  workers: 1,
  device: 'cuda',
  workersPerDevice: null,
  ...change,
})
const machine = (gpuCount: number, cpuSlots = 8) => ({ gpuCount, cpuSlots })

test.each<[string, Partial<DeviceWish>, number, readonly string[]]>([
  ['one for each GPU', { workers: 2 }, 2, ['cuda:0', 'cuda:1']],
  ['several on one GPU', { workers: 3 }, 1, ['cuda:0', 'cuda:0', 'cuda:0']],
  ['an even spread', { workers: 5 }, 2, ['cuda:0', 'cuda:1', 'cuda:0', 'cuda:1', 'cuda:0']],
  ['every GPU', { workers: 'auto' }, 3, ['cuda:0', 'cuda:1', 'cuda:2']],
  [
    'every GPU twice',
    { workers: 'auto', workersPerDevice: 2 },
    2,
    ['cuda:0', 'cuda:1', 'cuda:0', 'cuda:1'],
  ],
  ['fewer than there is room for', { workers: 1, workersPerDevice: 4 }, 2, ['cuda:0']],
  ['no local worker', { workers: 0, workersPerDevice: 1 }, 2, []],
  ['a machine without any GPU', { workers: 'auto' }, 0, ['cuda:0']],
  ['processors', { workers: 2, device: 'cpu' }, 2, ['cpu', 'cpu']],
])('%s', (_, change, gpuCount, devices) => {
  expect(assignDevices(wish(change), machine(gpuCount))).toEqual(devices)
})

test('as many workers on processors as there is room for, one at least', () => {
  expect(assignDevices(wish({ workers: 'auto', device: 'cpu' }), machine(0, 3))).toHaveLength(3)
  expect(assignDevices(wish({ workers: 'auto', device: 'cpu' }), machine(0, 0))).toHaveLength(1)
})

test('more on a GPU than may share it is refused with both numbers', () => {
  const crowd = wish({ workers: 5, workersPerDevice: 2 })
  expect(() => assignDevices(crowd, machine(2))).toThrow(
    '5 workers with at most 2 on a GPU need 3 GPUs, but this machine has 2 GPUs; start fewer',
  )
})

test('no GPU has two workers more than another, nor more than may share it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (workers, gpuCount) => {
        const devices = assignDevices(wish({ workers }), machine(gpuCount))
        const loads = Array.from(
          { length: gpuCount },
          (_, index) => devices.filter((device) => device === `cuda:${index}`).length,
        )
        expect(loads.reduce((sum, load) => sum + load)).toBe(workers)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
      },
    ),
  )
})
