/** Everything told so far, kept small: a hundred thousand trials take a few tens of bytes each. */
import { invariant } from '#src/errors.ts'
import type { Fidelity } from '#src/trial/fidelity.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import { type Outcome, outcomes } from '#src/trial/outcome.ts'

export interface GrowingHistory extends History {
  append(observation: Observation): void
}

/** Numbers of one observation, in this order; NaN stands for null. */
const columns = [
  'trial',
  'outcome',
  'fidelity',
  'valAccuracy',
  'parameterCount',
  'costSeconds',
] as const
const width = columns.length

/** An empty history. Numbers lie side by side in one array that doubles; fidelities are shared. */
export function growingHistory(): GrowingHistory {
  let numbers = new Float64Array(64 * width)
  const architectures: string[] = []
  const fidelities: Fidelity[] = []
  const fidelityIndices = new Map<string, number>()

  const fidelityIndex = (fidelity: Fidelity): number => {
    const key = JSON.stringify(fidelity)
    const known = fidelityIndices.get(key)
    if (known !== undefined) return known
    fidelityIndices.set(key, fidelities.length)
    return fidelities.push(fidelity) - 1
  }

  return {
    get length() {
      return architectures.length
    },
    append(observation) {
      const start = architectures.length * width
      if (start === numbers.length) {
        const larger = new Float64Array(numbers.length * 2)
        larger.set(numbers)
        numbers = larger
      }
      numbers[start] = observation.trial
      numbers[start + 1] = outcomes.indexOf(observation.outcome)
      numbers[start + 2] = fidelityIndex(observation.fidelity)
      numbers[start + 3] = observation.valAccuracy ?? Number.NaN
      numbers[start + 4] = observation.parameterCount ?? Number.NaN
      numbers[start + 5] = observation.costSeconds
      architectures.push(observation.architecture)
    },
    at(position) {
      const architecture = architectures[position]
      invariant(
        architecture !== undefined,
        `The history has no position ${position}: it holds ${architectures.length} observations`,
      )
      const number = (column: number) => numbers[position * width + column] as number
      return {
        trial: number(0),
        architecture,
        fidelity: fidelities[number(2)] as Fidelity,
        outcome: outcomes[number(1)] as Outcome,
        valAccuracy: orNull(number(3)),
        parameterCount: orNull(number(4)),
        costSeconds: number(5),
      }
    },
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
