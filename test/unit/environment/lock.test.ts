import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeDrift, findDrift, formatLock, parseLock } from '#src/environment/lock.ts'
import type { ArchloomError } from '#src/errors.ts'

const locked = parseLock('numpy==2.4.6\ntorch==2.13.0\nscikit-learn==1.9.1\n', 'a.lock')

describe('parseLock', () => {
  it('reads one package a line and normalizes its name', () => {
    expect([...parseLock('Scikit_Learn==1.9.1\n\nruamel.yaml==1!2.0rc1\r\n', 'a.lock')]).toEqual([
      ['scikit-learn', '1.9.1'],
      ['ruamel-yaml', '1!2.0rc1'],
    ])
  })

  it.each([
    ['numpy>=2', 'Line 1 of a.lock must be package==version, but is "numpy>=2"'],
    ['numpy==2\n# note', 'Line 2 of a.lock must be package==version, but is "# note"'],
    ['numpy==2\nNumPy==3', 'Line 2 of a.lock names numpy a second time'],
    ['\n', 'a.lock names no package'],
  ])('refuses %j with the place', (text, message) => {
    expect(() => parseLock(text, 'a.lock')).toThrow(
      expect.objectContaining({
        code: 'environment/invalid',
        message: expect.stringContaining(message),
      }) as ArchloomError,
    )
  })

  it('reads back what formatLock writes, whatever the order', () => {
    const name = fc
      .stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/)
      .map((text) => text.replace(/-+/g, '-'))
    const version = fc.stringMatching(/^[0-9]\.[0-9]{1,2}$/)
    fc.assert(
      fc.property(fc.dictionary(name, version, { minKeys: 1 }), (packages) => {
        const given = new Map(Object.entries(packages))
        const text = formatLock(new Map([...given].reverse()))
        expect(new Map(parseLock(text, 'a.lock'))).toEqual(given)
        expect(text).toBe(formatLock(given))
      }),
    )
  })
})

describe('findDrift', () => {
  const same = { numpy: '2.4.6', torch: '2.13.0', 'scikit-learn': '1.9.1' }

  it('is empty when every locked package is there, and others do not count', () => {
    expect(findDrift(locked, new Map(Object.entries({ ...same, pandas: '3.0.0' })))).toEqual([])
  })

  it('ignores the local part of a version', () => {
    const installed = new Map(Object.entries({ ...same, torch: '2.13.0+cpu' }))
    expect(findDrift(locked, installed)).toEqual([])
  })

  it('names what is missing and what differs', () => {
    const installed = new Map(Object.entries({ numpy: '2.4.5', torch: '2.13.0+cu130' }))
    const drift = findDrift(locked, installed)
    expect(drift).toEqual([
      { package: 'numpy', locked: '2.4.6', installed: '2.4.5' },
      { package: 'scikit-learn', locked: '1.9.1', installed: null },
    ])
    expect(describeDrift(drift)).toBe(
      'numpy (locked 2.4.6, installed 2.4.5), scikit-learn (locked 1.9.1, missing)',
    )
  })

  it('does not take a longer version for the same', () => {
    const installed = new Map(Object.entries({ ...same, torch: '2.13.0.1' }))
    expect(findDrift(locked, installed)).toHaveLength(1)
  })
})

describe('formatLock', () => {
  it('leaves local parts out and sorts', () => {
    expect(
      formatLock(
        new Map([
          ['torch', '2.13.0+cpu'],
          ['Numpy', '2.4.6'],
        ]),
      ),
    ).toBe('numpy==2.4.6\ntorch==2.13.0\n')
  })
})
