/** Whether a worker that says hello may work here, and if not, why and what to do. Pure. */
import { describeDrift } from '#src/environment/lock.ts'
import { ArchloomError } from '#src/errors.ts'
import { versionMismatch } from '#src/protocol/codec.ts'
import { fingerprintHash } from '#src/protocol/fingerprint.ts'
import type { DatasetFacts, Hello } from '#src/protocol/messages.ts'
import type { DatasetName } from '#src/protocol/recipe.ts'
import { protocolVersion } from '#src/protocol/version.ts'
import type { PoolRules, PoolState } from './pool-state.ts'

/** Why a worker is turned away: the error for this side, the way out for that side. */
export interface Refusal {
  readonly error: ArchloomError
  readonly mend: string
}

/**
 * Judges what a worker says of itself; null to welcome it.
 */
export function judgeHello(hello: Hello, pool: Known, local: boolean): Refusal | null {
  const { rules, datasets } = pool
  return (
    judgeVersion(hello) ??
    judgeDevice(hello, rules) ??
    judgeLock(hello, rules) ??
    judgeDatasets(hello, rules, datasets) ??
    // Local workers run on what the run itself is judged by.
    (local ? null : judgeFingerprint(hello, pool))
  )
}

/** What a pool knows that a newcomer is held against. */
type Known = Pick<PoolState, 'rules' | 'datasets' | 'reference'>

function judgeVersion({ protocolVersion: found }: Hello): Refusal | null {
  if (found === protocolVersion) return null
  return { error: versionMismatch(found), mend: 'Install the same archloom on both sides' }
}

function judgeDevice({ worker, fingerprint }: Hello, rules: PoolRules): Refusal | null {
  const { device } = fingerprint.critical
  if (device === rules.device) return null
  return refusal(
    'environment/no-device',
    `Worker ${worker} runs on ${device}, but the run asks for ${rules.device}`,
    `start the worker with --device ${rules.device}`,
  )
}

function judgeLock({ worker, fingerprint }: Hello, rules: PoolRules): Refusal | null {
  if (rules.allowDrift) return null
  const { drift, lockHash } = fingerprint.critical
  if (lockHash !== rules.lockHash) {
    return refusal(
      'environment/drift',
      `Worker ${worker} has ${lockName(lockHash)}, but the environment ${rules.environment} has ${lockName(rules.lockHash)}`,
      'install the same archloom and environment on both sides',
    )
  }
  if (drift.length === 0) return null
  return refusal(
    'environment/drift',
    `Worker ${worker} differs from the lock of the environment ${rules.environment}: ${describeDrift(drift)}`,
    `${rules.environmentMend.packages}, or go on with --allow-drift, which every result then records`,
    { drift },
  )
}

function lockName(hash: string | null): string {
  return hash === null ? 'no lock file' : `the lock file ${hash.slice(0, 12)}`
}

function judgeDatasets(
  hello: Hello,
  { datasets }: PoolRules,
  held: ReadonlyMap<DatasetName, DatasetFacts>,
): Refusal | null {
  for (const name of datasets) {
    const problem = hello.datasetProblems.find((candidate) => candidate.name === name)
    if (problem !== undefined) {
      const code = problem.kind === 'missing' ? 'config/data-missing' : 'config/data-corrupt'
      // The worker's sentence says itself what to do.
      const error = new ArchloomError(code, problem.message, { details: { dataset: name } })
      return { error, mend: 'Mend the data set and start again' }
    }
    const facts = hello.datasets.find((candidate) => candidate.name === name)
    if (facts === undefined) {
      return refusal(
        'config/data-missing',
        `Worker ${hello.worker} does not hold the data set ${name}`,
        `start it with --dataset ${name}`,
      )
    }
    const first = held.get(name)
    if (first !== undefined && first.contentHash !== facts.contentHash) {
      return refusal(
        'config/data-corrupt',
        `Worker ${hello.worker} holds the data set ${name} with content ${facts.contentHash.slice(0, 12)}, but the first worker with ${first.contentHash.slice(0, 12)}`,
        'give every machine the same files',
      )
    }
  }
  return null
}

/** Results of several environments differ by more than what is searched for. */
function judgeFingerprint(
  { worker, fingerprint }: Hello,
  { rules, reference }: Known,
): Refusal | null {
  if (rules.allowMixed || reference === null) return null
  const hash = fingerprintHash(fingerprint)
  if (hash === reference.hash) return null
  return refusal(
    'confounded/fingerprints',
    `Worker ${worker} runs in another environment (${hash.slice(0, 12)}) than the run (${reference.hash.slice(0, 12)})${describeDifferences(fingerprint.critical, reference.facts)}`,
    'start workers on machines that are alike, or allow the mix with --allow-mixed, which the results will say',
  )
}

type Facts = Hello['fingerprint']['critical']

function describeDifferences(found: Facts, expected: Facts | null): string {
  if (expected === null) return ''
  const facts = new Map<string, unknown>(Object.entries(expected))
  const differing = Object.entries(found)
    .filter(([name, fact]) => JSON.stringify(fact) !== JSON.stringify(facts.get(name)))
    .map(([name]) => name)
  return `, they differ in ${differing.join(', ')}`
}

function refusal(
  code: ConstructorParameters<typeof ArchloomError>[0],
  reason: string,
  mend: string,
  details: Readonly<Record<string, unknown>> = {},
): Refusal {
  const error = new ArchloomError(code, `${reason}; ${mend}`, { details })
  return { error, mend: `${mend.charAt(0).toUpperCase()}${mend.slice(1)}` }
}
