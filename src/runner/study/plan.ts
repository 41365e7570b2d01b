/** What a study's folder says of it: written when it begins or grows, checked when it goes on. */
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import type { StoredFact, StudyReader } from '#src/store/study-store.ts'
import { applicableCells, cellName } from '#src/study/cells.ts'
import { type Protocol, protocolDifferences, refuseConfounded } from '#src/study/protocol.ts'
import type { StudyMethod } from '#src/study/study.ts'
import type { DescribedBenchmark } from './compose.ts'
import type { StudyEnvironment } from './environment.ts'
import type { Survey } from './job.ts'

/** Everything about a study but its cells and surveys. */
export interface StudyPlan {
  readonly name: string
  readonly description: string
  readonly methods: readonly StudyMethod[]
  readonly benchmarks: readonly DescribedBenchmark[]
}

/** The plan, and what its labels stand for, under the environment that computes from now on. */
export function planFacts(plan: StudyPlan, environment: StudyEnvironment): readonly StoredFact[] {
  return [
    { kind: 'plan', label: 'plan', body: plan as unknown as Json },
    ...plan.methods.map((method) => ({
      kind: 'method',
      label: method.label,
      body: methodFacts(method) as Json,
    })),
    ...plan.benchmarks.map(({ label, protocol }) => ({
      kind: 'benchmark',
      label,
      body: protocol as Json,
    })),
    { kind: 'environment', label: environment.hash, body: environment.facts as Json },
  ]
}

function methodFacts({ name, settings }: StudyMethod): Protocol {
  return { method: name, settings }
}

/** Surveys belong to what a benchmark is, not to its label. */
export function surveyFact(benchmarkHash: string, survey: Survey): StoredFact {
  return { kind: 'survey', label: benchmarkHash, body: survey as unknown as Json }
}

/**
 * Refuses to add cells to a folder whose cells came about differently.
 *
 * @throws confounded/comparison naming every difference
 */
export function refuseChanges(
  store: StudyReader,
  plan: StudyPlan,
  {
    folder,
    environment,
    allowMixed,
  }: {
    readonly folder: string
    readonly environment: StudyEnvironment
    readonly allowMixed: boolean
  },
): void {
  const keys = store.keys()
  const factOf = (kind: string, label: string) =>
    store.facts().find((fact) => fact.kind === kind && fact.label === label)?.body as
      | Protocol
      | undefined
  const check = (kind: 'benchmark' | 'method', label: string, now: Protocol) => {
    const before = factOf(kind, label)
    if (before === undefined || !keys.some((key) => key[kind] === label)) return
    refuseConfounded(
      `The cells of ${label} in ${folder} and those of this study`,
      protocolDifferences(before, now),
      `give the study another folder with --out, or the ${kind} another label`,
    )
  }
  for (const { label, protocol } of plan.benchmarks) check('benchmark', label, protocol)
  for (const method of plan.methods) check('method', method.label, methodFacts(method))
  const known = new Set(keys.map(cellName))
  // A study with nothing left to compute is only looked at.
  if (allowMixed || applicableCells(plan).every((key) => known.has(cellName(key)))) return
  for (const { fingerprint, facts } of environmentsOf(store)) {
    if (fingerprint === environment.hash) continue
    refuseConfounded(
      `The cells in ${folder} and those of this environment`,
      protocolDifferences(facts, environment.facts),
      `start the study in another folder with --out, or say --allow-mixed, which every table then says too`,
    )
  }
}

/** Environments that finished cells come from. */
function environmentsOf(store: StudyReader) {
  const used = new Set<string>()
  for (const { fingerprint } of store.summaries()) used.add(fingerprint)
  return [...used].map((fingerprint) => ({
    fingerprint,
    facts: (store.facts().find(({ kind, label }) => kind === 'environment' && label === fingerprint)
      ?.body ?? {}) as Protocol,
  }))
}

const Plan = z.looseObject({ methods: z.array(z.json()), benchmarks: z.array(z.json()) })

/** The plan that a folder was described with last. */
export function storedPlan(store: StudyReader): StudyPlan | null {
  const body = store.facts().find(({ kind }) => kind === 'plan')?.body
  // Written by `planFacts` alone.
  return Plan.safeParse(body).success ? (body as unknown as StudyPlan) : null
}
