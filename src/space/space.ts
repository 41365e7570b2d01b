/**
 * The interface of a search space. `catalog.ts` names the spaces that exist; README.md says how to
 * add one. A space is pure: it reads no clock, no file, and draws only from the stream it is handed.
 */
import type { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import type { NetworkGraph, Shape } from '#src/graph/graph.ts'
import type { Random } from '#src/random/random.ts'

/** Number of architectures: exact where it is known, a bound otherwise. */
export interface Count {
  readonly value: bigint
  readonly kind: 'exact' | 'upper-bound' | 'lower-bound'
}

/** What the network around the searched part must fit. */
export interface Task {
  /** One sample, `[channels, height, width]`. */
  readonly inputShape: Shape
  readonly classCount: number
}

/**
 * A set of architectures and everything that a search does with them.
 *
 * @typeParam A - one architecture: readonly data, JSON-able; `format` and `parse` are its text form
 */
export interface SearchSpace<A = unknown> {
  readonly name: string
  /** The settings that made it, defaults filled in. */
  readonly settings: Json
  /** What `sample` draws from, in one sentence: uniform over what. */
  readonly distribution: string

  sample(random: Random): A
  /** One random small change: always valid and always a different text form. */
  mutate(architecture: A, random: Random): A
  /** A valid child that takes each decision from either parent. */
  crossover(first: A, second: A, random: Random): A
  /** Every architecture one change away, each once, in a fixed order. */
  neighbours(architecture: A): Iterable<A>

  /** Reasons why it is not in the space, each naming its place; empty when it is. */
  problems(architecture: A): readonly string[]
  count(): Count

  /** The text form: lossless, one line, no white space at the ends. */
  format(architecture: A): string
  /**
   * Reads the text form back.
   * @throws space/invalid-architecture naming the place, what was expected and what was found
   */
  parse(text: string): A
  /** A text equal for two architectures exactly when the space holds them to be the same network. */
  canonical(architecture: A): string

  /**
   * The network that the worker builds.
   * @throws space/invalid-settings when the task's sizes cannot carry the space's skeleton
   */
  compile(architecture: A, task: Task): NetworkGraph
  /** The searched part as a person wants to see it. */
  draw(architecture: A): Drawing
}

/** A catalog entry: how the space is named, configured and made. */
export interface SpaceEntry<S extends z.ZodType = z.ZodType> {
  readonly name: string
  /** One sentence for `space list`. */
  readonly summary: string
  /** Paper and section. */
  readonly source: string
  /** Settings with their defaults, strict. */
  readonly settings: S
  create(settings: z.infer<S>): SearchSpace
}
