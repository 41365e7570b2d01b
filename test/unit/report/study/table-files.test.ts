import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markupOf } from '#src/report/html.ts'
import { numberColumn, pWords, type Table, wordColumn } from '#src/report/study/table.ts'
import { latexText, tableCsv, tableLatex } from '#src/report/study/table-files.ts'
import { tableHtml } from '#src/report/study/table-html.ts'

const table: Table = {
  name: 'final-values',
  title: 'Accuracy of 100% of the runs',
  marks: ['test-only table'],
  columns: [wordColumn('Method', 'method'), numberColumn('Mean ± SD', ['mean', 'deviation'])],
  rows: [
    {
      cells: [
        { text: 'a_b & "c", <i>', values: ['a_b & "c", <i>'] },
        { text: '94.37 ± 0.02', values: [0.94371, 0.0002], isBest: true },
      ],
    },
    {
      look: 'indented',
      cells: [
        { text: 'size=5', values: ['a size=5'] },
        { text: '–', values: [null, Number.NaN] },
      ],
    },
  ],
  notes: ['Mean of −1 × p < 0.05.'],
}

/** RFC 4180, as a reader would. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  let field = ''
  let isQuoted = false
  for (let place = 0; place < text.length; place++) {
    const letter = text[place] ?? ''
    if (isQuoted) {
      if (letter !== '"') field += letter
      else if (text[place + 1] === '"') field += text[++place]
      else isQuoted = false
    } else if (letter === '"') isQuoted = true
    else if (letter === ',' || letter === '\n') {
      rows.at(-1)?.push(field)
      field = ''
      if (letter === '\n') rows.push([])
    } else if (letter !== '\r') field += letter
  }
  return rows.slice(0, -1)
}

describe('CSV', () => {
  it('has raw values under names of fields, and the marks in every row', () => {
    expect(tableCsv(table)).toBe(
      'method,mean,deviation,marks\r\n"a_b & ""c"", <i>",0.94371,0.0002,test-only table\r\na size=5,,,test-only table\r\n',
    )
  })

  it('is read back as it was, whatever labels there are', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (labels) => {
        const one = { ...table, marks: [], columns: [wordColumn('M', 'method')] }
        const rows = labels.map((label) => ({ cells: [{ text: label, values: [label] }] }))
        const parsed = parseCsv(tableCsv({ ...one, rows }))
        // Only a lone carriage return is not told from a line's end by this reader.
        fc.pre(labels.every((label) => !label.includes('\r')))
        expect(parsed.slice(1).map(([label]) => label)).toEqual(labels)
      }),
    )
  })
})

describe('LaTeX', () => {
  const latex = tableLatex(table)

  it('is a booktabs table whose columns are aligned', () => {
    for (const rule of ['toprule', 'midrule', 'bottomrule']) expect(latex).toContain(`\\${rule}`)
    expect(latex).toContain('\\begin{tabular}{lr}')
    expect(latex).toContain('\\label{tab:final-values}')
    expect(latex).toContain('Method & Mean $\\pm$ SD \\\\')
  })

  it('escapes labels, prints the best in bold and puts variants under their base', () => {
    expect(latex).toContain('a\\_b \\& "c", $<$i$>$ & \\textbf{94.37 $\\pm$ 0.02} \\\\')
    expect(latex).toContain('\\quad size=5 & -- \\\\')
  })

  it('says title, marks and notes in the caption', () => {
    expect(latex).toContain(
      '\\caption{Accuracy of 100\\% of the runs. Note: test-only table. Mean of $-$1 $\\times$ p $<$ 0.05.}',
    )
  })

  it('leaves no letter of any text with a meaning of its own', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bare = latexText(text)
          .replace(/\\textbackslash\{\}|\\textascii(tilde|circum)\{\}|\\dots\{\}/g, '')
          .replace(/\$(<|>|-|\\pm|\\times|\\mu)\$/g, '')
          .replace(/\\[{}$&#_%]/g, '')
        expect(bare).not.toMatch(/[\\{}$&#_%^]/)
      }),
    )
  })
})

describe('HTML', () => {
  it('escapes labels and says the marks', () => {
    const markup = markupOf(tableHtml(table))
    expect(markup).toContain('a_b &amp; &quot;c&quot;, &lt;i&gt;')
    expect(markup).toContain('test-only table')
    expect(markup).toContain('<td class="number best" data-key="0.94371">')
    expect(markup).toContain('<td class="indented" data-key="a size=5">')
  })
})

it('p-values are never rounded to zero', () => {
  expect([0.0499, 0.00049, 1].map(pWords)).toEqual(['0.050', '< 0.001', '1.000'])
})
