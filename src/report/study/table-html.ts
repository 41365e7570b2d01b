import { type Html, html } from '../html.ts'
import { markChips } from './marks.ts'
import type { Table, TableCell, TableColumn, TableRow } from './table.ts'

/** A table that sorts where scripts run. */
export function tableHtml(table: Table): Html {
  const { title, marks, columns, rows, notes } = table
  return html`<div class="card table-card"><div class="scroll" tabindex="0" role="region" aria-label="Table: ${title}"><table class="trials">
<caption>${title} ${markChips(marks)}</caption>
<thead><tr>${columns.map(head)}</tr></thead>
<tbody>${rows.map((row) => rowHtml(row, columns))}</tbody>
</table></div>${notes.length > 0 && html`<div class="table-notes">${notes.map((note) => html`<p>${note}</p>`)}</div>`}</div>`
}

function head({ title, isNumber, meaning }: TableColumn): Html {
  return html`<th scope="col" aria-sort="none"${isNumber && html` class="number"`}${meaning !== undefined && html` title="${meaning}"`}><button type="button" class="sort">${title}</button></th>`
}

function rowHtml({ cells, look }: TableRow, columns: readonly TableColumn[]): Html {
  return html`<tr${look === 'reference' && html` class="reference-row"`}>${cells.map((cell, index) => cellHtml(cell, columns[index], index === 0 && look === 'indented'))}</tr>`
}

function cellHtml(cell: TableCell, column: TableColumn | undefined, isIndented: boolean): Html {
  const classes = [
    column?.isNumber === true && 'number',
    cell.isBest === true && 'best',
    isIndented && 'indented',
  ].filter((word) => word !== false)
  return html`<td${classes.length > 0 && html` class="${classes.join(' ')}"`} data-key="${cell.values[0]}">${cell.text}</td>`
}
