/** An inspected function as a person reads it. */
import { relative } from 'node:path'
import { styleText } from 'node:util'
import type { InspectedCall } from '#src/runner/inspect-function.ts'
import { type DescribedParameter, describeSpaceParameters } from '#src/runner/inspect-space.ts'

type Style = Parameters<typeof styleText>[0]

/** Plain where the output is no terminal, or the person wants it plain (`NO_COLOR`). */
const styled = (style: Style, text: string) =>
  styleText(style, text, { stream: process.stdout, validateStream: true })

const labelWidth = 12

export function inspectionLines(found: InspectedCall): readonly string[] {
  return [
    ...headLines(found),
    ...section('Arguments', argumentRows(found)),
    ...section('Methods', methodRows(found)),
    ...spaceLines(found),
    ...section('Installed', installedRows(found)),
    ...problemLines(found),
  ]
}

function headLines(found: InspectedCall): readonly string[] {
  const { place, docstring, returns } = found
  const where = place === null ? found.home : `${shortPath(place.file)}:${place.line}`
  const summary = docstring?.split('\n\n', 1)[0]?.replaceAll('\n', ' ')
  return [
    `${styled('bold', found.function)}  ${styled('dim', `${kindWords[found.what]}, ${where}`)}`,
    ...(summary === undefined ? [] : [summary]),
    ...(returns === null ? [] : [`Returns ${returns}`]),
  ]
}

const kindWords: Readonly<Record<InspectedCall['what'], string>> = {
  function: 'function',
  class: 'class, for sessions',
  object: 'object that is called',
  coroutine: 'async function',
  generator: 'generator',
}

type Row = readonly [string, ...string[]]

function argumentRows({ parameters, arguments: bound }: InspectedCall): readonly Row[] {
  return (parameters ?? []).map((parameter, index): Row => {
    const { from = 'nothing', words = '' } = bound[index] ?? {}
    const sign = { worker: '← worker', input: '← input', rest: '← input', nothing: '  —' }[from]
    return [signatureWords(parameter), sign, words]
  })
}

type Parameter = NonNullable<InspectedCall['parameters']>[number]

const stars: Partial<Record<Parameter['kind'], string>> = {
  'var-positional': '*',
  'var-keyword': '**',
}

function signatureWords({ name, kind, annotation, default: value }: Parameter): string {
  const hint = annotation === null ? '' : `: ${annotation}`
  const given = value === null ? '' : ` = ${value.text}`
  return `${stars[kind] ?? ''}${name}${hint}${given}`
}

function methodRows({ methods }: InspectedCall): readonly Row[] {
  return methods.map(({ name, parameters, docstring }): Row => {
    const words = (parameters ?? []).map(signatureWords).join(', ')
    return [`${name}(${words})`, docstring?.split('\n', 1)[0] ?? '']
  })
}

function spaceLines({ searchSpace, declaredAt, what }: InspectedCall): readonly string[] {
  if (searchSpace === null) {
    if (declaredAt !== null)
      return ['', `${styled('bold', 'Space')}  ${declaredAt}, which is wrong`]
    if (what === 'class') return []
    return ['', `${styled('bold', 'Space')}  none declared; archloom init --from guesses one`]
  }
  const { where, space } = searchSpace
  const rows = describeSpaceParameters(space).map(parameterRow)
  return section('Space', rows, where)
}

function parameterRow({ name, domain, condition }: DescribedParameter): Row {
  return [name, condition === null ? domain : `${domain}; if ${condition}`]
}

function installedRows({ versions, environment }: InspectedCall): readonly Row[] {
  const { python, torch, packages } = versions
  const others = Object.entries(packages).filter(([name]) => name !== 'torch')
  return [
    ['Python', `${python}, environment ${environment}`],
    ['PyTorch', torch ?? 'not installed'],
    ...others.map(([name, version]): Row => [name, version ?? styled('red', 'not installed')]),
  ]
}

function problemLines({ problems }: InspectedCall): readonly string[] {
  if (problems.length === 0) return ['', styled('green', 'A worker can call it as it is.')]
  return ['', ...problems.map((problem) => `${styled('yellow', 'PROBLEM')}  ${problem}`)]
}

/** A heading, and rows whose columns stand below each other; nothing without rows. */
function section(title: string, rows: readonly Row[], note = ''): readonly string[] {
  if (rows.length === 0) return []
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.min(44, Math.max(labelWidth, ...rows.map((row) => row[column]?.length ?? 0))),
  )
  const head = note === '' ? styled('bold', title) : `${styled('bold', title)}  ${note}`
  return [
    '',
    head,
    ...rows.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    ),
  ]
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
