import type { CellKey, Study } from './study.ts'

/** Every cell that a study asks for; by benchmark, then method, then seed. */
export function applicableCells({
  methods,
  benchmarks,
}: {
  readonly methods: readonly Pick<Study['methods'][number], 'label' | 'seeds'>[]
  readonly benchmarks: readonly Pick<Study['benchmarks'][number], 'label' | 'methods'>[]
}): readonly CellKey[] {
  return benchmarks.flatMap((benchmark) =>
    methods
      .filter(({ label }) => benchmark.methods.includes(label))
      .flatMap(({ label, seeds }) =>
        seeds.map((seed) => ({ method: label, benchmark: benchmark.label, seed })),
      ),
  )
}

/** One text a cell, for sets and maps. */
export function cellName({ method, benchmark, seed }: CellKey): string {
  return JSON.stringify([benchmark, method, seed])
}
