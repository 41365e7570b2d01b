/** The look of what only a study's page has. */
export const studyChartStyle = `
.series { fill: none; stroke-linejoin: round; }
.series:hover { stroke-width: 3.2; }
.band { stroke: none; fill-opacity: 0.13; }
.bands.many .band { fill-opacity: 0.07; }
.bridge { fill: none; stroke-width: 1; stroke-opacity: 0.45; stroke-dasharray: 1 3; }
.chart .end-label { fill: var(--ink); }
.chart .plot-mark { fill: var(--warn-ink); font-weight: 600; font-size: 11.5px; }
.rank-bar { stroke: var(--ink); stroke-width: 4.5; stroke-linecap: round; }
.rank-line { fill: none; stroke: var(--faint); stroke-width: 1.1; }
.rank-scale { stroke: var(--ink); stroke-width: 1.2; }
.chart .rank-name { fill: var(--ink); font-size: 12.5px; }
.whisker { stroke: var(--accent); stroke-width: 1.8; }
.whisker.unsure { stroke: var(--dot); }
.estimate { fill: var(--accent); }
.estimate.unsure { fill: var(--surface); stroke: var(--dot); stroke-width: 1.6; }
.zero { stroke: var(--ink); stroke-width: 1.1; }
.chart .row-name { fill: var(--ink); }
.chart .group-name { fill: var(--muted); font-weight: 600; }
.share { stroke: var(--surface); stroke-width: 1; }
.chart .share-words { fill: var(--ink); font-size: 11px; }
.muted-words { fill: var(--muted); }
`

export const studyLayoutStyle = `
.marks { display: inline-flex; gap: 6px; flex-wrap: wrap; }
.wide { padding: 16px 18px 14px; margin-bottom: 16px; }
.wide .chart { margin-top: 8px; }
.narrow .chart { max-width: 800px; margin-left: auto; margin-right: auto; }
.figures + .table-card { margin-top: 16px; }
.table-card .trials th, .table-card .trials td { padding-left: 8px; padding-right: 8px; }
.table-card .trials th:first-child, .table-card .trials td:first-child { padding-left: 14px; }
.table-card .trials td.indented { padding-left: 30px; }
.trials .settings code { max-width: 460px; white-space: normal; overflow-wrap: anywhere; }
.benchmark-head { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 16px; margin: 0 0 12px; }
.switches { display: flex; flex-wrap: wrap; gap: 8px 12px; margin-left: auto; }
.switch { border: 1px solid var(--line); border-radius: 8px; display: inline-flex; overflow: hidden; padding: 0; margin: 0; min-width: 0; }
.switch legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.switch label { font-size: 12.5px; color: var(--muted); padding: 4px 10px; cursor: pointer; white-space: nowrap; border-right: 1px solid var(--line); }
.switch label:last-child { border-right: 0; }
.switch input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.switch label:has(:checked) { background: var(--accent-wash); color: var(--ink); font-weight: 550; }
.switch label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 7px; }
.view { display: none; }
.trials caption { text-align: left; padding: 12px 14px 10px; font-size: 13.5px; color: var(--ink); font-weight: 600; }
.trials caption .muted { font-weight: 400; }
.trials td.best { font-weight: 650; color: var(--ink); }
.trials td.best::after { content: " •"; color: var(--winner); }
.trials .reference-row td { color: var(--muted); }
.table-card { margin-bottom: 16px; }
.table-notes { font-size: 12.5px; color: var(--muted); padding: 8px 14px 12px; margin: 0; }
.table-notes p { margin: 0 0 4px; }
.files { font-size: 12.5px; color: var(--muted); }
@media (max-width: 860px) {
  .wide, .figures .card { overflow-x: auto; }
  .wide .chart { min-width: 760px; }
  .figures .chart { min-width: 520px; }
  .switches { margin-left: 0; }
}
@media (max-width: 560px) { .chart text { font-size: 12px; } .chart .axis-title { font-size: 11.5px; } }
@media print { .switches { display: none; } .tall { overflow: visible; } }
`
