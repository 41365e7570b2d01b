/** A chart as a file of its own: light colours written out, fonts named, nothing to look up. */
import { type Html, html, markupOf, trusted } from '../html.ts'
import { chartStyle, lightColors } from '../theme.ts'
import { studyChartStyle } from './study-style.ts'

/** A picture of the report, and the name of its file. */
export interface Picture {
  /** Without its ending: lower-case letters, digits, dashes. */
  readonly name: string
  readonly width: number
  readonly height: number
  readonly chart: Html
}

/** What printers and drawing programs have, the first that is there. */
const fonts =
  "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

/** An SVG file on a white ground. */
export function pictureFile({ width, height, chart }: Picture): string {
  const style = chartStyle.slice(0, chartStyle.indexOf('@media')) + studyChartStyle
  const picture = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<style>${trusted(style)}</style>
<rect width="${width}" height="${height}" fill="var(--surface)"/>
<svg width="${width}" height="${height}">${chart}</svg>
</svg>
`
  return resolveColors(markupOf(picture))
}

function resolveColors(markup: string): string {
  return markup.replace(/var\(--([a-z0-9-]+)\)/g, (whole, name: string) =>
    name === 'sans' ? fonts : (lightColors[name] ?? whole),
  )
}

/** A label as part of a file's name. */
export function fileWord(label: string): string {
  const word = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return word === '' ? 'unnamed' : word
}

/** One name a label, none twice. */
export function fileWords(labels: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const label of labels) {
    const word = fileWord(label)
    let name = word
    for (let number = 2; taken.has(name); number++) name = `${word}-${number}`
    taken.add(name)
    names.set(label, name)
  }
  return names
}
