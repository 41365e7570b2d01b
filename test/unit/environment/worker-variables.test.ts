import { describe, expect, test } from 'vitest'
import { countCudaDevices } from '#src/environment/cuda-devices.ts'
import { visibleCudaDevices, workerVariables } from '#src/environment/worker-variables.ts'

describe('the variables of a worker', () => {
  test('keep what the user set, but let no other code in', () => {
    const own = { PATH: '/bin', PYTHONHOME: '/x', PYTHONSTARTUP: '/y', PYTHONPATH: '/z' }
    const variables = workerVariables(2, null, own)
    expect(variables).toMatchObject({ PATH: '/bin', MKL_NUM_THREADS: '2', PYTHONHASHSEED: '0' })
    expect(variables.PYTHONPATH).toMatch(/\/py$/)
    expect(variables).not.toHaveProperty('PYTHONHOME')
    expect(variables).not.toHaveProperty('PYTHONSTARTUP')
  })

  test('do what activating the environment would do', () => {
    const activation = { programs: '/v/bin', variables: { VIRTUAL_ENV: '/v' } }
    const variables = workerVariables(1, { activation }, { PATH: '/bin' })
    expect(variables).toMatchObject({ PATH: '/v/bin:/bin', VIRTUAL_ENV: '/v' })
    expect(workerVariables(1, { activation }, {}).PATH).toBe('/v/bin')
  })

  test.each([
    [undefined, null],
    ['', 0],
    ['0', 1],
    ['2,3, 5', 3],
  ])('CUDA_VISIBLE_DEVICES=%j leaves %j devices', (visible, count) => {
    const own = visible === undefined ? {} : { CUDA_VISIBLE_DEVICES: visible }
    expect(visibleCudaDevices(own)).toBe(count)
  })

  test('there is always a device to name', async () => {
    expect(await countCudaDevices()).toBeGreaterThanOrEqual(1)
  })
})
