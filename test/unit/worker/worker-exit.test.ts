import { expect, test } from 'vitest'
import { explainFailedStart } from '#src/worker/worker-exit.ts'
import { rules } from './pool-driver.ts'

const onCuda = { ...rules, device: 'cuda' } as const

test.each([
  {
    said: 'Device cuda was asked for, but PyTorch finds no GPU for CUDA 13.0, check the driver with nvidia-smi, or use --device cpu',
    code: 'environment/no-device',
  },
  { said: 'There is no module digits_training in /tmp.', code: 'worker/would-not-start' },
])('a worker for CUDA that gives up is blamed for what it says: $code', ({ said, code }) => {
  const exit = { code: 3, signal: null, spawnError: null, tail: ['Starting', said, ''] }
  const { error, final } = explainFailedStart('w00', exit, onCuda)
  expect(error.code).toBe(code)
  expect(error.message).toBe(`Worker w00 would not start: ${said.replace(/[.]$/, '')}`)
  expect(final).toBe(true)
})
