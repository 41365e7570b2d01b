/** What every `archloom space` command that looks into one space takes. */
import type { Command } from 'commander'
import { loadExperiment } from '#src/config/load.ts'
import type { SpaceChoice } from '#src/runner/inspect-space.ts'
import { collect } from './options.ts'

export interface SpaceFlags {
  readonly json: boolean
  readonly set: readonly string[]
  /** Experiment script that brings the space. */
  readonly from?: string
}

export function addSpaceOptions(command: Command): Command {
  return command
    .option('--set <setting=value>', 'change a setting of the space; repeatable', collect, [])
    .option('--from <script>', 'an experiment script with a space of your own')
    .option('--json', 'one JSON document on stdout', false)
}

/** A space that ships, or one that an experiment script brings. */
export async function chooseSpace(
  name: string,
  { set, from }: Pick<SpaceFlags, 'set' | 'from'>,
): Promise<SpaceChoice> {
  const extensions = from === undefined ? {} : (await loadExperiment(from)).extensions
  return { name, overrides: set, extensions }
}
