/** What the cells of a study depend on beside its document: this code, this engine, this machine. */
import { globSync, readFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentHash, sha256 } from '#src/encoding/hash.ts'
import { invariant } from '#src/errors.ts'
import type { Protocol } from '#src/study/protocol.ts'
import { archloomVersion } from '../version.ts'

export interface StudyEnvironment {
  /** Content hash of the facts; stands on each cell. */
  readonly hash: string
  readonly facts: Protocol
}

/** Everything that a trajectory or an optimizer's time can come to depend on. */
const decisiveFolders = [
  'random',
  'encoding',
  'numeric',
  'stats',
  'trial',
  'parameter',
  'graph',
  'space',
  'predictor',
  'optimizer',
  'scheduler',
  'experiment',
  'benchmark',
  'evaluator',
]
const decisiveFiles = [
  'errors',
  'runner/session',
  'runner/study/cell',
  'runner/study/job',
  'study/expected-best',
  'study/summary',
  'study/trajectory',
]

/**
 * Describes the environment; the same code on the same machine has the same hash.
 *
 * @remarks Takes some tens of milliseconds: it reads the source of all optimizers and spaces.
 */
export function studyEnvironment(): StudyEnvironment {
  const facts: Protocol = {
    archloom: archloomVersion(),
    code: codeHash(fileURLToPath(new URL('../..', import.meta.url))),
    node: process.versions.node,
    // Not every engine rounds logarithms and powers alike.
    v8: process.versions.v8,
    platform: `${platform()} ${arch()}`,
    // The optimizers' own times are part of what is compared.
    processor: cpus()[0]?.model ?? 'unknown',
  }
  return { hash: contentHash(facts), facts }
}

/** @param root - `src/`, or `dist/` of the package */
function codeHash(root: string): string {
  const find = (pattern: string) =>
    globSync(pattern, { cwd: root }).filter((path) => !path.endsWith('.d.ts'))
  const named = decisiveFiles.flatMap((file) => {
    const found = find(`${file}.{ts,js}`)
    invariant(found.length === 1, `The code of a study has ${found.length} files ${file}, not one`)
    return found
  })
  const paths = [
    ...decisiveFolders.flatMap((folder) => find(`${folder}/**/*.{ts,js}`)),
    ...named,
  ].sort()
  return sha256(
    paths.map((path) => `${path} ${sha256(readFileSync(join(root, path), 'utf8'))}`).join('\n'),
  )
}
