import { describe, expect, it } from 'vitest'
import { markupOf } from '#src/report/html.ts'
import { fileWords, pictureFile } from '#src/report/study/picture-file.ts'
import { isWideRanking, packedBars, rankPicture } from '#src/report/study/rank-picture.ts'
import { studyPicture } from '#src/report/study/study-picture.ts'
import { renderStudyReport } from '#src/report/study/study-report.ts'
import { rankMethods } from '#src/study/analysis/ranking.ts'
import { syntheticStudy } from '#test/fixtures/synthetic-study.ts'

const facts = { folder: 'studies/synthetic', archloomVersion: '1.2.3' }
const plain = renderStudyReport(
  syntheticStudy({ variants: { evolution: ['size=5', 'size=50'] } }),
  facts,
)

function numbersOf(path: string): number[] {
  return [...path.matchAll(/-?\d+(\.\d+)?/g)].map(([number]) => Number(number))
}

describe('the page of a study', () => {
  it('has every section, once', () => {
    const ids = [...plain.page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      'curves',
      'standings',
      'ranks',
      'tests',
      'anytime',
      'ablations',
      'proposals',
      'setup',
      'environment',
      'reproduce',
    ])
  })

  it('leaves ablations out where nothing is varied', () => {
    const { page, figures } = renderStudyReport(syntheticStudy(), facts)
    expect(page).not.toContain('id="ablations"')
    expect(Object.keys(figures).some((name) => name.startsWith('ablation'))).toBe(false)
  })

  it('says when the correction asks for more seeds than there are', () => {
    const words = 'The more comparisons, the more seeds it takes'
    // Six tests, two of them both ways round: 2^(1 - 8) times 6 is 0.047.
    expect(plain.page).not.toContain(words)
    const { page } = renderStudyReport(syntheticStudy({ seedCount: 7 }), facts)
    expect(page).toContain(`${words}: 6 of them ask for up to 8 pairs`)
    expect(page).toContain('fewer are there of evolution, model, random search.')
  })

  it('says what tuning cost, and counts it from end to end', () => {
    const study = syntheticStudy()
    const methods = study.methods.map((method) =>
      method.label === 'evolution'
        ? { ...method, tuning: { costSeconds: 7200, source: 'studies/pilot' } }
        : method,
    )
    const { page, tables } = renderStudyReport({ ...study, methods }, facts)
    expect(page).toContain('tuned: 2 h 00 min simulated, studies/pilot')
    const [head = '', ...rows] = (tables['overhead.csv'] ?? '').split('\r\n')
    const at = (name: string, row: string) => row.split(',')[head.split(',').indexOf(name)]
    const tuned = rows.filter((row) => row.includes(',evolution,'))
    expect(tuned.map((row) => at('tuning_seconds', row))).toEqual(['7200', '7200'])
    for (const row of tuned) expect(Number(at('end_to_end_seconds', row))).toBeGreaterThan(7200)
    const others = rows.filter((row) => row.includes(',model,'))
    expect(others.map((row) => at('tuning_seconds', row))).toEqual(['', ''])
  })

  it('is the same for the same cells', () => {
    const again = renderStudyReport(
      syntheticStudy({ variants: { evolution: ['size=5', 'size=50'] } }),
      facts,
    )
    expect(again).toEqual(plain)
  })

  it('tells how to continue the study, and of runs how to compare them again', () => {
    expect(plain.page).toContain('archloom compare --resume studies/synthetic')
    const ofRuns = renderStudyReport(syntheticStudy(), { ...facts, runs: ['runs/a b', 'runs/c'] })
    expect(ofRuns.page).toContain(
      'archloom compare &#39;runs/a b&#39; runs/c --out studies/synthetic',
    )
  })

  it('escapes whatever labels hold', () => {
    const hostile = '</style><script>x()</script>&"'
    const { page, figures, tables } = renderStudyReport(
      syntheticStudy({ methods: ['random search', hostile], benchmarks: [hostile] }),
      facts,
    )
    for (const text of [page, ...Object.values(figures)]) expect(text).not.toContain('<script>x()')
    expect(Object.keys(tables)).toContain('standings-style-script-x-script.csv')
  })

  it('names missing runs, methods that do not apply, and what is mostly fallback', () => {
    const { page } = renderStudyReport(
      syntheticStudy({
        benchmark: {
          notApplicable: { grammar: 'needs a grammar, which the space does not offer' },
        },
        cell: ({ method, seed }) => {
          if (method === 'model' && seed === '7') return null
          return method === 'model' ? { originCounts: { model: 40, fallback: 60 } } : {}
        },
      }),
      facts,
    )
    expect(page).toContain('2 runs missing')
    expect(page).toContain('model on first: 1 of 8')
    expect(page).toContain('grammar on first: it needs a grammar')
    expect(page).toContain('model on second: 60% of its proposals')
  })

  it('can be made of a study without a finished run', () => {
    const study = syntheticStudy({
      cell: () => null,
      benchmark: { optimum: { valAccuracy: null, testAccuracy: null }, randomSearch: null },
    })
    const { page, figures } = renderStudyReport({ ...study, environments: {} }, facts)
    expect(page).toContain('No search has finished yet; 3 methods planned.')
    expect(figures).toEqual({})
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('says why random search has no exact expectation', () => {
    const benchmark = { randomSearch: null, expectationGap: 'the space is too large' }
    const { page } = renderStudyReport(syntheticStudy({ benchmark }), facts)
    expect(page).toContain('Random search has no exact expectation here: the space is too large.')
    expect(plain.page).not.toContain('no exact expectation')
  })

  it('shows no number that is none', () => {
    for (const text of [plain.page, ...Object.values(plain.figures)]) {
      expect(text.replaceAll(/\/\*.*?\*\//gs, '')).not.toMatch(/NaN|Infinity|undefined/)
    }
  })
})

describe('marks', () => {
  const marked = renderStudyReport(
    syntheticStudy({
      variants: { evolution: ['size=5'] },
      benchmark: { mark: 'test-only table' },
      environments: { a: { critical: { node: '24' } }, b: { critical: { node: '22' } } },
    }),
    facts,
  )

  it('stand in every figure', () => {
    const figures = Object.values(marked.figures)
    expect(figures.length).toBeGreaterThan(30)
    for (const figure of figures) {
      expect(figure).toContain('test-only table · 2 environments mixed</text>')
    }
  })

  it('stand in every table, in every form', () => {
    for (const [name, text] of Object.entries(marked.tables)) {
      expect(text, name).toMatch(
        name.endsWith('.csv')
          ? /,test-only table; 2 environments mixed\r\n$/
          : /Note: test-only table\. Note: 2 environments mixed\./,
      )
    }
    const captions = [...marked.page.matchAll(/<caption>([\s\S]*?)<\/caption>/g)].map(
      ([, text]) => text,
    )
    const others = captions.filter((caption) => caption !== 'Methods')
    expect(others.length).toBeGreaterThan(7)
    for (const caption of others) expect(caption).toMatch(/test-only table.*2 environments mixed/)
  })

  it('stand above what is written along the upper edge', () => {
    for (const name of ['ranks-first.svg', 'differences-to-random-search.svg']) {
      expect(marked.figures[name], name).toMatch(/viewBox="0 -18 \d+ \d+"/)
      expect(marked.figures[name], name).toMatch(/translate\(0 -18\)"><text class="plot-mark end"/)
      expect(plain.figures[name], name).not.toContain('viewBox="0 -18')
    }
  })

  it('of one benchmark are not said of another', () => {
    const study = syntheticStudy()
    const [first, ...others] = study.benchmarks
    const mixed = {
      ...study,
      benchmarks: [...(first ? [{ ...first, mark: 'test-only table' }] : []), ...others],
    }
    const { figures, tables } = renderStudyReport(mixed, facts)
    const rows = (tables['tests-against-random-search.csv'] ?? '').split('\r\n')
    expect(rows.filter((row) => row.startsWith('first,'))[0]).toMatch(/,test-only table$/)
    expect(rows.filter((row) => row.startsWith('second,'))[0]).toMatch(/,$/)
    expect(tables['tests-against-random-search.tex']).toContain(
      'Note: test-only table: 1 of 2 benchmarks.',
    )
    expect(figures['differences-to-random-search.svg']).toContain(
      'test-only table: 1 of 2 benchmarks</text>',
    )
    expect(figures['second-regret-evaluations.svg']).not.toContain('test-only table')
  })

  it('are none where nothing is to be said', () => {
    for (const text of Object.values(plain.figures)) expect(text).not.toContain('class="plot-mark')
  })
})

describe('figures as files', () => {
  it('stand alone: no variable, no reference, fonts named', () => {
    for (const [name, text] of Object.entries(plain.figures)) {
      expect(text, name).not.toMatch(/var\(|url\(|href|@import/)
      expect(text).toMatch(
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/,
      )
      expect(text).toContain('Arial')
      expect(text.match(/<svg/g)?.length).toBe(text.match(/<\/svg>/g)?.length)
    }
  })

  it('are there for both measures, every axis and both aggregates', () => {
    const names = Object.keys(plain.figures).filter((name) => name.startsWith('first-'))
    expect(names).toHaveLength(12)
    expect(names).toContain('first-regret-time-with-overhead-median.svg')
    expect(names).toContain('first-accuracy-evaluations.svg')
  })

  it('draw a line and a band a method, and the exact expectation dashed', () => {
    const figure = plain.figures['first-regret-evaluations.svg'] ?? ''
    const titles = [...figure.matchAll(/<path class="series"[^>]*><title>([^<]+)/g)].map(
      ([, title]) => title,
    )
    expect(titles).toEqual(['random search, exact', 'random search', 'evolution', 'model'])
    expect(figure.match(/class="band"/g)).toHaveLength(3)
    expect(figure).toMatch(/stroke-dasharray="4 4"><title>random search, exact/)
    const median = plain.figures['first-regret-evaluations-median.svg'] ?? ''
    expect(median).not.toContain('random search, exact')
  })

  it('draw regret falling, inside the plot', () => {
    const figure = plain.figures['first-regret-evaluations.svg'] ?? ''
    const path = figure.match(/<path class="series" d="([^"]+)"[^>]*><title>model/)?.[1] ?? ''
    const numbers = numbersOf(path)
    const xs = numbers.filter((_, index) => index % 2 === 0)
    const ys = numbers.filter((_, index) => index % 2 === 1)
    expect(xs).toEqual(xs.toSorted((a, b) => a - b))
    expect(ys).toEqual(ys.toSorted((a, b) => a - b))
    expect(Math.min(...ys)).toBeGreaterThanOrEqual(34)
    expect(Math.max(...ys)).toBeLessThanOrEqual(420)
  })

  it('have names that no two benchmarks share', () => {
    const names = fileWords(['A b', 'a-b', '§', '日本'])
    expect([...names.values()]).toEqual(['a-b', 'a-b-2', 'unnamed', 'unnamed-2'])
  })

  it('keep sixteen methods on four benchmarks small', () => {
    const methods = [
      'random search',
      ...Array.from({ length: 15 }, (_, index) => `method ${index}`),
    ]
    const study = syntheticStudy({ methods, benchmarks: ['a', 'b', 'c', 'd'], seedCount: 10 })
    const { page } = renderStudyReport(study, facts)
    expect(page.length).toBeLessThan(4e6)
  })
})

describe('the critical-difference diagram', () => {
  const columns = (count: number) =>
    Array.from({ length: count }, (_, method) => ({
      method: `m${method}`,
      values: Array.from({ length: 12 }, (_, block) => method + ((block * 7 + method * 3) % 5)),
    }))

  it('has a mark at every average rank and a bar over every group', () => {
    const ranking = rankMethods(columns(6))
    if (ranking === null) throw new Error('There is a ranking')
    const markup = markupOf(rankPicture(ranking, { name: 'r', words: '12 seeds', marks: [] }).chart)
    expect(markup.match(/class="rank-line"/g)).toHaveLength(6)
    expect(markup.match(/class="rank-bar"/g)).toHaveLength(ranking.groups.length)
    // Rank 1 is at 182 and rank 6 at 378.
    for (const rank of ranking.test.averageRanks) {
      const x = Math.round((182 + ((rank - 1) / 5) * 196) * 10) / 10
      expect(markup).toContain(`<path class="rank-line" d="M${x} 62V`)
    }
  })

  it('puts bars that meet in rows of their own', () => {
    const ranking = rankMethods(columns(14))
    if (ranking === null) throw new Error('There is a ranking')
    expect(isWideRanking(ranking)).toBe(true)
    const bars = packedBars(ranking)
    for (const [index, bar] of bars.entries()) {
      for (const other of bars.slice(index + 1)) {
        if (bar.row === other.row) expect(bar.to < other.from || other.to < bar.from).toBe(true)
      }
    }
  })

  it('as a file has its size', () => {
    const ranking = rankMethods(columns(4))
    if (ranking === null) throw new Error('There is a ranking')
    const picture = rankPicture(ranking, { name: 'r', words: '12 seeds', marks: [] })
    expect(pictureFile(picture)).toContain(`width="560" height="${picture.height}"`)
  })
})

describe('the picture of a study', () => {
  it('shows one benchmark, in both themes, and needs nothing else', () => {
    const picture = studyPicture(syntheticStudy(), 'second') ?? ''
    expect(picture).toContain('aria-label="second: Mean regret with 95% intervals over 8 seeds')
    expect(picture).toContain('prefers-color-scheme: dark')
    expect(picture).not.toMatch(/url\(|href/)
    expect(picture.match(/class="band"/g)).toHaveLength(3)
  })

  it('is none of a benchmark that is not there', () => {
    expect(studyPicture(syntheticStudy(), 'third')).toBeNull()
    expect(studyPicture(syntheticStudy({ cell: () => null }))).toBeNull()
  })
})
