/**
 * Writes the drawing of each space's page, by the command that the page itself gives, and the
 * gallery of all spaces, `docs/spaces/README.md`. `npm run gallery` writes; a test calls
 * `generateGallery` and compares.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countWords } from '#src/cli/space.ts'
import { projectFolder } from '#src/environment/folders.ts'
import { describeSpace, drawArchitecture } from '#src/runner/inspect-space.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SpaceEntry } from '#src/space/space.ts'
import type { GeneratedFile } from './generate-protocol.ts'

const folder = 'docs/spaces'

/** Drawings of all spaces that have a page, and the gallery of them. */
export function generateGallery(): GeneratedFile[] {
  const entries = spaceCatalog.filter(({ name }) => pageProblem(name) === null)
  const drawings = entries.map(({ name }) => ({
    path: `${folder}/${name}.svg`,
    text: drawingOf(name, drawingCommand(name) ?? []),
  }))
  return [...drawings, { path: `${folder}/README.md`, text: galleryText(entries) }]
}

/** What the page of a space lacks: null when it has all that the gallery needs. */
export function pageProblem(name: string): string | null {
  if (!existsSync(pagePath(name)))
    return `The space ${name} has no page; write ${folder}/${name}.md`
  if (drawingCommand(name)) return null
  return `The page ${folder}/${name}.md does not say how its drawing is made; give it \`archloom space draw "…" --space ${name} --out ${name}.svg\``
}

/** Words of the page's `archloom space draw … --out <name>.svg` behind `draw`. */
function drawingCommand(name: string): readonly string[] | undefined {
  const page = readFileSync(pagePath(name), 'utf8')
  return [...page.matchAll(/`archloom space draw\s([^`]+)`/g)]
    .map(([, text = '']) => shellWords(text))
    .find((words) => words.at(-1) === `${name}.svg`)
}

function drawingOf(name: string, [text = '', ...flags]: readonly string[]): string {
  const overrides = flags.filter((_, index) => flags[index - 1] === '--set')
  return drawArchitecture({ name, overrides }, text, { background: true }).svg
}

function pagePath(name: string): string {
  return join(projectFolder(), folder, `${name}.md`)
}

/** Words of a command line that a page may have broken into lines. */
function shellWords(text: string): readonly string[] {
  const line = text.replaceAll(/\s+/g, ' ')
  return [...line.matchAll(/"([^"]*)"|[^\s"]+/g)].map(([word, quoted]) => quoted ?? word)
}

function galleryText(entries: readonly SpaceEntry[]): string {
  return `# Search spaces

<!-- Written by npm run gallery from the catalog and the pages; edit those. -->

Every space samples, mutates, crosses, counts, writes itself as text and compiles to a network graph
that the worker builds; \`archloom space show NAME\` prints its settings, and
[your own](your-own.md) works as these do.

Each page gives the command that made its drawing. With \`--out NAME.png\` it writes a PNG, light or
\`--theme dark\`, of \`--scale\` pixels to each unit of the SVG; with \`--network 3x32x32\` it draws the
whole network that the space makes of an architecture for such inputs.

| | space | takes | architectures at default settings |
|---|---|---|---|
${entries.map(row).join('\n')}
`
}

/** A picture within 240 by 150 pixels. */
function thumbnail(name: string): string {
  const svg = drawingOf(name, drawingCommand(name) ?? [])
  const [, width = 1, height = 1] = /width="([0-9.]+)" height="([0-9.]+)"/.exec(svg) ?? []
  const size = Number(width) / Number(height) > 240 / 150 ? 'width="240"' : 'height="150"'
  return `<a href="${name}.md"><img src="${name}.svg" ${size} alt="A drawing of ${name}"></a>`
}

function row({ name, summary, source, settings, create }: SpaceEntry): string {
  const space = create(settings.parse({}))
  const words = `[**${name}**](${name}.md)<br>${summary}.<br><sub>${source}</sub>`
  const count = countWords(describeSpace({ name, overrides: [] }))
  return `| ${thumbnail(name)} | ${words} | ${space.takes ?? 'nothing'} | ${count} |`
}

if (import.meta.main) {
  const problems = spaceCatalog.flatMap(({ name }) => pageProblem(name) ?? [])
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  for (const { path, text } of generateGallery()) writeFileSync(join(projectFolder(), path), text)
}
