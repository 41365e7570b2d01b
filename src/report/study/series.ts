/**
 * How methods are told apart: a colour, a dash pattern and a label at the curve's end. Seven colours
 * and five patterns make thirty-five pairs, and neighbours differ in both, so that a print in grey
 * reads as well.
 */
export interface SeriesLook {
  /** A colour of `theme.ts`. */
  readonly color: string
  /** Of a stroke's `stroke-dasharray`; empty for a solid line. */
  readonly dashes: string
  readonly width: number
}

const dashPatterns = ['', '8 3', '2 2.5', '9 3 2 3', '14 4'] as const
const colorCount = 7

/** Look of the n-th method. */
export function seriesLook(index: number): SeriesLook {
  return {
    color: `var(--series-${index % colorCount})`,
    dashes: dashPatterns[index % dashPatterns.length] ?? '',
    width: 1.9,
  }
}

/** Random search, which every other curve is held against. */
export const controlLook: SeriesLook = { color: 'var(--dot)', dashes: '', width: 2.6 }

/** The exact expectation of random search. */
export const expectedLook: SeriesLook = { color: 'var(--ink)', dashes: '4 4', width: 1.3 }

/** What a variant changes, without the label of its base, which stands above it. */
export function variantWords(label: string, base: string | undefined): string {
  return base !== undefined && label.startsWith(`${base} `) ? label.slice(base.length + 1) : label
}

/** Looks by label: random search grey, the others in their order. */
export function looksOf(
  labels: readonly string[],
  control: string | null,
): ReadonlyMap<string, SeriesLook> {
  const others = labels.filter((label) => label !== control)
  return new Map(
    labels.map((label) => [
      label,
      label === control ? controlLook : seriesLook(others.indexOf(label)),
    ]),
  )
}
