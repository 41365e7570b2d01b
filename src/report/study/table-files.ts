/** Tables as CSV (RFC 4180) and as LaTeX with booktabs. */
import type { Table, TableCell, TableColumn } from './table.ts'

/** Raw values under their field names; a row's marks as a last column, so that no one can lose them. */
export function tableCsv({ columns, rows, marks }: Table): string {
  const fields = [...columns.flatMap((column) => column.fields), 'marks']
  const lines = rows.map(({ cells, marks: own = marks }) => [
    ...columns.flatMap((column, index) =>
      column.fields.map((_, place) => cells[index]?.values[place] ?? null),
    ),
    own.join('; '),
  ])
  return `${[fields, ...lines].map((line) => line.map(csvField).join(',')).join('\r\n')}\r\n`
}

function csvField(value: number | string | null): string {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A `table` environment; needs `\usepackage{booktabs}`. */
export function tableLatex({ name, title, columns, rows, marks, notes }: Table): string {
  const sentences = [title, ...marks.map((mark) => `Note: ${mark}`), ...notes]
  const caption = sentences.map((sentence) => `${sentence.replace(/[.]$/, '')}.`).join(' ')
  return [
    '% Needs \\usepackage{booktabs}; written by archloom.',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${latexText(caption)}}`,
    `  \\label{tab:${name}}`,
    `  \\begin{tabular}{${columns.map(alignment).join('')}}`,
    '    \\toprule',
    `    ${latexRow(columns.map((column) => latexText(column.title)))}`,
    '    \\midrule',
    ...rows.map(
      ({ cells, look }) =>
        `    ${look === 'indented' ? '\\quad ' : ''}${latexRow(cells.map(latexCell))}`,
    ),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n')
}

function alignment({ isNumber }: TableColumn): string {
  return isNumber ? 'r' : 'l'
}

function latexCell({ text, isBest }: TableCell): string {
  return isBest === true ? `\\textbf{${latexText(text)}}` : latexText(text)
}

function latexRow(cells: readonly string[]): string {
  return `${cells.join(' & ')} \\\\`
}

const latexWords: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '$<$',
  '>': '$>$',
  '±': '$\\pm$',
  '−': '$-$',
  '×': '$\\times$',
  '–': '--',
  '…': '\\dots{}',
  '’': "'",
  '“': '``',
  '”': "''",
  µ: '$\\mu$',
  '\u00a0': '~',
}

/** Text that LaTeX prints as it stands. */
export function latexText(text: string): string {
  return text.replace(/[\\{}$&#_%~^<>±−×–…’“”µ\u00a0]/g, (letter) => latexWords[letter] ?? '')
}
