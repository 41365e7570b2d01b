import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  archloomHome,
  dataFolders,
  environmentFolders,
  projectFolder,
  pythonFolder,
} from '#src/environment/folders.ts'

describe('archloomHome', () => {
  it('is ARCHLOOM_HOME where it is set, made absolute', () => {
    expect(archloomHome({ ARCHLOOM_HOME: 'here', XDG_CACHE_HOME: '/cache' })).toBe(resolve('here'))
  })

  it("is else in the user's cache folder", () => {
    expect(archloomHome({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/archloom')
    expect(archloomHome({ XDG_CACHE_HOME: '' })).toBe(join(homedir(), '.cache', 'archloom'))
    expect(archloomHome({})).toBe(join(homedir(), '.cache', 'archloom'))
  })
})

describe('dataFolders', () => {
  it('puts the explicit folder first, then those of ARCHLOOM_DATA, then the home', () => {
    const variables = { ARCHLOOM_HOME: '/home', ARCHLOOM_DATA: '/a::/b' }
    expect(dataFolders('/mine', variables)).toEqual(['/mine', '/a', '/b', '/home/data'])
  })

  it('names each folder once', () => {
    expect(dataFolders('/a', { ARCHLOOM_HOME: '/home', ARCHLOOM_DATA: '/a' })).toEqual([
      '/a',
      '/home/data',
    ])
  })
})

describe('the files that come with archloom', () => {
  it('are found from the module', () => {
    expect(existsSync(join(projectFolder(), 'package.json'))).toBe(true)
    expect(existsSync(join(pythonFolder(), 'archloom_worker'))).toBe(true)
    expect(environmentFolders({})).toEqual([join(projectFolder(), 'envs')])
    expect(environmentFolders({ ARCHLOOM_ENVS: '/a:/b' })).toEqual([
      '/a',
      '/b',
      join(projectFolder(), 'envs'),
    ])
  })
})
