import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ReadyEnvironment } from '#src/environment/environment.ts'
import { pythonFolder } from '#src/environment/folders.ts'
import { systemClock } from '#src/time/clock.ts'
import { pythonCommand, startProcess } from '#src/worker/launch.ts'
import { describeExit } from '#src/worker/worker-exit.ts'

const clock = systemClock()

function start(script: string, lines: string[] = []) {
  const command = { file: process.execPath, parameters: ['-e', script], variables: process.env }
  return startProcess(command, { clock, onLine: (line) => lines.push(line) })
}

describe('a process', () => {
  test('ends with its exit code and what it wrote, whole lines in order', async () => {
    const lines: string[] = []
    const child = start('console.error("one\\ntwo"); process.exitCode = 7', lines)
    const exit = await child.ended
    expect(exit).toEqual({ code: 7, signal: null, spawnError: null, tail: ['one', 'two'] })
    expect(lines).toEqual(['one', 'two'])
    child.signal('SIGKILL')
  })

  test('has only the last of its lines kept, and those cut', async () => {
    const script = 'for (let i = 0; i < 300; i++) console.error(i + "x".repeat(3000))'
    const { tail } = await start(script).ended
    expect(tail).toHaveLength(50)
    expect(tail.at(-1)).toMatch(/^299x+$/)
    expect(tail.at(-1)).toHaveLength(2000)
  })

  test('that cannot be started says so and has no id', async () => {
    const child = startProcess(
      { file: '/no/such/file', parameters: [], variables: {} },
      { clock, onLine: () => {} },
    )
    expect(child.pid).toBeNull()
    expect(await child.ended).toMatchObject({ spawnError: 'ENOENT', code: null })
  })

  test('keeps its standard input open as long as this process lives', async () => {
    const script = 'process.stdin.on("end", () => process.exit(3)).resume(); console.log("up")'
    const up = Promise.withResolvers<void>()
    const child = startProcess(
      { file: process.execPath, parameters: ['-e', script], variables: process.env },
      { clock, onLine: () => up.resolve() },
    )
    await up.promise
    child.signal('SIGTERM')
    expect(await child.ended).toMatchObject({ signal: 'SIGTERM' })
  })

  test('takes what it started along when it is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'archloom-test-'))
    try {
      const file = join(folder, 'pid')
      const script = `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
        require('fs').writeFileSync(${JSON.stringify(file)}, String(c.pid)); console.log('up'); setInterval(() => {}, 1000)`
      const up = Promise.withResolvers<void>()
      const child = startProcess(
        { file: process.execPath, parameters: ['-e', script], variables: process.env },
        { clock, onLine: () => up.resolve() },
      )
      await up.promise
      const grandchild = Number(readFileSync(file, 'utf8'))
      child.signal('SIGKILL')
      expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
      await expect.poll(() => isRunning(grandchild)).toBe(false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('counts as ended although something that it started holds its output', async () => {
    const script = `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true })
      console.log(c.pid); c.unref()`
    const lines: string[] = []
    const child = start(script, lines)
    expect(await child.ended).toMatchObject({ code: 0 })
    process.kill(Number(lines[0]), 'SIGKILL')
  })
})

test('a command that the system refuses outright ends like one that is not there', async () => {
  const parameters = ['x'.repeat(1 << 22)]
  const command = { file: process.execPath, parameters, variables: {} }
  const child = startProcess(command, { clock, onLine: () => {} })
  child.signal('SIGKILL')
  expect(await child.ended).toMatchObject({ spawnError: 'E2BIG' })
})

test.each([
  [{ code: 1, signal: null, tail: [] }, 'ended with exit code 1'],
  [
    { code: 1, signal: null, tail: ['a', 'ValueError: No.', ' '] },
    'ended with exit code 1: ValueError: No',
  ],
  [{ code: null, signal: 'SIGSEGV', tail: [] }, 'was ended by SIGSEGV'],
  [
    { code: null, signal: 'SIGKILL', tail: ['b'] },
    'was killed with SIGKILL, by someone or by the kernel for want of memory: b',
  ],
])('the end %j is put as: %s', (exit, text) => {
  expect(describeExit({ spawnError: null, ...exit })).toBe(text)
})

const environment: ReadyEnvironment = {
  name: 'cpu',
  command: ['/v/bin/python'],
  activation: null,
  lock: { path: '/e/lock', hash: '' },
  drift: [],
  mend: { interpreter: '', packages: '' },
}

test('the Python worker is told everything on its command line', () => {
  const command = pythonCommand({
    environment,
    endpoint: 'ipc:///x/s',
    worker: 'w03',
    device: 'cuda:1',
    threads: 4,
    determinism: 'seeded',
    datasets: ['digits', 'cifar10'],
    dataFolders: ['/a', '/b c'],
    allow: ['team.training', 'tools'],
    pythonPath: ['/c d'],
  })
  expect(command.file).toBe('/v/bin/python')
  expect(command.parameters.join(' ')).toBe(
    '-m archloom_worker --connect ipc:///x/s --name w03 --device cuda:1 --threads 4 ' +
      '--determinism seeded --lock /e/lock --data-folder /a --data-folder /b c ' +
      '--dataset digits --dataset cifar10 --allow team.training --allow tools ' +
      '--python-path /c d --watch-stdin',
  )
  expect(command.variables.OMP_NUM_THREADS).toBe('4')
})

test('a container command gets the parameters after its own, and the folders that it names', () => {
  const command = pythonCommand({
    environment: {
      ...environment,
      command: [
        'docker',
        'run',
        '-i',
        '-v',
        '{sockets}:{sockets}',
        '-v',
        '{archloom}:/a',
        'python',
      ],
      lock: null,
    },
    endpoint: 'ipc:///x/y/s',
    worker: 'w00',
    device: 'cpu',
    threads: 1,
    determinism: 'bitwise',
    datasets: [],
    dataFolders: [],
  })
  expect(command.file).toBe('docker')
  expect(command.parameters.slice(0, 9)).toEqual([
    ...['run', '-i', '-v', '/x/y:/x/y', '-v', `${pythonFolder()}:/a`, 'python'],
    ...['-m', 'archloom_worker'],
  ])
  expect(command.parameters).not.toContain('--lock')
})

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
