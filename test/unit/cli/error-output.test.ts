import { afterEach, describe, expect, it, vi } from 'vitest'
import { reportError } from '#src/cli/error-output.ts'
import { ArchloomError } from '#src/errors.ts'

const error = new ArchloomError(
  'run/interrupted',
  'Stopped; continue with archloom resume runs/x',
  {
    details: { folder: 'runs/x' },
  },
)

function capture(stream: NodeJS.WriteStream): string[] {
  const written: string[] = []
  vi.spyOn(stream, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  return written
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('reporting an error', () => {
  it('says one sentence and gives the exit status of its code', () => {
    vi.stubEnv('npm_lifecycle_event', undefined)
    const stderr = capture(process.stderr)
    expect(reportError(error, { json: false, verbose: false })).toBe(130)
    expect(stderr).toEqual(['archloom: Stopped; continue with archloom resume runs/x\n'])
  })

  it.each(['start', 'archloom'])('names commands as npm run %s users type them', (script) => {
    vi.stubEnv('npm_lifecycle_event', script)
    const stderr = capture(process.stderr)
    reportError(error, { json: false, verbose: false })
    expect(stderr[0]).toContain('continue with npm run -s archloom -- resume runs/x')
  })

  it.each(['worker', 'workers', 'inspect'])('knows the command %s by its whole name', (command) => {
    vi.stubEnv('npm_lifecycle_event', 'start')
    const stderr = capture(process.stderr)
    const text = `Look again with archloom ${command} runs/x`
    reportError(new ArchloomError('config/usage', text), { json: false, verbose: false })
    expect(stderr[0]).toContain(`with npm run -s archloom -- ${command} runs/x`)
  })

  it('is one JSON document on stdout where JSON was asked for', () => {
    const stdout = capture(process.stdout)
    const stderr = capture(process.stderr)
    reportError(error, { json: true, verbose: false })
    expect(JSON.parse(stdout.join(''))).toEqual({
      error: { code: 'run/interrupted', message: error.message, details: { folder: 'runs/x' } },
    })
    expect(stderr).toEqual([])
  })

  it('shows the stacks of an error and its causes with --verbose, and of a defect always', () => {
    const stderr = capture(process.stderr)
    const cause = new TypeError('deep down')
    const wrapped = new ArchloomError('store/full', 'Disk is full', { cause })
    expect(reportError(wrapped, { json: false, verbose: true })).toBe(3)
    expect(stderr.join('')).toMatch(/Disk is full\n\s+at .*TypeError: deep down\n\s+at /s)
    expect(reportError(new RangeError('a defect'), { json: false, verbose: false })).toBe(70)
    expect(stderr.join('')).toMatch(/RangeError: a defect\n\s+at /)
  })
})
