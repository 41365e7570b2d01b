/** Colours and type of a drawing, once for each theme; every rule is scoped to the drawing's class. */
import type { DrawingRole } from './drawing.ts'

/** `auto` follows the page's `data-theme` where it has one, else what the reader's system prefers. */
export type DrawingTheme = 'auto' | 'light' | 'dark'

export const drawingClass = 'archloom-drawing'

interface Palette {
  readonly scheme: 'light' | 'dark'
  readonly ground: string
  readonly ink: string
  readonly muted: string
  readonly edge: string
  readonly group: string
  readonly groupLine: string
  /** The group's ground where it lies on the theme's own, without transparency. */
  readonly groupGround: string
  /** Fill, outline. */
  readonly roles: Readonly<Record<DrawingRole, readonly [string, string]>>
}

// Text on each fill has a contrast of at least 4.5, an outline on the ground at least 3 where it
// carries meaning (WCAG 2.2, 1.4.3 and 1.4.11); labels say what colours say.
const light: Palette = {
  scheme: 'light',
  ground: '#ffffff',
  ink: '#1a1b1e',
  muted: '#5b5f67',
  edge: '#868b94',
  group: '#00000008',
  groupLine: '#0000001c',
  groupGround: '#f7f7f7',
  roles: {
    input: ['#2b2e34', '#2b2e34'],
    output: ['#2b2e34', '#2b2e34'],
    conv: ['#e4effb', '#3b82c6'],
    separable: ['#ddf2f1', '#1a8b8c'],
    pool: ['#e5f3e4', '#46924a'],
    linear: ['#fdeadb', '#cc6c14'],
    norm: ['#eeeff3', '#868c9c'],
    activation: ['#fbf2d0', '#a98408'],
    merge: ['#ffffff', '#62666e'],
    identity: ['#f4f4f2', '#8f939b'],
    zero: ['#ffffff00', '#8f939b'],
    choice: ['#f0e9fb', '#8559c6'],
    other: ['#f4f4f2', '#7b808a'],
  },
}

const dark: Palette = {
  scheme: 'dark',
  ground: '#16171a',
  ink: '#ececee',
  muted: '#a5aab3',
  edge: '#7d838d',
  group: '#ffffff0a',
  groupLine: '#ffffff21',
  groupGround: '#1f2023',
  roles: {
    input: ['#dfe0e3', '#dfe0e3'],
    output: ['#dfe0e3', '#dfe0e3'],
    conv: ['#172b40', '#5aa3e6'],
    separable: ['#11312f', '#3bb5b1'],
    pool: ['#18311c', '#63b568'],
    linear: ['#3a2412', '#e6944a'],
    norm: ['#26282f', '#7f8696'],
    activation: ['#332b0f', '#cda72f'],
    merge: ['#16171a', '#a5aab3'],
    identity: ['#212327', '#777c86'],
    zero: ['#16171a00', '#777c86'],
    choice: ['#2a2140', '#a88ae4'],
    other: ['#212327', '#8b919b'],
  },
}

/**
 * The style sheet of one drawing. A theme that is named is written in plain colors, which every
 * reader of SVG understands; `auto` is written in variables, which browsers fill in.
 */
export function drawingStyle(theme: DrawingTheme): string {
  if (theme === 'auto') return `${variableRules()}\n${rules}`
  const palette = theme === 'dark' ? dark : light
  const colors = variablesOf(palette)
  const plain = rules.replaceAll(/var\((--[a-z-]+)\)/g, (word, name) => colors[name] ?? word)
  return `.${drawingClass} { color-scheme: ${palette.scheme}; }\n${plain}`
}

/** Without quotation marks, which resvg does not take off within a list. */
const families = [
  'Inter',
  'ui-sans-serif',
  'system-ui',
  '-apple-system',
  'Segoe UI',
  'Roboto',
  'Helvetica Neue',
  'Arial',
  'Liberation Sans',
  'Noto Sans',
  'DejaVu Sans',
  'sans-serif',
]

const rules = `.${drawingClass} { max-width: 100%; height: auto; font-family: ${families.join(', ')}; }
.${drawingClass} text { text-anchor: middle; dominant-baseline: central; fill: var(--ink); font-size: 13px; font-weight: 550; stroke: none; }
.${drawingClass} .ground { fill: var(--ground); }
.${drawingClass} .group rect { fill: var(--group); stroke: var(--group-line); }
.${drawingClass} .group text { fill: var(--muted); font-size: 11px; font-weight: 600; text-anchor: start; letter-spacing: 0.02em; paint-order: stroke; stroke: var(--group-ground); stroke-width: 4px; stroke-linejoin: round; }
.${drawingClass} .line { fill: none; stroke: var(--edge); stroke-width: 1.5; stroke-linecap: round; }
.${drawingClass} .head { fill: var(--edge); stroke: var(--edge); stroke-width: 1; stroke-linejoin: round; }
.${drawingClass} .edge.zero .line { stroke-dasharray: 2 5; }
.${drawingClass} .box { fill: var(--other-fill); stroke: var(--other-line); stroke-width: 1.4; }
${Object.keys(light.roles).map(roleRule).join('\n')}
.${drawingClass} .plate { fill: var(--ground); }
.${drawingClass} .zero .box { stroke-dasharray: 4 3; }
.${drawingClass} .zero text { fill: var(--muted); }
.${drawingClass} .edge text { font-size: 12px; }
.${drawingClass} .detail { fill: var(--muted); font-size: 11px; font-weight: 450; font-variant-numeric: tabular-nums; }
.${drawingClass} .sign { font-size: 15px; font-weight: 600; }
.${drawingClass} .end text { fill: var(--ground); }
.${drawingClass} .end .detail { fill: var(--ground); fill-opacity: 0.78; }
`

function roleRule(role: string): string {
  return `.${drawingClass} .${role} .box { fill: var(--${role}-fill); stroke: var(--${role}-line); }`
}

/** What the variables of the rules are under each condition. */
function variableRules(): string {
  // Alone in a file the drawing is the root itself; within a page it stands below it.
  const alone = `.${drawingClass}:root`
  const unlessLight = [`:root:not([data-theme="light"]) .${drawingClass}`, alone]
  const printed = [`:root:root:root .${drawingClass}`, `${alone}:root`]
  return [
    variableRule(`.${drawingClass}`, light),
    `@media (prefers-color-scheme: dark) {\n${unlessLight.map((item) => variableRule(item, dark)).join('\n')}\n}`,
    variableRule(`:root[data-theme="dark"] .${drawingClass}`, dark),
    `@media print {\n${printed.map((item) => variableRule(item, light)).join('\n')}\n}`,
  ].join('\n')
}

function variableRule(selector: string, palette: Palette): string {
  const variables = Object.entries(variablesOf(palette)).map(
    ([name, color]) => `${name}: ${color};`,
  )
  return `${selector} { color-scheme: ${palette.scheme}; ${variables.join(' ')} }`
}

function variablesOf({ roles, ...palette }: Palette): Readonly<Record<string, string>> {
  const { ground, ink, muted, edge, group, groupLine, groupGround } = palette
  const marks = Object.entries(roles).flatMap(([role, [fill, line]]) => [
    [`--${role}-fill`, fill],
    [`--${role}-line`, line],
  ])
  return {
    '--ground': ground,
    '--ink': ink,
    '--muted': muted,
    '--edge': edge,
    '--group': group,
    '--group-line': groupLine,
    '--group-ground': groupGround,
    ...Object.fromEntries(marks),
  }
}
