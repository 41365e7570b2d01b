import type { CellKey, Study } from './study.ts'

/** Every cell that a study asks for: methods that cannot search a benchmark have none there. */
export function applicableCells({
  methods,
  benchmarks,
}: {
  readonly methods: readonly Pick<Study['methods'][number], 'label' | 'seeds'>[]
  readonly benchmarks: readonly Pick<Study['benchmarks'][number], 'label' | 'notApplicable'>[]
}): readonly CellKey[] {
  return benchmarks.flatMap((benchmark) =>
    methods
      .filter(({ label }) => benchmark.notApplicable[label] === undefined)
      .flatMap(({ label, seeds }) =>
        seeds.map((seed) => ({ method: label, benchmark: benchmark.label, seed })),
      ),
  )
}

/** One text a cell, for sets and maps. */
export function cellName({ method, benchmark, seed }: CellKey): string {
  return JSON.stringify([benchmark, method, seed])
}
