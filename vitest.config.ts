import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Experiment scripts import the library by its name, as the command line lets them. */
const alias = [
  {
    find: /^archloom$/,
    replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)),
  },
]

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          alias,
          include: ['test/{arch,compat,contract,golden,unit,vectors}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        // Real processes, sockets and training: one file at a time, after the unit tests.
        test: {
          name: 'integration',
          alias,
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
