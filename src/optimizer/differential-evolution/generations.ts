/**
 * The generations of one search by differential evolution, worked out again from the seed and from
 * what was told. Vectors are not state: they are as long as the space has parameters, and the seed
 * gives them back.
 */
import { Random } from '#src/random/random.ts'
import type { History } from '#src/trial/observation.ts'
import { trialVector, type UnitVector, uniformVector, type VariationRules } from './variation.ts'

/**
 * What a proposal was made from. `told` is `max(0, trial - lag)` from a trial on: one entry as long as
 * the number of pending trials does not change.
 */
export type Lag = readonly [fromTrial: number, lag: number]

export interface GenerationRules extends VariationRules {
  readonly populationSize: number
  /** Entries of a vector. */
  readonly size: number
  /** The text form that a vector stands for; null when it stands for nothing in the space. */
  readonly decode: (vector: UnitVector) => string | null
  /** A vector that stands for something, in a space where draws hardly ever do. */
  readonly anyVector: (random: Random) => UnitVector
}

export interface Member {
  readonly vector: UnitVector
  /** Of a vector that stands for nothing, or a failed trial: minus infinity. */
  readonly fitness: number
  /** Null for a vector that was never a trial. */
  readonly trial: number | null
}

/** One trial vector, and where it stands. */
export interface Assignment {
  readonly text: string
  readonly origin: 'random' | 'mutation' | 'fallback'
  readonly parent: number | null
}

/** A member whose trial may not be told yet. */
export interface Slot extends Omit<Member, 'fitness'> {
  fitness: number | null
}

/** Vectors in a row that stand for nothing before one is drawn that does. */
const invalidMax = 1000

/** A search up to some trial; `assign` moves it on. */
export interface Generations {
  readonly seed: string
  readonly rules: GenerationRules
  /** Members of the latest generation that is complete; empty before the first. */
  population: readonly Member[]
  /** Generations that are not complete, oldest first. */
  open: readonly Slot[][]
  /** Slots whose trials are not told, by trial. */
  readonly pending: Map<number, Slot>
  /** Observations taken in. */
  taken: number
  slotCount: number
  /** The trial that `assign` is for. */
  nextTrial: number
}

/** The search before its first trial. */
export function startGenerations(seed: string, rules: GenerationRules): Generations {
  return {
    seed,
    rules,
    population: [],
    open: [],
    pending: new Map(),
    taken: 0,
    slotCount: 0,
    nextTrial: 0,
  }
}

/**
 * Takes in the history up to a position, then makes the vector of the next trial; changes the
 * generations in place.
 *
 * @remarks
 * Slots are filled in order, `populationSize` a generation. A vector that stands for nothing fills its
 * slot without a trial, with the worst fitness. A trial vector is made from the latest population that
 * is complete, and competes with the target of the generation before its own when all of its
 * generation is told; before there is a population, vectors are uniform.
 */
export function assign(generations: Generations, history: History, told: number): Assignment {
  takeIn(generations, history, told)
  const { seed, rules } = generations
  const trial = generations.nextTrial
  generations.nextTrial += 1
  for (let tries = 0; ; tries++) {
    const { population, slotCount } = generations
    const random = Random.named(seed, 'slot', slotCount)
    const isForced = tries === invalidMax
    const vector = isForced ? rules.anyVector(random) : nextVector(generations, random)
    const text = rules.decode(vector)
    if (text === null) {
      fill(generations, { vector, trial: null, fitness: Number.NEGATIVE_INFINITY })
      continue
    }
    fill(generations, { vector, trial, fitness: null })
    if (isForced) return { text, origin: 'fallback', parent: null }
    const target = population[slotCount % rules.populationSize]
    if (target === undefined) return { text, origin: 'random', parent: null }
    return { text, origin: 'mutation', parent: target.trial }
  }
}

/** Each target or its trial vector, whichever is fitter; of equals the trial vector. */
export function survivors(targets: readonly Member[], trials: readonly Slot[]): readonly Member[] {
  return trials.map(({ vector, trial, fitness }, index) => {
    const target = targets[index]
    const child = { vector, trial, fitness: fitness ?? Number.NEGATIVE_INFINITY }
    return target === undefined || child.fitness >= target.fitness ? child : target
  })
}

function takeIn(generations: Generations, history: History, told: number): void {
  const { pending } = generations
  for (; generations.taken < told; generations.taken++) {
    const { trial, valAccuracy } = history.at(generations.taken)
    const slot = pending.get(trial)
    if (slot !== undefined) slot.fitness = valAccuracy ?? Number.NEGATIVE_INFINITY
    pending.delete(trial)
  }
  complete(generations)
}

function fill(generations: Generations, slot: Slot): void {
  const { open, pending, rules } = generations
  const last = open.at(-1)
  if (last === undefined || last.length === rules.populationSize) {
    generations.open = [...open, [slot]]
  } else last.push(slot)
  if (slot.trial !== null) pending.set(slot.trial, slot)
  generations.slotCount += 1
  complete(generations)
}

/** Makes populations of the oldest generations as long as all of their trials are told. */
function complete(generations: Generations): void {
  for (;;) {
    const [oldest] = generations.open
    if (oldest?.length !== generations.rules.populationSize) return
    if (oldest.some(({ fitness }) => fitness === null)) return
    generations.population = survivors(generations.population, oldest)
    generations.open = generations.open.slice(1)
  }
}

function nextVector({ population, slotCount, rules }: Generations, random: Random): UnitVector {
  if (population.length === 0) return uniformVector(rules.size, random)
  const vectors = population.map(({ vector }) => vector)
  return trialVector(vectors, slotCount % rules.populationSize, rules, random)
}

/** How many trials were told when a trial was asked for. */
export function toldAt(lags: readonly Lag[], trial: number): number {
  const lag = lags.findLast(([from]) => from <= trial)?.[1] ?? 0
  return Math.max(0, trial - lag)
}

/** The lags with what was told when one more trial was asked for. */
export function withLag(lags: readonly Lag[], trial: number, told: number): readonly Lag[] {
  if (toldAt(lags, trial) === told) return lags
  // A longer lag also says that nothing was told to the trials before it.
  return told === 0 ? [[0, trial]] : [...lags, [trial, trial - told]]
}
