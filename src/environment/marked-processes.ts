/**
 * Processes that foreign code has started and moved out of its process group. They are known by a
 * variable that each of them inherits; only Linux lets one look.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** Its value is the id of the process that leads the group. */
export const markVariable = 'ARCHLOOM_INSPECTION'

/** Kills every process that carries the mark of a leader; few milliseconds. */
export function killMarked(leader: number): void {
  for (const id of processIds()) {
    if (id === process.pid || !isMarked(id, leader)) continue
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // It ended this very moment.
    }
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((id) => Number.isInteger(id) && id > 0)
  } catch {
    return []
  }
}

function isMarked(id: number, leader: number): boolean {
  try {
    const variables = readFileSync(`/proc/${id}/environ`, 'latin1').split('\0')
    return variables.includes(`${markVariable}=${leader}`)
  } catch {
    return false
  }
}
