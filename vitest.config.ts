import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{arch,compat,contract,golden,unit,vectors}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        // Real processes, sockets and training: one file at a time, after the unit tests.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
