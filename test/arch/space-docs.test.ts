/** The pages of the search spaces: one for each, with a drawing that its own command makes. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '#src/environment/folders.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import { generateGallery, pageProblem } from '../../scripts/generate-gallery.ts'

const folder = join(projectFolder(), 'docs', 'spaces')
const read = (path: string) => readFileSync(join(projectFolder(), path), 'utf8')
const names = spaceCatalog.map(({ name }) => name)

describe('the page of each search space', () => {
  it.each(names)('%s is there and says how its drawing is made', (name) => {
    expect(pageProblem(name)).toBeNull()
  })

  it.each(names)('%s shows the drawing, and leads to files that there are', (name) => {
    const page = read(`docs/spaces/${name}.md`)
    expect(page).toContain(`](${name}.svg)`)
    expect(page).toMatch(/^# \S/)
    expect(deadLinks(page)).toEqual([])
  })
})

describe('the gallery', () => {
  it.each(generateGallery())('$path is as npm run gallery writes it', ({ path, text }) => {
    expect(read(path)).toBe(text)
  })

  it('leads to files that there are', () => {
    expect(deadLinks(read('docs/spaces/README.md'))).toEqual([])
  })
})

describe('the walk through a space of one’s own', () => {
  const page = read('docs/spaces/your-own.md')

  it('quotes the example and the contract’s test word for word', () => {
    const sources =
      read('configs/experiments/own-space.ts') + read('test/contract/own-space.test.ts')
    const quotes = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
    expect(quotes.length).toBeGreaterThan(4)
    for (const code of quotes) expect(sources).toContain(code)
  })

  it('is about fewer than sixty lines of TypeScript', () => {
    const lines = read('configs/experiments/own-space.ts').split('\n')
    expect(lines.filter((line) => line.trim() !== '').length).toBeLessThan(60)
  })

  it('leads to files that there are', () => {
    expect(deadLinks(page)).toEqual([])
  })
})

function deadLinks(page: string): readonly string[] {
  const links = [...page.matchAll(/\]\(([^)#]+)\)|(?:href|src)="([^"#]+)"/g)].map(
    ([, inText, inTag]) => inText ?? inTag ?? '',
  )
  return links.filter((link) => !/^https?:/.test(link) && !existsSync(join(folder, link)))
}

it('looks for links from where the pages lie', () => {
  expect(dirname(join(folder, '../report.md'))).toBe(join(projectFolder(), 'docs'))
  expect(deadLinks('[a](chain.md) [b](gone.md) <img src="gone.svg">')).toEqual([
    'gone.md',
    'gone.svg',
  ])
})
