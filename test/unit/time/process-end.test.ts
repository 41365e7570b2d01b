import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** A process of its own that runs this script; what it wrote. */
function run(script: string) {
  const module = new URL('../../../src/time/process-end.ts', import.meta.url)
  const text = `import { atProcessEnd } from ${JSON.stringify(module.href)}\n${script}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
  })
  return { stdout, stderr }
}

describe('duties at the end of the process', () => {
  it('are done in their order, but for those that were taken back', () => {
    const { stdout } = run(`
      atProcessEnd(() => process.stdout.write('one '))
      const forget = atProcessEnd(() => process.stdout.write('two '))
      atProcessEnd(() => process.stdout.write('three'))
      forget()
      process.exit(0)
    `)
    expect(stdout).toBe('one three')
  })

  it('may be many without a warning of a leak, and leave no listener behind', () => {
    const { stdout, stderr } = run(`
      const before = process.listenerCount('exit')
      const all = Array.from({ length: 30 }, () => atProcessEnd(() => {}))
      const during = process.listenerCount('exit')
      for (const forget of all) forget()
      console.log(during - before, process.listenerCount('exit') - before)
    `)
    expect(stdout).toBe('1 0\n')
    expect(stderr).toBe('')
  })
})
