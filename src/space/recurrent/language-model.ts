import { graphBuilder } from '#src/graph/builder.ts'
import type { NetworkGraph } from '#src/graph/graph.ts'
import { embedding, linear, recurrent } from '#src/graph/operations.ts'
import type { Task } from '../space.ts'
import { tokenTask } from '../task.ts'
import type { RecurrentSettings } from './settings.ts'

/** Features of what a cell takes and of each of its states. */
export interface CellSizes {
  readonly input: number
  readonly hidden: number
}

/**
 * The network around a cell: an embedding, the cell's layers on top of each other, and a linear layer
 * to the vocabulary, at every position.
 *
 * @param cell - the cell's graph at given sizes
 * @throws space/invalid-settings when the task is no text
 */
export function compileLanguageModel(
  cell: (sizes: CellSizes) => NetworkGraph,
  settings: RecurrentSettings,
  task: Task,
): NetworkGraph {
  const { length, vocabulary } = tokenTask('recurrent', task)
  const { hidden, layers, dropoutRate } = settings
  const builder = graphBuilder()
  const text = builder.input('text', [length], 'tokens')
  const dropped = (id: string, wire: string) =>
    dropoutRate === 0 ? wire : builder.add(id, { kind: 'dropout', rate: dropoutRate }, [wire])
  let wire = builder.add('embedding', embedding(vocabulary, settings.embedding), [text])
  wire = dropped('embedding_dropout', wire)
  for (let layer = 1; layer <= layers; layer++) {
    const input = layer === 1 ? settings.embedding : hidden
    wire = builder.add(`layer${layer}`, recurrent(cell({ input, hidden })), [wire])
    wire = dropped(`layer${layer}_dropout`, wire)
  }
  return builder.finish([builder.add('classifier', linear(vocabulary), [wire])])
}
