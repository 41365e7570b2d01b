import type { Configuration } from '#src/parameter/parameter.ts'
import { parameterSearchSpace } from '../parameter-search-space.ts'
import type { SearchSpace, SpaceEntry } from '../space.ts'
import { drawTransformer } from './draw.ts'
import { compileTransformer } from './network.ts'
import { readTransformer, transformerParameters } from './parameters.ts'
import { checkTransformerSettings, TransformerSettings } from './settings.ts'

/**
 * Causal language models of transformer layers: a parameter space, whose configurations are the
 * architectures.
 *
 * @remarks
 * Layers that a change adds start at the defaults, so the way back from a neighbour may take several
 * changes.
 *
 * @throws space/empty, space/invalid-settings naming the setting
 * @see Vaswani et al. 2017, "Attention Is All You Need", section 3.
 */
export function transformer(settings: TransformerSettings): SearchSpace<Configuration> {
  checkTransformerSettings(settings)
  return parameterSearchSpace({
    name: 'transformer',
    settings,
    takes: 'tokens',
    parameters: transformerParameters(settings),
    activated: 'default',
    compile: (configuration, task) => compileTransformer(readTransformer(configuration), task),
    draw: (configuration) => drawTransformer(readTransformer(configuration)),
  })
}

export const transformerEntry: SpaceEntry<typeof TransformerSettings> = {
  name: 'transformer',
  summary: 'Causal transformers for text: layers, heads, widths, perceptrons and norms',
  source: 'Vaswani et al. 2017, "Attention Is All You Need", section 3',
  settings: TransformerSettings,
  create: transformer,
}
