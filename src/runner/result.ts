/** `result.json`: what came out of a run, for programs. Computed from the journal's state. */
import { z } from 'zod'
import { Budget } from '#src/experiment/experiment.ts'
import { type ExperimentState, endedCount } from '#src/experiment/state.ts'
import type { RunHeader } from '#src/store/store.ts'
import { Fidelity } from '#src/trial/fidelity.ts'
import { KnownCounts } from '#src/trial/metrics.ts'
import { Outcome } from '#src/trial/outcome.ts'

const share = z.number().min(0).max(1)
const count = z.int().min(0)

const BestResult = z.strictObject({
  trial: count.describe('Zero-based index of the trial in the run'),
  architecture: z.string().describe("The space's text form"),
  canonical: z.string().describe('Equal for two architectures that are the same network'),
  fidelity: Fidelity.describe('What its evaluation got'),
  valAccuracy: share.describe('Share of validation samples classified correctly'),
  valLoss: z.number().nullable(),
  testAccuracy: share
    .nullable()
    .describe('Measured once, after the selection; null where there is no test split, or not yet'),
  testLoss: z.number().nullable(),
  counts: KnownCounts.nullable().describe('Size of the network, where the evaluator knows it'),
  checkpoint: z
    .strictObject({ path: z.string(), sha256: z.string() })
    .nullable()
    .describe('Trained weights; the path is relative to the run folder'),
  fingerprint: z.string().describe('Hash of the environment that the result comes from'),
})

/** What came out of a run. */
export const RunResult = z
  .strictObject({
    version: z.literal(1),
    name: z.string().describe("The experiment document's name"),
    status: z
      .enum(['finished', 'interrupted', 'aborted'])
      .describe('interrupted and aborted runs can be resumed, aborted ones once they are mended'),
    seed: z.string().describe('Decimal string'),
    best: BestResult.nullable().describe(
      'Highest validation accuracy, the earliest of equals; null when no trial completed',
    ),
    trials: z.strictObject({
      proposed: count,
      ended: count,
      byOutcome: z
        .partialRecord(Outcome, count)
        .describe('Ended trials by outcome; outcomes that never came are left out'),
    }),
    budget: z.strictObject({
      limits: Budget,
      spent: z.strictObject({
        trials: count.describe('Trials proposed'),
        epochs: count.describe('Training epochs proposed, over all trials'),
        seconds: z.number().min(0).describe('Wall-clock seconds of search, interruptions left out'),
        costSeconds: z
          .number()
          .min(0)
          .describe('Seconds that the told trials cost, simulated on a benchmark'),
      }),
    }),
    fingerprints: z
      .array(z.string())
      .describe('Hashes of the environments that results come from; details in environment.json'),
    confounded: z
      .boolean()
      .describe('Whether results of several environments are pooled, which a person allowed'),
    documentHash: z.string().describe('Content hash of config.resolved.yaml as canonical JSON'),
    archloomVersion: z.string().describe('The version that created the run'),
    createdAt: z.iso.datetime(),
    lastEventAt: z.iso.datetime(),
  })
  .describe('What came out of an archloom run: the result.json of a run folder')
export type RunResult = z.infer<typeof RunResult>

/** @param canonical - the space's canonical form of an architecture's text form */
export function runResult(
  header: RunHeader,
  state: ExperimentState,
  canonical: (architecture: string) => string,
): RunResult {
  const { plan } = state
  return {
    version: 1,
    name: nameOf(header),
    status: statusOf(state),
    seed: plan?.seed ?? '0',
    best: bestResult(state, canonical),
    trials: {
      proposed: state.proposedCount,
      ended: endedCount(state),
      byOutcome: { ...state.outcomeCounts },
    },
    budget: {
      limits: plan?.budget ?? {},
      spent: {
        trials: state.proposedCount,
        epochs: state.proposedEpochs,
        seconds: state.searchedMs / 1000,
        costSeconds: state.toldSeconds,
      },
    },
    fingerprints: [...state.resultEnvironments],
    confounded: state.resultEnvironments.length > 1,
    documentHash: header.documentHash,
    archloomVersion: header.archloomVersion,
    createdAt: new Date(header.createdMs).toISOString(),
    lastEventAt: new Date(state.lastMs ?? header.createdMs).toISOString(),
  }
}

function nameOf({ document }: RunHeader): string {
  return z.object({ name: z.string() }).parse(document).name
}

function statusOf(state: ExperimentState): RunResult['status'] {
  if (state.phase === 'finished') return 'finished'
  return state.abortCause ? 'aborted' : 'interrupted'
}

function bestResult(
  { best, test }: ExperimentState,
  canonical: (architecture: string) => string,
): RunResult['best'] {
  if (best === null) return null
  const { trial, proposal, result } = best
  return {
    trial,
    architecture: proposal.architecture,
    canonical: canonical(proposal.architecture),
    fidelity: proposal.fidelity,
    valAccuracy: result.metrics.valAccuracy,
    valLoss: result.metrics.valLoss ?? null,
    testAccuracy: test.metrics?.testAccuracy ?? null,
    testLoss: test.metrics?.testLoss ?? null,
    counts: result.counts ?? null,
    checkpoint: result.checkpoint ?? null,
    fingerprint: result.fingerprint,
  }
}
