/** Rules on the repository as a whole: what it names, what it pins, what it generates. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { parseLock } from '#src/environment/lock.ts'
import { generateProtocol } from '../../scripts/generate-protocol.ts'
import { generateSchemas } from '../../scripts/generate-schemas.ts'

const root = projectFolder()
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const binary = /\.(png|jpe?g|gif|gz|zip|sqlite|npz|npy|pt|ico|woff2?)$/

function trackedFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  return list.split('\0').filter((path) => path !== '' && !binary.test(path))
}

/** Written in halves, so that this file does not name them itself. */
const registryHosts = [
  ['registry.npm', 'js.org'],
  ['registry.yarn', 'pkg.com'],
  ['py', 'pi.org'],
  ['files.python', 'hosted.org'],
  ['download.py', 'torch.org'],
  ['deb.deb', 'ian.org'],
].map((halves) => halves.join(''))
const machinePath = new RegExp(`(?<![\\w.~$}-])/(${['work', 'root', 'opt'].join('|')})/[a-z]`)

function linesWith(breach: (line: string) => boolean): string[] {
  return trackedFiles().flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (breach(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
}

describe('the repository', () => {
  it('names no package registry', () => {
    expect(linesWith((line) => registryHosts.some((host) => line.includes(host)))).toEqual([])
  })

  it('names no folder of one machine', () => {
    expect(linesWith((line) => machinePath.test(line))).toEqual([])
    expect(machinePath.test(`"/${'work'}/main"`)).toBe(true)
  })

  it('leaves the addresses of packages out of the lock', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string; optional?: boolean }>
    }
    const entries = Object.entries(packages).filter(([path]) => path !== '')
    expect(entries.filter(([, entry]) => entry.resolved !== undefined)).toEqual([])
    // Some builds for other platforms were not to be had where the lock was written.
    const unchecked = entries.filter(([, { integrity, optional }]) => !integrity && !optional)
    expect(unchecked).toEqual([])
  })

  it('pins every dependency exactly', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies }
    expect(
      Object.entries(wanted).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    ).toEqual([])
    const locks = [
      'envs/cpu/requirements.lock',
      'py/dev-requirements.lock',
      'py/ray-requirements.lock',
    ]
    for (const path of locks) {
      expect(parseLock(read(path), path).size).toBeGreaterThan(5)
    }
  })

  it('pins the same packages for the processor and for CUDA', () => {
    expect(read('envs/cuda/requirements.lock')).toBe(read('envs/cpu/requirements.lock'))
  })

  it('keeps what Python’s tools bring apart from the worker’s environment', () => {
    const worker = parseLock(read('envs/cpu/requirements.lock'), 'cpu')
    const tools = parseLock(read('py/dev-requirements.lock'), 'tools')
    expect([...tools.keys()].filter((name) => worker.has(name))).toEqual([])
  })
})

describe('generated files', () => {
  it.each([...generateProtocol(), ...generateSchemas()])(
    '$path is as npm run schema writes it',
    ({ path, text }) => {
      expect(read(path)).toBe(text)
    },
  )
})
