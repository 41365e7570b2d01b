import { ArchloomError } from '#src/errors.ts'
import { defaultOf } from '#src/parameter/domain.ts'
import type { Configuration, ParameterSpace, ParameterValue } from '#src/parameter/parameter.ts'
import { assembleConfiguration, sampleConfiguration } from '#src/parameter/sample.ts'
import { vectorParameters } from '#src/parameter/unit-vector.ts'
import type { Random } from '#src/random/random.ts'
import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { AskContext, Optimizer, OptimizerEntry } from '../optimizer.ts'
import { seenForms } from '../seen-forms.ts'
import { blocksOf } from './blocks.ts'
import {
  type DensitySettings,
  drawBest,
  fitDensities,
  type Split,
  splitTrials,
} from './density-ratio.ts'
import { modelTables } from './model-table.ts'
import { type ParameterAxis, parameterAxis } from './parameter-axis.ts'
import { goodCount, TpeSettings, tpeRules } from './settings.ts'
import type { TrialTable } from './trial-table.ts'

// A type, not an interface: only types are assignable to Json.
export type TpeState = {
  /** Configurations that were no architectures: see `refusedCodec`. */
  readonly refused: string
}

/**
 * The tree-structured Parzen estimator: parameters are drawn where good trials are dense and others
 * are not.
 *
 * @remarks
 * - Works on the space's parameter encoding, conditional ones included: parents are drawn first, and
 *   a parameter is modelled from the trials in which it was active.
 * - A failed trial is worse than any that has an accuracy; one that was stopped is worse than one
 *   that completed.
 * - A configuration that is no architecture costs no trial. With `invalid: tell` the model learns
 *   that it failed, which the state keeps: about six characters each in NAS-Bench-101.
 * - Only ranks matter, so any rising function of the accuracy gives the same search.
 *
 * @see Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4.
 */
export function tpe(space: SearchSpace, settings: TpeSettings): Optimizer<TpeState> {
  const parameters = parametersOf(space)
  const axes = vectorParameters(parameters.space).map(parameterAxis)
  const rules = tpeRules(settings)
  const tables = modelTables({ space, parameters, axes })
  const seen = seenForms(space)

  function draw(table: TrialTable, { random, pending }: AskContext, repeats: number): Draw {
    if (table.length < rules.startupTrials) {
      return { configuration: sampleConfiguration(parameters.space, random), origin: 'random' }
    }
    // What is under way is among the bad, but not counted.
    const good = goodCount(rules.gamma, table.length)
    const underWay = settings.pending === 'bad' ? pending : []
    const configuration = tables.withPending(table, underWay, () =>
      drawConfiguration(parameters.space, splitTrials(table, good, rules.priorWeight), {
        axes,
        rules,
        random,
        // Fewer to choose from where the choice is known already: at last a plain draw.
        candidates: Math.max(1, Math.floor(settings.candidates / 2 ** repeats)),
      }),
    )
    return { configuration, origin: 'model' }
  }

  function acceptance({ history, pending }: AskContext): (architecture: unknown) => boolean {
    if (!settings.unique) return () => true
    const isNew = seen.newIn(history, pending)
    return (architecture) => isNew(space.canonical(architecture))
  }

  return {
    name: 'tpe',
    init: () => ({ refused: '' }),
    ask(state, context) {
      const { history, fullFidelity: fidelity, random } = context
      const accepts = acceptance(context)
      let refused = state.refused
      const known: string[] = []
      for (let count = 0; count < settings.maxDraws; count++) {
        const { configuration, origin } = draw(tables.of(history, refused), context, known.length)
        const decoded = parameters.decode(configuration)
        if ('problems' in decoded) {
          if (settings.invalid === 'redraw') continue
          refused = tables.refuse(refused, { toldCount: history.length, configuration })
          continue
        }
        const architecture = space.format(decoded.architecture)
        if (accepts(decoded.architecture)) {
          return [{ architecture, fidelity, origin }, { refused }]
        }
        known.push(architecture)
      }
      const architecture = known.at(-1) ?? space.format(space.sample(random))
      return [{ architecture, fidelity, origin: 'fallback' }, { refused }]
    },
    tell: (state) => state,
  }
}

export const tpeEntry: OptimizerEntry<typeof TpeSettings> = {
  name: 'tpe',
  summary: 'Draws parameters where good trials are dense and the others are not',
  source:
    'Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4; hyperopt tpe.py; Optuna samplers/_tpe',
  settings: TpeSettings,
  misfit: (space) =>
    space.encodings.parameters
      ? null
      : 'needs a parameter encoding, which the space does not offer',
  create: tpe,
}

interface Draw {
  readonly configuration: Configuration
  readonly origin: string
}

interface DrawSettings extends DensitySettings {
  readonly candidates: number
  readonly random: Random
}

/** Each block is drawn when the first of its parameters is asked for, so parents come first. */
function drawConfiguration(
  space: ParameterSpace,
  split: Split,
  settings: DrawSettings,
): Configuration {
  const { axes, rules, candidates, random } = settings
  const blocks = blocksOf(split.table, axes.length, rules.joint)
  const drawn = new Map<string, ParameterValue>()
  const drawBlock = (name: string) => {
    const block = blocks.find((members) => members.some((axis) => axes[axis]?.name === name)) ?? []
    const point = drawBest(fitDensities(split, block, settings), candidates, random)
    for (const [index, axis] of block.entries()) {
      const { name: member, write } = axes[axis] as ParameterAxis
      drawn.set(member, write(point[index] as number))
    }
  }
  return assembleConfiguration(space, (parameter) => {
    if (parameter.kind === 'constant') return defaultOf(parameter)
    if (!drawn.has(parameter.name)) drawBlock(parameter.name)
    return drawn.get(parameter.name) ?? defaultOf(parameter)
  })
}

function parametersOf({ name, encodings }: SearchSpace): ParameterEncoding<unknown> {
  if (encodings.parameters) return encodings.parameters
  throw new ArchloomError(
    'internal/invariant',
    `The optimizer tpe was made for the space ${name}, which has no parameter encoding; ask misfit first`,
  )
}
