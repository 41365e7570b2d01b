import { expect, test } from 'vitest'
import { reachable } from '#src/worker/placement/place-workers.ts'

test.each([
  ['tcp://0.0.0.0:7001', 'tcp://login1:7001'],
  ['tcp://[::]:7001', 'tcp://login1:7001'],
  ['tcp://*:7001', 'tcp://login1:7001'],
  ['tcp://10.0.0.5:7001', 'tcp://10.0.0.5:7001'],
  ['tcp://127.0.0.1:7001', 'tcp://127.0.0.1:7001'],
])('workers reach %s at %s', (endpoint, address) => {
  expect(reachable(endpoint, 'login1')).toBe(address)
})
