import type { SearchSpace, SpaceEntry } from '../space.ts'
import { enasSpace } from './enas.ts'
import type { EnasCell } from './enas-cell.ts'
import { nlpSpace } from './nlp.ts'
import type { NlpCell } from './nlp-cell.ts'
import { checkRecurrentSettings, RecurrentSettings } from './settings.ts'

/**
 * Recurrent cells for language models, of either style.
 * @throws space/empty, space/invalid-settings naming the setting
 */
export function recurrentCells(
  settings: RecurrentSettings,
): SearchSpace<EnasCell> | SearchSpace<NlpCell> {
  checkRecurrentSettings(settings)
  return settings.style === 'enas' ? enasSpace(settings) : nlpSpace(settings)
}

export const recurrentEntry: SpaceEntry<typeof RecurrentSettings> = {
  name: 'recurrent',
  summary: 'Recurrent cells for text, as ENAS or as NAS-Bench-NLP makes them',
  source:
    'Pham et al. 2018, "Efficient Neural Architecture Search via Parameters Sharing", section 2.1; Klyuchnikov et al. 2020, "NAS-Bench-NLP", section 3',
  settings: RecurrentSettings,
  named: {
    // The codes that the README of google-research `enas_lm` evaluates; the second is the genotype of
    // Liu, Simonyan and Yang 2019, "DARTS".
    'ENAS-RNN': 'sigmoid@0|tanh@1|relu@2|sigmoid@2|tanh@4|tanh@5|sigmoid@3|sigmoid@6',
    'DARTS-RNN': 'sigmoid@0|relu@1|relu@1|identity@1|tanh@2|sigmoid@5|tanh@3|relu@5',
  },
  create: recurrentCells,
}
