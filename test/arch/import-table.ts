/**
 * What each folder of `src/` may import besides itself: the layers of archloom, as data. A change
 * here is a decision: it is dated in ARCHITECTURE.md in the same commit.
 *
 * - `space` allows every file of the folder, `space•` only its interface `space/space.ts`.
 * - `worker/pool.ts` allows that file.
 * - `catalogs` allows the catalog and the interface of every extension point.
 * - `all` allows everything but the command line.
 */
export const importTable: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli', 'errors'],
  'index.ts': ['all'],
  'errors.ts': [],
  random: ['errors'],
  encoding: ['errors'],
  numeric: ['errors', 'random', 'encoding'],
  stats: ['errors', 'random', 'numeric'],
  time: ['errors'],
  parameter: ['errors', 'random', 'encoding'],
  graph: ['errors', 'encoding'],
  protocol: ['errors', 'encoding', 'graph', 'trial'],
  trial: ['errors', 'encoding'],
  space: ['errors', 'random', 'encoding', 'parameter', 'graph'],
  predictor: ['errors', 'random', 'numeric', 'stats', 'encoding', 'space•'],
  optimizer: [
    'errors',
    'random',
    'encoding',
    'numeric',
    'stats',
    'trial',
    'space•',
    'predictor',
    'parameter',
    'graph',
  ],
  scheduler: ['errors', 'random', 'stats', 'trial', 'predictor•'],
  oneshot: ['errors', 'random', 'numeric', 'stats', 'trial', 'graph', 'space•'],
  morphism: ['errors', 'random', 'graph'],
  meta: ['errors', 'random', 'stats', 'trial', 'optimizer•'],
  experiment: [
    'errors',
    'random',
    'encoding',
    'trial',
    'space•',
    'optimizer•',
    'scheduler•',
    'oneshot•',
  ],
  study: ['errors', 'random', 'encoding', 'stats', 'trial', 'experiment•'],
  environment: ['errors', 'encoding', 'protocol'],
  transport: ['errors', 'protocol', 'time'],
  worker: ['errors', 'protocol', 'transport', 'environment', 'time', 'trial'],
  benchmark: [
    'errors',
    'random',
    'encoding',
    'parameter',
    'space•',
    'trial',
    // Where imported benchmarks lie on this machine.
    'environment/folders.ts',
    // What is wrong in a description of a table is said as of any document.
    'config/issue.ts',
  ],
  evaluator: [
    'errors',
    'random',
    'encoding',
    'stats',
    'time',
    'trial',
    'graph',
    'space•',
    'worker•',
    // The evaluator owns its pool: something has to make it, and say who may join it.
    'worker/pool.ts',
    'worker/remote-workers.ts',
    'benchmark',
    'protocol',
    'environment',
  ],
  bridge: [
    'errors',
    'encoding',
    'graph',
    'protocol',
    'trial',
    'environment',
    'worker•',
    // It owns its pool, as an evaluator does.
    'worker/pool.ts',
    'worker/remote-workers.ts',
  ],
  store: ['errors', 'encoding', 'time', 'trial', 'experiment•'],
  report: [
    'errors',
    'stats',
    'trial',
    'graph',
    'experiment',
    'study',
    'store',
    // The clock of a benchmark's costs is computed in one place.
    'benchmark/simulated-schedule.ts',
  ],
  dashboard: ['errors', 'report', 'store'],
  config: ['errors', 'encoding', 'trial', 'catalogs', 'experiment•', 'study'],
  runner: ['all'],
  cli: [
    'errors',
    'config',
    'runner',
    'report',
    'dashboard',
    'store',
    'environment',
    'study',
    // The edge: it makes the system clock that the rest is handed.
    'time',
    // `archloom worker` starts a worker that serves an orchestrator elsewhere.
    'protocol',
    'worker/remote.ts',
    'worker/keys.ts',
  ],
}

/** Packages and Node modules that only some folders may import, types excepted. */
export const outsideTable: Readonly<Record<string, readonly string[]>> = {
  zeromq: ['transport'],
  'node:sqlite': ['store'],
  pino: ['cli'],
  commander: ['cli'],
  '@resvg/resvg-js': ['cli'],
  pythonia: ['environment'],
  yaml: ['config', 'runner', 'benchmark'],
  '@dagrejs/dagre': ['graph', 'report'],
}

/** Functions from values to values: of Node they know nothing but hashing. */
export const pureFolders: readonly string[] = [
  'errors.ts',
  'random',
  'encoding',
  'numeric',
  'stats',
  'parameter',
  'graph',
  'protocol',
  'trial',
  'space',
  'predictor',
  'optimizer',
  'scheduler',
  'oneshot',
  'morphism',
  'meta',
  'experiment',
  'study',
]
