/** What every optimizer must do; `optimizer.test.ts` runs it over the catalogs. */
import { describe, expect, it } from 'vitest'
import type { Json } from '#src/encoding/json.ts'
import { growingHistory } from '#src/experiment/history.ts'
import type { Optimizer } from '#src/optimizer/optimizer.ts'
import { Random } from '#src/random/random.ts'
import type { SearchSpace } from '#src/space/space.ts'
import type { History, Observation } from '#src/trial/observation.ts'
import { outcomes } from '#src/trial/outcome.ts'
import { Proposal } from '#src/trial/proposal.ts'
import { observe } from '#test/fixtures/observe.ts'
import { pendingOf } from '#test/fixtures/play-search.ts'

export interface OptimizerContract {
  readonly name: string
  readonly space: SearchSpace
  readonly make: () => Optimizer
  /** Enough trials to pass its start-up. */
  readonly trials: number
}

interface Episode {
  readonly proposals: readonly Proposal[]
  readonly states: readonly Json[]
}

interface EpisodeOptions {
  readonly seed?: number
  /** Trials under way at once: trial t sees exactly trials 0 to t - window. */
  readonly window?: number
  /** Called between any two calls of the optimizer. */
  readonly passOn?: (state: Json) => Json
  readonly judge?: (proposal: Proposal, trial: number) => Observation
  /** Makes a fresh optimizer before every call when true. */
  readonly isForgetful?: boolean
  /** Whether proposals may name weights. */
  readonly inheritsWeights?: boolean
  /** Called before every ask with the trials whose weights it may name. */
  readonly onSources?: (sources: readonly number[], history: History) => void
}

const fullFidelity = { epochs: 3 }

export function optimizerContract({ name, space, make, trials }: OptimizerContract): void {
  const judgeByText = (proposal: Proposal, trial: number) =>
    observe(trial, proposal.architecture, Random.named('judge', proposal.architecture).uniform())
  const judgeWithFailures = (proposal: Proposal, trial: number) => {
    const outcome = Random.named('outcome', trial).pick(outcomes)
    if (outcome === 'completed') return judgeByText(proposal, trial)
    return observe(trial, proposal.architecture, outcome)
  }

  /** Plays the experiment's ordered mode. */
  function play(options: EpisodeOptions = {}): Episode {
    const { seed = 1, window = 1, passOn = (state) => state, judge = judgeByText } = options
    let optimizer = make()
    const history = growingHistory()
    const proposals: Proposal[] = []
    let state = passOn(optimizer.init())
    const states = [state]
    for (let trial = 0; trial < trials; trial++) {
      for (let told = history.length; told <= trial - window; told++) {
        if (options.isForgetful) optimizer = make()
        const observation = judge(proposals[told] as Proposal, told)
        history.append(observation)
        state = passOn(optimizer.tell(state, observation, history))
        states.push(state)
      }
      if (options.isForgetful) optimizer = make()
      const random = Random.named(seed, 'ask', trial)
      const pending = pendingOf(
        proposals.map((proposal) => ({ proposal })),
        history.length,
      )
      options.onSources?.(optimizer.weightSources?.(state, history) ?? [], history)
      const { inheritsWeights = false } = options
      const context = { trial, random, history, pending, fullFidelity, inheritsWeights }
      const [proposal, next] = optimizer.ask(state, context)
      proposals.push(proposal)
      state = passOn(next)
      states.push(state)
    }
    return { proposals, states }
  }

  describe(name, () => {
    const undisturbed = play()

    it('proposes what the schema and the space accept', () => {
      for (const proposal of undisturbed.proposals) {
        expect(Proposal.parse(proposal)).toEqual(proposal)
        expect(space.problems(space.parse(proposal.architecture))).toEqual([])
        expect(proposal.fidelity.epochs).toBeLessThanOrEqual(fullFidelity.epochs)
      }
    })

    it('is determined by the seed, and depends on it', () => {
      expect(play()).toEqual(undisturbed)
      expect(play({ seed: 2 }).proposals).not.toEqual(undisturbed.proposals)
    })

    it('takes an equal start from every maker, and one that is JSON', () => {
      expect(make().init()).toEqual(make().init())
      for (const state of undisturbed.states)
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    })

    it.each([1, 3])(
      'continues identically when its state goes through JSON at every step, window %i',
      (window) => {
        const passOn = (state: Json): Json => JSON.parse(JSON.stringify(state))
        const disturbed = play({ passOn, isForgetful: true, window, judge: judgeWithFailures })
        expect(disturbed).toEqual(play({ window, judge: judgeWithFailures }))
      },
    )

    it('changes neither a state that it was handed nor the history', () => {
      const frozen = play({ passOn: deepFreeze })
      expect(frozen).toEqual(undisturbed)
    })

    it('keeps its state small', () => {
      const last = JSON.stringify(undisturbed.states.at(-1))
      expect(last.length).toBeLessThan(16_384)
    })

    it('names parents that it has been told of', () => {
      for (const window of [1, 4]) {
        for (const [trial, { parent }] of play({ window }).proposals.entries()) {
          if (parent !== undefined) expect(parent).toBeLessThanOrEqual(trial - window)
        }
      }
    })

    it.each([1, 4])('names weights that it said it may name, window %i', (window) => {
      const lettingGo: (readonly number[])[] = []
      const onSources = (sources: readonly number[], history: History) => {
        const told = Array.from({ length: history.length }, (_, position) => history.at(position))
        for (const source of sources) {
          expect(told.find(({ trial }) => trial === source)?.valAccuracy).toEqual(
            expect.any(Number),
          )
        }
        // What was told before and is no source now was let go of.
        const gone = told.map(({ trial }) => trial).filter((trial) => !sources.includes(trial))
        for (const trial of lettingGo.at(-1) ?? []) expect(gone).toContain(trial)
        lettingGo.push(gone)
      }
      const judge = judgeWithFailures
      const { proposals } = play({ window, judge, inheritsWeights: true, onSources })
      for (const [trial, { weightsFrom }] of proposals.entries()) {
        if (weightsFrom === undefined) continue
        expect(weightsFrom).toBeLessThanOrEqual(trial - window)
        expect(lettingGo[trial]).not.toContain(weightsFrom)
      }
      const elsewhere = play({ window, judge }).proposals
      expect(elsewhere.every((proposal) => proposal.weightsFrom === undefined)).toBe(true)
    })

    it.each(outcomes)('goes on when every trial ends as %s', (outcome) => {
      const judge = (proposal: Proposal, trial: number) =>
        outcome === 'completed'
          ? observe(trial, proposal.architecture, 0.5)
          : observe(trial, proposal.architecture, outcome)
      for (const { architecture } of play({ judge }).proposals) {
        expect(space.problems(space.parse(architecture))).toEqual([])
      }
    })

    it('goes on when trials end in every way, mixed', () => {
      expect(play({ judge: judgeWithFailures, window: 5 }).proposals).toHaveLength(trials)
    })

    it.each([2, 7, trials + 1])('goes on when the history lags by a window of %i', (window) => {
      const lagging = play({ window })
      expect(lagging.proposals).toHaveLength(trials)
      expect(play({ window })).toEqual(lagging)
    })

    it('does not mind another search in between', () => {
      const optimizer = make()
      const ask = (seed: number, count: number) => {
        const history = growingHistory()
        let state = optimizer.init()
        return Array.from({ length: count }, (_, trial) => {
          const random = Random.named(seed, 'ask', trial)
          const context = { trial, random, history, pending: [], fullFidelity }
          const [proposal, next] = optimizer.ask(state, context)
          const observation = judgeByText(proposal, trial)
          history.append(observation)
          state = optimizer.tell(next, observation, history)
          return proposal
        })
      }
      const first = ask(1, trials)
      expect(ask(2, trials)).not.toEqual(first)
      expect(ask(1, trials)).toEqual(first)
      expect(first).toEqual(undisturbed.proposals)
    })
  })
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
