/** The package as a user gets it: packed, installed into an empty project, run and imported. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const run = promisify(execFile)
const root = projectFolder()
const installMs = 600_000

/** Without the checkout's own programs: the machine's Node and npm. */
const env = {
  ...process.env,
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter),
}

let project: TemporaryFolder
let installed: string

async function inProject(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(command, args, { cwd: project.path, env, maxBuffer: 1 << 26 })
  return stdout
}

beforeAll(async () => {
  project = await temporaryFolder()
  const packed = await run(
    'npm',
    ['pack', '--json', '--silent', '--pack-destination', project.path],
    {
      cwd: root,
      env,
      maxBuffer: 1 << 26,
    },
  )
  expect(packed.stdout).toContain('archloom-')
  const [tarball] = (await readdir(project.path)).filter((name) => name.endsWith('.tgz'))
  await writeFile(join(project.path, 'package.json'), '{ "name": "user", "type": "module" }\n')
  await inProject('npm', 'install', '--no-audit', '--no-fund', `./${tarball}`)
  installed = join(project.path, 'node_modules', 'archloom')
}, installMs)

afterAll(() => project[Symbol.asyncDispose]())

describe(
  'the package',
  () => {
    it('holds JavaScript, declarations, the worker and the environments, and no sources or tests', async () => {
      const files = await readdir(installed, { recursive: true })
      for (const file of [
        'LICENSE',
        'README.md',
        'bin/archloom.js',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/main.js',
        'envs/cpu/requirements.lock',
        'py/archloom_worker/__main__.py',
        'configs/schema/experiment.schema.json',
      ]) {
        expect(files).toContain(file)
      }
      const own = files.filter((file) => !file.startsWith('node_modules/'))
      expect(own.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([])
      expect(own.filter((file) => /^(src|test|py\/tests)\/|__pycache__/.test(file))).toEqual([])
    })

    it('imports only files that it holds', async () => {
      const files = new Set(await readdir(join(installed, 'dist'), { recursive: true }))
      for (const file of [...files].filter((name) => /\.(js|d\.ts)$/.test(name))) {
        const text = await readFile(join(installed, 'dist', file), 'utf8')
        expect(text, file).not.toMatch(/from ['"](#src\/|\.[^'"]*\.ts['"])/)
      }
    })

    it('gives a command that answers', async () => {
      expect(await inProject('npx', 'archloom', '--help')).toContain('Usage: archloom')
      const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
        version: string
      }
      expect((await inProject('npx', 'archloom', '--version')).trim()).toBe(manifest.version)
    })

    it('finds its spaces and environments', async () => {
      const spaces = JSON.parse(
        await inProject('npx', 'archloom', 'space', 'list', '--json'),
      ) as unknown
      expect(JSON.stringify(spaces)).toContain('nas-bench-201')
      const environments = JSON.parse(
        await inProject('npx', 'archloom', 'env', 'list', '--json'),
      ) as {
        name: string
        lockPath: string
      }[]
      expect(environments.map(({ name }) => name)).toEqual(['cpu', 'cuda'])
      expect(environments[0]?.lockPath).toContain(join('node_modules', 'archloom', 'envs'))
    })

    it('compares methods in threads', async () => {
      const study = {
        version: 1,
        name: 'branin',
        seeds: 2,
        budget: { trials: 20 },
        methods: [{ name: 'regularized-evolution', populationSize: 5, sampleSize: 2 }],
        benchmarks: [
          {
            label: 'Branin',
            name: 'synthetic',
            function: 'branin',
            space: {
              name: 'hyperparameters',
              parameters: [
                { kind: 'float', name: 'x1', lower: -5, upper: 10 },
                { kind: 'float', name: 'x2', lower: 0, upper: 15 },
              ],
            },
          },
        ],
      }
      await writeFile(join(project.path, 'study.json'), JSON.stringify(study))
      const flags = ['--cores', '2', '--out', 'study', '--json', '--quiet']
      const text = await inProject('npx', 'archloom', 'compare', 'study.json', ...flags)
      const { result } = JSON.parse(text) as { result: { status: string; cells: unknown } }
      expect(result).toMatchObject({ status: 'finished', cells: { finished: 4, missing: 0 } })
    })

    it('trains networks in a worker of its own', async () => {
      await cpuEnvironment()
      await inProject('npx', 'archloom', 'init', 'search.yaml')
      const small = ['--set', 'budget.trials=2', '--set', 'fidelity.epochs=1', '--out', 'run']
      await inProject('npx', 'archloom', 'run', 'search.yaml', '--quiet', ...small)
      const text = await readFile(join(project.path, 'run', 'result.json'), 'utf8')
      const result = JSON.parse(text) as { status: string; trials: { ended: number } }
      expect(result).toMatchObject({ status: 'finished', trials: { ended: 2 } })
    })

    it('is a typed library', async () => {
      const script = [
        "import { ArchloomError, defineExperiment, Random } from 'archloom'",
        "const random: Random = Random.named('1', 'test')",
        "const error: ArchloomError = new ArchloomError('config/invalid', 'No')",
        'console.log(error.exitCode, typeof random, typeof defineExperiment)',
        '// @ts-expect-error there is no such code',
        "new ArchloomError('no/such', 'No')",
        '',
      ]
      await writeFile(join(project.path, 'script.ts'), script.join('\n'))
      const options = {
        compilerOptions: {
          target: 'es2024',
          lib: ['es2024', 'esnext.disposable'],
          module: 'nodenext',
          strict: true,
          noEmit: true,
          types: ['node'],
          erasableSyntaxOnly: true,
        },
        files: ['script.ts'],
      }
      await writeFile(join(project.path, 'tsconfig.json'), JSON.stringify(options))
      await mkdir(join(project.path, 'node_modules', '@types'), { recursive: true })
      for (const name of ['@types/node', 'undici-types']) {
        await cp(join(root, 'node_modules', name), join(project.path, 'node_modules', name), {
          recursive: true,
        })
      }
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      await inProject(process.execPath, tsc, '-p', '.')
      expect((await inProject(process.execPath, 'script.ts')).trim()).toBe('2 object function')
    })
  },
  installMs,
)
