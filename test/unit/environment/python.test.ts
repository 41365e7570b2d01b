import { describe, expect, it } from 'vitest'
import { findPython, probePython, versionFits } from '#src/environment/python.ts'

describe('versionFits', () => {
  it.each([
    ['3.11.0', '>=3.11', true],
    ['3.9.18', '>=3.11', false],
    ['3.14.0', '>=3.11,<3.14', false],
    ['3.13.9', '>=3.11, <3.14', true],
    ['4.0.0', '>=3.11', true],
    ['3.11.4', '>=3.11.5', false],
  ])('%s against %s is %s', (version, accepted, fits) => {
    expect(versionFits(version, accepted)).toBe(fits)
  })

  it.each(['~=3.11', '3.11', '', '>=3.11,'])('refuses the condition %j', (accepted) => {
    expect(() => versionFits('3.11.0', accepted)).toThrow(
      expect.objectContaining({ code: 'environment/invalid' }) as Error,
    )
  })
})

describe('findPython', () => {
  it('finds an interpreter that fits, with its full version', async () => {
    const { path, version } = await findPython('>=3.11')
    expect(await probePython(path)).toEqual({ path, version })
    expect(version).toMatch(/^3\.\d+\.\d+$/)
  })

  it('says which versions it saw when none fits', async () => {
    await expect(findPython('>=9.0')).rejects.toMatchObject({
      code: 'environment/missing-python',
      message: expect.stringMatching(/^Python >=9\.0 is needed, but found 3\.\d+\.\d+ at \//),
    })
  })

  it('says so when the named interpreter does not run', async () => {
    await expect(findPython('>=3.11', 'no-such-python')).rejects.toMatchObject({
      code: 'environment/missing-python',
      message: expect.stringContaining('none of no-such-python runs'),
    })
  })
})
