/**
 * Set-up before `npm start` and `npm test`: the packages of package-lock.json, the pinned Node among
 * them, and the worker's Python environment; with `--dev` the Python tools of development as well.
 *
 * Plain JavaScript, because it runs on Node 20 before anything is installed. When all is there it
 * only compares hashes with the stamp that the last set-up left.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stampPath = join(modules, '.archloom-setup.json')
const pinnedNode = join(modules, '.bin', 'node')
const minimumNode = 20
const minimumPython = [3, 11]
const dev = process.argv.includes('--dev')

const stamp = {
  packages: fingerprint('package-lock.json'),
  environment: fingerprint('envs/cpu/env.json', 'envs/cpu/requirements.lock'),
  tools: fingerprint('py/dev-requirements.lock', 'py/ray-requirements.lock'),
  // Another home is another set of environments.
  home: [process.env.ARCHLOOM_HOME ?? '', process.env.XDG_CACHE_HOME ?? ''],
  dev,
  paths: [],
}

if (!isDone(readJson(stampPath))) setUp()

function setUp() {
  requireNode()
  requirePython()
  if (!packagesAreInstalled()) installPackages()
  requirePinnedNode()
  say('Preparing the Python environment')
  stamp.paths = preparePython()
  writeFileSync(stampPath, `${JSON.stringify(stamp, null, 2)}\n`)
  say('Set-up is complete')
}

function isDone(last) {
  if (last === null || (dev && !last.dev)) return false
  const same = ['packages', 'environment', 'tools'].every((key) => last[key] === stamp[key])
  return same && String(last.home) === String(stamp.home) && last.paths.every(existsSync)
}

function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= minimumNode) return
  fail(
    `Node ${minimumNode} or newer is needed, but this is ${process.version}; install a newer Node`,
  )
}

function requirePython() {
  const named = process.env.ARCHLOOM_PYTHON
  const seen = []
  for (const command of named
    ? [named]
    : ['python3', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    const probe = spawnSync(command, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'])
    const [major, minor] = String(probe.stdout ?? '')
      .split('.')
      .map(Number)
    if (probe.status !== 0) continue
    if (major > minimumPython[0] || (major === minimumPython[0] && minor >= minimumPython[1]))
      return
    seen.push(`${command} is ${String(probe.stdout).trim()}`)
  }
  const wanted = minimumPython.join('.')
  fail(
    `Python ${wanted} or newer is needed, but ${seen.join(', ') || `${named ?? 'python3'} does not run`}; ` +
      'install it, or name an interpreter with ARCHLOOM_PYTHON',
  )
}

/** Whether every package of the lock is there in its version; what other platforms need may miss. */
function packagesAreInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {}
  const installed = readJson(join(modules, '.package-lock.json'))?.packages
  if (installed === undefined) return false
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const found = installed[path]
    return path === '' || (found === undefined ? optional === true : found.version === version)
  })
}

function installPackages() {
  say('Installing the npm packages of package-lock.json')
  // Warnings are left out: some packages want a newer Node than npm's, and run on the pinned one.
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], root)
}

/** Where npm was not allowed to run install scripts, the pinned Node is fetched by its own script. */
function requirePinnedNode() {
  if (pinnedNodeRuns()) return
  say('Fetching the pinned Node')
  const folder = join(modules, 'node')
  run(process.execPath, ['installArchSpecificPackage.js'], folder)
  // npm links a program only if it was there when npm looked.
  if (!existsSync(pinnedNode)) {
    mkdirSync(join(modules, '.bin'), { recursive: true })
    rmSync(pinnedNode, { force: true })
    symlinkSync(join('..', 'node', 'bin', 'node'), pinnedNode)
  }
  if (pinnedNodeRuns()) return
  fail('The pinned Node does not run after its installation; delete node_modules and try again')
}

function pinnedNodeRuns() {
  const wanted = readJson(join(modules, 'node', 'package.json'))?.version
  const probe = spawnSync(pinnedNode, ['--version'])
  return probe.status === 0 && String(probe.stdout).trim() === `v${wanted}`
}

function preparePython() {
  const named = process.env.ARCHLOOM_PYTHON
  const args = [...(dev ? ['--dev'] : []), ...(named ? ['--python', named] : [])]
  const child = spawnSync(pinnedNode, [join(root, 'scripts', 'prepare-python.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) process.exit(child.status ?? 3)
  return JSON.parse(String(child.stdout))
}

/** Without node_modules/.bin on the path: npm must not run on a Node that it is about to delete. */
function run(command, args, cwd) {
  const path = (process.env.PATH ?? '').split(delimiter)
  const PATH = path.filter((folder) => !folder.includes('node_modules')).join(delimiter)
  const child = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, PATH } })
  if (child.status === 0) return
  const reason = child.error?.message ?? `exit status ${child.status ?? child.signal}`
  fail(
    `${command} ${args.join(' ')} failed (${reason}); see its messages above, mend that and try again`,
  )
}

function fingerprint(...paths) {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(readFileSync(join(root, path))).update('\0')
  return hash.digest('hex')
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

function say(line) {
  console.error(line)
}

function fail(message) {
  console.error(`archloom: ${message}`)
  process.exit(3)
}
