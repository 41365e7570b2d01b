import { NodeId } from './graph.ts'

/** The ids of one graph so far: inputs and nodes share one name space. */
export interface ClaimedIds {
  /** Takes the id, or says in one clause why it cannot be taken. */
  claim(id: string): string | undefined
}

/**
 * Keeps ids valid, unique, and none a dotted prefix of another: `stem` and `stem.conv` cannot both
 * be, since `stem` would be a module and a container of modules at once.
 */
export function claimedIds(): ClaimedIds {
  const ids = new Set<string>()
  const containers = new Map<string, string>()
  return {
    claim(id) {
      if (!NodeId.safeParse(id).success) {
        return 'expected snake-case segments joined by dots, such as "stage1.cell0.conv"'
      }
      if (ids.has(id)) return `found a second "${id}"; give each input and node an id of its own`
      const inner = containers.get(id)
      if (inner !== undefined) {
        return `found the id to be a dotted prefix of "${inner}"; rename one of the two`
      }
      const prefixes = properPrefixes(id)
      const outer = prefixes.find((prefix) => ids.has(prefix))
      if (outer !== undefined) {
        return `found "${outer}", which is a node or input, to be its dotted prefix; rename one of the two`
      }
      ids.add(id)
      for (const prefix of prefixes) containers.set(prefix, id)
      return undefined
    },
  }
}

function properPrefixes(id: string): string[] {
  const segments = id.split('.')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('.'))
}
