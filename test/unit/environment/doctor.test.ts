import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkNode, diagnose } from '#src/environment/doctor.ts'
import type { Finding } from '#src/environment/finding.ts'
import { checkGpu } from '#src/environment/worker-check.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const create = 'archloom env create cuda'

afterEach(() => {
  vi.unstubAllEnvs()
})

function finding(findings: readonly Finding[], check: string): Finding | undefined {
  return findings.find((one) => one.check === check)
}

describe('checkNode', () => {
  it('wants Node 24', () => {
    expect(checkNode('24.21.0').status).toBe('fine')
    expect(checkNode('22.4.0')).toMatchObject({ status: 'problem', found: '22.4.0' })
  })
})

describe('checkGpu', () => {
  it('tells a CPU build from a missing driver', () => {
    expect(checkGpu('13.0', ['NVIDIA H100'], create)).toMatchObject({ status: 'fine' })
    expect(checkGpu(null, [], create).found).toContain('is a CPU build')
    expect(checkGpu('13.0', [], create)).toMatchObject({
      found: 'PyTorch for CUDA 13.0 sees no GPU',
      mend: expect.stringContaining('nvidia-smi'),
    })
  })
})

describe('diagnose', () => {
  it('refuses a name that no environment has', async () => {
    await expect(diagnose('gpu')).rejects.toMatchObject({ code: 'environment/invalid' })
  })

  it('says how to create an environment, and checks no further in it', async () => {
    await using folder = await temporaryFolder()
    vi.stubEnv('ARCHLOOM_HOME', folder.path)
    const findings = await diagnose('cpu')
    expect(findings.map(({ check, status }) => [check, status])).toEqual([
      ['Node', 'fine'],
      ['Python', 'fine'],
      ['environment', 'problem'],
      ['sockets', 'fine'],
    ])
    expect(finding(findings, 'environment')?.mend).toBe('archloom env create cpu')
  })

  it('says what to install when there is no Python', async () => {
    await using folder = await temporaryFolder()
    vi.stubEnv('ARCHLOOM_HOME', folder.path)
    vi.stubEnv('PATH', folder.path)
    const python = finding(await diagnose('cpu'), 'Python')
    expect(python).toMatchObject({ status: 'problem', mend: expect.stringContaining('install it') })
    expect(python?.found).toContain('Python >=3.11 is needed, but none of python3')
  })

  it('finds a port in use', async () => {
    await using folder = await temporaryFolder()
    vi.stubEnv('ARCHLOOM_HOME', folder.path)
    await using server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    expect(finding(await diagnose('cpu', { port }), 'port')).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('EADDRINUSE'),
    })
  })

  it('finds a temporary folder that is missing, and one whose path is too long', async () => {
    await using folder = await temporaryFolder()
    vi.stubEnv('ARCHLOOM_HOME', folder.path)
    const missing = await diagnose('cpu', { socketFolder: join(folder.path, 'missing') })
    expect(finding(missing, 'sockets')?.found).toContain('no folder can be made')
    const long = join(folder.path, 'x'.repeat(100))
    await mkdir(long)
    expect(finding(await diagnose('cpu', { socketFolder: long }), 'sockets')).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('107 fit'),
      mend: expect.stringContaining('TMPDIR'),
    })
  })
})
