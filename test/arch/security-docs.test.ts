import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'

const page = readFileSync(join(projectFolder(), 'docs', 'security.md'), 'utf8')

it('names tests for its claims, and all of them are there', () => {
  const named = [...page.matchAll(/`((?:test|py|src)\/[^`\s]+)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(join(projectFolder(), path)))).toEqual([])
})

it('says something with a test in every section but what is out of scope', () => {
  const sections = page.split(/^## /m).slice(2)
  const bare = sections.filter((section) => !/`(test|py\/tests)\//.test(section))
  expect(bare.map((section) => section.split('\n', 1)[0])).toEqual(['Out of scope'])
})
