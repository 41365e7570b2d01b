import type { FeatureEncoding } from '../space.ts'
import { allRefs, type NlpCell, type NlpRules, nlpOperations } from './nlp-cell.ts'

/**
 * Labelled adjacency of a cell in normal order: for each place of a node its operation as one bit,
 * what it takes, and which state it is afterwards.
 *
 * @remarks
 * What a node takes is 1, or for a blend its position among the inputs: 1 for the gate, then 2 and 3.
 * Nothing is lost, so cells are told apart; places behind the last node are zeros.
 */
export function nlpFeatures({ maxNodes, maxStates }: NlpRules): FeatureEncoding<NlpCell> {
  const places = Array.from({ length: maxNodes }, (_, index) => index)
  const refsOf = (place: number) => allRefs(maxStates, place)
  const size = places.reduce(
    (sum, place) => sum + nlpOperations.length + refsOf(place).length + maxStates,
    0,
  )
  return {
    size,
    description:
      'Each node as one-hot operation, what it takes (numbered for a blend) and one-hot state; isomorphic cells are equal',
    isCanonical: true,
    encode: ({ nodes, states }) =>
      places.flatMap((place) => {
        const node = nodes[place]
        const taken = (ref: string) => (node?.inputs.indexOf(ref) ?? -1) + 1
        return [
          ...nlpOperations.map((operation) => Number(node?.operation === operation)),
          ...refsOf(place).map((ref) =>
            node?.operation === 'blend' ? taken(ref) : Math.min(taken(ref), 1),
          ),
          ...Array.from({ length: maxStates }, (_, state) => Number(states[state] === place + 1)),
        ]
      }),
  }
}
