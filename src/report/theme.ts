/**
 * Colours, once for each theme, and the look of charts. Apart from the page's layout, so that a
 * chart can also stand alone in an SVG file.
 *
 * Hues are Okabe and Ito's, darkened or lightened until text on its ground has a contrast of 4.5 and
 * a mark 3; shape tells apart what colour tells apart.
 * @see Okabe and Ito 2008, "Color Universal Design"; WCAG 2.2, 1.4.3 and 1.4.11.
 */
const light = `
  --page: #fafaf8; --surface: #ffffff; --wash: #f3f3f0;
  --ink: #1a1b1e; --muted: #62666e; --faint: #9a9ea6; --line: #e3e3df; --hair: #eeeeeb;
  --accent: #0868b5; --accent-wash: #eaf3fb; --dot: #7b828c;
  --winner: #b44300; --reference: #00795b;
  --good: #008a66; --good-ink: #006b50; --good-wash: #e6f4ef;
  --bad: #c3391b; --bad-ink: #a92f13; --bad-wash: #fcece7;
  --warn: #b27300; --warn-ink: #825300; --warn-wash: #fcf3dd;
  --series-0: #0072b2; --series-1: #d55e00; --series-2: #008f68; --series-3: #c0649a;
  --series-4: #2b8fcb; --series-5: #b67900; --series-6: #1a1b1e;
  --share-0: #cfe3f3; --share-1: #a9cdea; --share-2: #c5e6da; --share-3: #f3d9c2; --share-bad: #f0a58f;`

const dark = `
  --page: #0e0f11; --surface: #16171a; --wash: #1e2024;
  --ink: #ececee; --muted: #9ba0a9; --faint: #6b707a; --line: #2a2c31; --hair: #232529;
  --accent: #5cb3f2; --accent-wash: #13273a; --dot: #8b929d;
  --winner: #ff9050; --reference: #3cc79d;
  --good: #2fbf94; --good-ink: #57d3ae; --good-wash: #10291f;
  --bad: #f0694a; --bad-ink: #ff9177; --bad-wash: #34170f;
  --warn: #e0a32e; --warn-ink: #f0bd58; --warn-wash: #2e230c;
  --series-0: #4aa3e0; --series-1: #ee7a2b; --series-2: #1fb98c; --series-3: #de93bd;
  --series-4: #8accf2; --series-5: #e6a520; --series-6: #ececee;
  --share-0: #1d4463; --share-1: #285f8a; --share-2: #1d5443; --share-3: #5c3d22; --share-bad: #7d2e1b;`

/** The light theme's colours by name, for pictures that stand alone. */
export const lightColors: Readonly<Record<string, string>> = Object.fromEntries(
  [...light.matchAll(/--([a-z0-9-]+): ([^;]+);/g)].map(([, name, color]) => [name, color]),
)

export const themeStyle = `
:root { color-scheme: light; ${light}
  --sans: Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  --mono: ui-monospace, SFMono-Regular, "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { color-scheme: dark; ${dark} } }
:root[data-theme="dark"] { color-scheme: dark; ${dark} }
@media print { :root:root:root { color-scheme: light; ${light} } }
`

export const chartStyle = `
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font: 12px var(--sans); fill: var(--muted); font-variant-numeric: tabular-nums; }
.chart .end { text-anchor: end; }
.chart .middle { text-anchor: middle; }
.chart .axis-title { font-size: 11.5px; }
.chart .note { fill: var(--reference); font-size: 11.5px; paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
.chart .note.strong { fill: var(--winner); font-weight: 650; font-size: 13px; }
.grid { stroke: var(--hair); }
.axis { stroke: var(--faint); }
.dot { stroke-width: 1.4; }
.dot.filled { fill: var(--dot); fill-opacity: 0.72; }
.dot.hollow { fill: var(--surface); fill-opacity: 0.5; stroke: var(--dot); }
.dot.low { fill: none; stroke: var(--dot); }
.dot:hover, .front-dot:hover { fill: var(--winner); fill-opacity: 1; stroke: var(--winner); }
.best { fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.front-dot { fill: var(--accent); stroke: var(--surface); stroke-width: 1.5; }
.ring { fill: none; stroke: var(--winner); stroke-width: 2.2; pointer-events: all; }
.reference { fill: none; stroke: var(--reference); stroke-width: 1.4; stroke-dasharray: 5 4; }
.failed { fill: none; stroke: var(--bad); stroke-width: 1.6; stroke-linecap: round; pointer-events: all; }
.gap { fill: none; stroke: var(--faint); stroke-width: 1.2; stroke-dasharray: 2 3; }
.curve { fill: none; stroke: var(--dot); stroke-opacity: 0.34; stroke-width: 1.2; stroke-linejoin: round; stroke-linecap: round; }
.curve.train { stroke-dasharray: 3 3; }
.curve:hover { stroke: var(--winner); stroke-opacity: 1; stroke-width: 2; }
.curve.chosen { stroke: var(--accent); stroke-opacity: 1; stroke-width: 2.4; }
g.train { display: none; }
.card:has(.train-toggle:checked) g.train { display: inline; }
@media (max-width: 560px) {
  .chart text, .chart .axis-title, .chart .note { font-size: 16px; }
  .chart .note.strong { font-size: 17px; }
}
@media print { g.train { display: none; } }
`
