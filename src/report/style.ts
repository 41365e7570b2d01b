/** The page's style sheet: colours once for each theme, then layout from top to bottom. */
import { chartStyle, themeStyle } from './theme.ts'

const layoutStyle = `
*, *::before, *::after { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 16px; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 var(--sans); font-feature-settings: "cv11", "ss03";
  -webkit-font-smoothing: antialiased; text-rendering: optimizeLegibility;
}
main, .top-bar, footer { max-width: 1168px; margin: 0 auto; padding: 0 24px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, pre { font-family: var(--mono); font-size: 0.86em; }
p { margin: 0 0 12px; }
.muted, figcaption, .description { color: var(--muted); }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 16px; top: 8px; background: var(--surface); padding: 6px 10px; z-index: 2; }

.top-bar { display: flex; align-items: center; gap: 24px; padding-top: 18px; padding-bottom: 18px; font-size: 13px; }
.brand { display: flex; align-items: center; gap: 8px; font-weight: 600; letter-spacing: -0.005em; }
.brand path { stroke: var(--accent); stroke-width: 1.6; fill: none; stroke-linecap: round; }
nav { display: flex; gap: 18px; overflow-x: auto; scrollbar-width: none; flex: 1; }
nav a { color: var(--muted); white-space: nowrap; padding: 4px 0; }
nav a:hover { color: var(--ink); text-decoration: none; }
button {
  font: inherit; font-size: 12px; color: var(--muted); background: var(--surface); cursor: pointer;
  border: 1px solid var(--line); border-radius: 7px; padding: 3px 10px;
}
button:hover { color: var(--ink); border-color: var(--faint); }
html:not(.scripted) .theme, html:not(.scripted) .copy { display: none; }

.overview { padding: 28px 0 8px; }
.title { display: flex; align-items: center; gap: 14px; flex-wrap: wrap; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.025em; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
.description { margin: 10px 0 0; max-width: 70ch; }
.lead { font-size: 19px; line-height: 1.5; letter-spacing: -0.01em; max-width: 62ch; margin: 18px 0 24px; }
.lead strong { font-weight: 650; font-variant-numeric: tabular-nums; }
.chip {
  display: inline-flex; align-items: center; gap: 6px; font-size: 12px; line-height: 1; font-weight: 500;
  padding: 4px 8px 4px 7px; border-radius: 99px; white-space: nowrap; color: var(--tone-ink); background: var(--tone-wash);
}
.chip::before { content: ""; width: 6px; height: 6px; border-radius: 50%; background: var(--tone); flex: none; }
.good { --tone: var(--good); --tone-ink: var(--good-ink); --tone-wash: var(--good-wash); }
.bad { --tone: var(--bad); --tone-ink: var(--bad-ink); --tone-wash: var(--bad-wash); }
.warn { --tone: var(--warn); --tone-ink: var(--warn-ink); --tone-wash: var(--warn-wash); }
.calm { --tone: var(--faint); --tone-ink: var(--muted); --tone-wash: var(--wash); }
.bad.chip::before { border-radius: 1px; transform: rotate(45deg); }
.warn.chip::before { border-radius: 1px; }

.banner {
  border: 1px solid var(--tone); background: var(--tone-wash); border-radius: 10px;
  padding: 12px 16px; margin: 0 0 12px; overflow-wrap: anywhere;
}
.banner strong { color: var(--tone-ink); font-weight: 600; }
.banner.calm strong { color: var(--ink); }
.banner ul { margin: 4px 0 0; padding-left: 20px; }
.banner p { margin: 0 0 4px; }

.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(158px, 1fr)); gap: 1px; margin: 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
}
.tile { background: var(--surface); padding: 16px 18px 14px; }
.tile dt { font-size: 12.5px; color: var(--muted); }
.tile dd { margin: 0; }
.tile .value { font-size: 23px; white-space: nowrap; line-height: 1.25; letter-spacing: -0.025em; font-weight: 600; font-variant-numeric: tabular-nums; margin: 3px 0 2px; }
.tile .note-text { font-size: 12.5px; color: var(--muted); line-height: 1.4; }

section { padding-top: 48px; }
h2 { font-size: 21px; line-height: 1.25; letter-spacing: -0.018em; font-weight: 620; margin: 0 0 14px; }
h3 { font-size: 14px; line-height: 1.4; font-weight: 600; letter-spacing: -0.005em; margin: 0; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; }
figure { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.figures .card { padding: 16px 18px 14px; display: flex; flex-direction: column; }
.figure-head { display: flex; justify-content: space-between; align-items: center; gap: 12px; min-height: 22px; }
figcaption { font-size: 12.5px; line-height: 1.45; margin-top: 8px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 0; margin: 6px 0 10px; font-size: 12.5px; color: var(--muted); }
.legend li { display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }
.toggle { font-size: 12.5px; color: var(--muted); display: inline-flex; align-items: center; gap: 6px; cursor: pointer; white-space: nowrap; }
.toggle input { accent-color: var(--accent); margin: 0; }

.architecture { display: grid; grid-template-columns: minmax(0, 2fr) minmax(260px, 1fr); gap: 16px; }
.architecture-main { display: flex; flex-direction: column; gap: 12px; min-width: 0; }
.architecture-main .copyable { margin: 0; }
.drawing { display: flex; flex: 1; align-items: center; justify-content: center; padding: 20px 16px; }
.drawing .scroll { max-width: 100%; text-align: center; }
.drawing svg { max-width: 100%; height: auto; }
.fact-list { margin: 0; padding: 8px 18px; font-size: 13.5px; }
.fact-list div { display: flex; justify-content: space-between; gap: 16px; padding: 6px 0; border-bottom: 1px solid var(--hair); }
.fact-list div:last-child { border-bottom: 0; }
.fact-list dt { color: var(--muted); white-space: nowrap; }
.fact-list dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; min-width: 0; }
.rows div { display: grid; grid-template-columns: 190px minmax(0, 1fr); }
.rows dd { text-align: left; }
.lineage { list-style: none; display: flex; flex-wrap: wrap; gap: 8px 0; padding: 0; margin: 10px 0 0; font-size: 13px; }
.lineage li { display: inline-flex; gap: 6px; align-items: baseline; }
.lineage li:not(:last-child)::after { content: "→"; color: var(--faint); margin: 0 10px 0 4px; }
.lineage-value { font-variant-numeric: tabular-nums; font-weight: 550; }

.copyable { position: relative; margin: 0 0 12px; }
pre {
  margin: 0; padding: 12px 16px; background: var(--wash); border-radius: 10px; overflow: auto;
  font-size: 12.5px; line-height: 1.6; max-height: 460px;
}
.copyable pre { padding-right: 84px; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: inherit; }
.copyable .copy { position: absolute; top: 8px; right: 8px; }

.scroll { overflow: auto; max-width: 100%; }
.tall { max-height: 640px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
.trials th, .trials td { padding: 7px 10px; white-space: nowrap; text-align: left; border-bottom: 1px solid var(--hair); }
.trials tr:last-child td { border-bottom: 0; }
.trials thead th { position: sticky; top: 0; background: var(--surface); z-index: 1; border-bottom: 1px solid var(--line); padding: 0 10px; }
.trials .number { text-align: right; }
.trials tbody tr:hover td { background: var(--wash); }
.trials tbody tr.selected td { background: var(--accent-wash); }
.trials tbody tr:target td { background: var(--warn-wash); }
.trials tbody tr { scroll-margin-top: 48px; }
.trials code { font-size: 11.5px; display: inline-block; max-width: 270px; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; color: var(--muted); }
.sort { border: 0; background: none; padding: 9px 0; font-weight: 550; color: var(--muted); font-size: 12px; border-radius: 4px; }
html:not(.scripted) .sort { cursor: default; pointer-events: none; }
th[aria-sort="ascending"] .sort, th[aria-sort="descending"] .sort { color: var(--ink); }
th[aria-sort="ascending"] .sort::after { content: " ↑"; }
th[aria-sort="descending"] .sort::after { content: " ↓"; }
.mark { color: var(--winner); }
.bar { display: inline-block; width: 44px; height: 4px; border-radius: 2px; background: var(--hair); margin-left: 10px; vertical-align: middle; overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--accent); opacity: 0.75; }

.failures { list-style: none; padding: 0; margin: 0; }
.failure { padding: 11px 18px; border-bottom: 1px solid var(--hair); }
.failure:last-child { border-bottom: 0; }
.failure-head { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; font-size: 13.5px; font-weight: 550; }
.failure-head .muted { font-weight: 400; }
.failure .message { margin: 4px 0 0; overflow-wrap: anywhere; white-space: pre-line; }
.failure details { margin-top: 4px; }
.failure pre { margin-top: 8px; }
summary { cursor: pointer; color: var(--muted); font-size: 13px; }
summary:hover { color: var(--ink); }
.config > summary { margin-bottom: 10px; }

.plain { list-style: none; padding: 0; margin: 0 0 14px; font-size: 13px; }
.hash { font-size: 12px; overflow-wrap: anywhere; }
.data-card { margin-bottom: 16px; padding: 14px 18px; }
.data-card .fact-list { padding: 4px 0 0; }
.fact-groups { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 16px; align-items: start; }
.fact-groups > :only-child { grid-column: 1 / -1; }
.fact-groups.stacked { grid-template-columns: minmax(0, 1fr); }
.facts-card { padding: 14px 18px; min-width: 0; }
.facts-card details { margin-top: 10px; }
.facts { margin-top: 8px; }
.facts th, .facts td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--hair); font-weight: 400; overflow-wrap: anywhere; }
.facts tbody th { color: var(--muted); width: 42%; min-width: 130px; }
.facts thead th { color: var(--muted); font-size: 12px; }
.facts tr:last-child > * { border-bottom: 0; }
.facts .differs > * { background: var(--warn-wash); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

footer { padding-top: 56px; padding-bottom: 40px; font-size: 12.5px; color: var(--muted); }
.hint {
  position: fixed; top: 0; left: 0; z-index: 3; pointer-events: none; opacity: 0; white-space: pre-line;
  background: var(--ink); color: var(--page); font-size: 12px; line-height: 1.45; padding: 7px 10px; border-radius: 7px;
  max-width: min(340px, calc(100vw - 16px)); overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
}
.hint.seen { opacity: 1; }

@media (max-width: 860px) {
  .figures, .architecture, .fact-groups { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 560px) {
  main, .top-bar, footer { padding-left: 16px; padding-right: 16px; }
  .top-bar { gap: 16px; }
  h1 { font-size: 27px; }
  .lead { font-size: 17px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tile { padding: 12px 14px; }
  .tile .value { font-size: 20px; }
  .figures .card { padding: 14px 12px 12px; }
  .tall { max-height: 70vh; }
  .rows div { display: block; }
}
@media print {
  body { font-size: 11px; }
  .top-bar button, nav, .copy, .toggle { display: none; }
  .card, .tiles, .failure { break-inside: avoid; }
  .tall { max-height: none; }
  .trials { font-size: 8px; }
  .trials th, .trials td { padding: 2px 4px; }
  pre { max-height: none; white-space: pre-wrap; }
  details::details-content { content-visibility: visible; block-size: auto; }
  section { padding-top: 24px; }
}
`

/** Everything, for a style element. */
export const pageStyle = `${themeStyle}${chartStyle}${layoutStyle}`
