import { invariant } from '#src/errors.ts'
import type { Configuration } from '#src/parameter/parameter.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { vectorParameters } from '#src/parameter/unit-vector.ts'
import type { Random } from '#src/random/random.ts'
import type { ParameterEncoding, SearchSpace } from '#src/space/space.ts'
import type { Observation } from '#src/trial/observation.ts'
import type { AskContext, Optimizer, OptimizerEntry } from '../optimizer.ts'
import { perHistory } from '../per-history.ts'
import { refusedCodec } from '../refused-configurations.ts'
import { rankChallengers } from './challengers.ts'
import { featureSpace } from './feature-space.ts'
import { latinHypercubePoint } from './initial-design.ts'
import { SmacSettings, smacRules } from './settings.ts'

// Types, not interfaces: only types are assignable to Json.
type Challenger = {
  readonly architecture: string
  readonly origin: string
}

export type SmacState = {
  /** Names the streams of the initial design; drawn at the first ask. */
  readonly seed: string
  /** Chosen by the present model and not proposed yet. */
  readonly queue: readonly Challenger[]
  /** Configurations that were no architectures: see `refusedCodec`. */
  readonly refused: string
}

/** What of a history the model learns from. */
interface Learned {
  readonly vectors: Float64Array[]
  readonly costs: number[]
  readonly texts: Set<string>
}

/** Of a failed trial: as bad as an accuracy of 0. */
const failureCost = 1

/**
 * Sequential model-based algorithm configuration: a random forest says what configurations cost and
 * how sure that is; those with the largest expected improvement come next, random ones between them.
 *
 * @remarks
 * - Works on the space's parameter encoding; what is inactive has a value of its own to the forest.
 * - The model is fitted to what was told when it is fitted, after every `retrainAfter` proposals; what
 *   it chose meanwhile waits in the state. What is under way is not modelled, and not proposed again.
 * - No configuration is proposed twice while there are others: tabular objectives have no noise, so
 *   that one evaluation settles a configuration (intensification with a single key).
 * - A failed trial costs as much as an accuracy of 0, and so does what was refused.
 *
 * @see Hutter et al. 2011, "Sequential Model-Based Optimization for General Algorithm
 *   Configuration", sections 3 and 4; SMAC3 2.
 */
export function smac(space: SearchSpace, settings: SmacSettings): Optimizer<SmacState> {
  const parameters = parametersOf(space)
  const rules = smacRules(settings)
  const features = featureSpace(parameters.space)
  const codec = refusedCodec(parameters.space)
  const initialTrials = Math.min(
    settings.initialTrialsPerParameter * vectorParameters(parameters.space).length,
    settings.initialTrialsMax,
  )
  const learned = perHistory<Learned>(
    () => ({ vectors: [], costs: [], texts: new Set() }),
    ({ vectors, costs, texts }, observation) => {
      const architecture = space.parse(observation.architecture)
      vectors.push(features.encode(parameters.encode(architecture)))
      costs.push(costOf(observation))
      texts.add(observation.architecture)
    },
  )

  /** The choices of one ask: what is known, and what it refuses on the way. */
  function chooser({ history, pending, random }: AskContext, state: SmacState) {
    const { texts } = learned(history)
    const taken = new Set(pending.map(({ architecture }) => architecture))
    let { refused } = state

    /** Its text if it is an architecture, and a new one. */
    const admit = (configuration: Configuration): string | null => {
      const decoded = parameters.decode(configuration)
      if ('problems' in decoded) {
        if (settings.invalid === 'redraw') return null
        refused = codec.append(refused, { toldCount: history.length, configuration })
        return null
      }
      const architecture = space.format(decoded.architecture)
      if (texts.has(architecture) || taken.has(architecture)) return null
      taken.add(architecture)
      return architecture
    }
    const drawNew = (origin: string): Challenger => {
      for (let draw = 0; draw < settings.maxDraws; draw++) {
        const architecture = admit(sampleConfiguration(parameters.space, random))
        if (architecture !== null) return { architecture, origin }
      }
      return { architecture: space.format(space.sample(random)), origin: 'fallback' }
    }
    return {
      admit,
      drawNew,
      refused: () => refused,
      isNew: (text: string) => !texts.has(text) && !taken.has(text),
    }
  }

  type Chooser = ReturnType<typeof chooser>

  function designPoint(seed: string, trial: number, choose: Chooser): Challenger {
    if (settings.initialDesign === 'random') return choose.drawNew('random')
    const point = latinHypercubePoint(parameters.space, seed, trial, initialTrials)
    const architecture = choose.admit(point)
    return architecture === null ? choose.drawNew('random') : { architecture, origin: 'random' }
  }

  function fill(context: AskContext, choose: Chooser, random: Random): Challenger[] {
    const { vectors, costs } = learned(context.history)
    const refused = codec.read(choose.refused()).map(({ configuration }) => configuration)
    const evaluated = {
      vectors: [...vectors, ...refused.map(features.encode)],
      costs: Float64Array.from([...costs, ...refused.map(() => failureCost)]),
    }
    const ranked = rankChallengers(features, evaluated, { ...settings, ...rules }, random).values()
    return Array.from({ length: settings.retrainAfter }, () => {
      if (random.bernoulli(rules.randomProbability)) return choose.drawNew('random')
      for (const vector of ranked) {
        const architecture = choose.admit(features.decode(vector))
        if (architecture !== null) return { architecture, origin: 'model' }
      }
      return choose.drawNew('fallback')
    })
  }

  return {
    name: 'smac',
    init: () => ({ seed: '', queue: [], refused: '' }),
    ask(state, context) {
      const { trial, history, random, fullFidelity: fidelity } = context
      const seed = state.seed || String(random.uint32())
      const choose = chooser(context, state)
      const propose = (next: Challenger, queue: readonly Challenger[]) =>
        [
          { ...next, fidelity },
          { seed, queue, refused: choose.refused() },
        ] as const
      if (trial < initialTrials) return propose(designPoint(seed, trial, choose), [])
      if (history.length === 0) return propose(choose.drawNew('random'), [])

      const waiting = state.queue.filter(({ architecture }) => choose.isNew(architecture))
      const [next, ...queue] = waiting.length > 0 ? waiting : fill(context, choose, random)
      return propose(next ?? choose.drawNew('fallback'), queue)
    },
    tell: (state) => state,
  }
}

export const smacEntry: OptimizerEntry<typeof SmacSettings> = {
  name: 'smac',
  summary: 'A random forest predicts costs; what should improve most on the best comes next',
  source:
    'Hutter et al. 2011, "Sequential Model-Based Optimization for General Algorithm Configuration"; SMAC3 2',
  settings: SmacSettings,
  mayBlock: true,
  misfit: (space) =>
    space.encodings.parameters
      ? null
      : 'needs a parameter encoding, which the space does not offer',
  create: smac,
}

function parametersOf({ name, encodings }: SearchSpace): ParameterEncoding<unknown> {
  const { parameters } = encodings
  invariant(
    parameters !== undefined,
    `The optimizer smac was made for the space ${name}, which has no parameter encoding; ask misfit first`,
  )
  return parameters
}

function costOf({ valAccuracy }: Observation): number {
  return valAccuracy === null ? failureCost : 1 - valAccuracy
}
