/**
 * The interface of a search space. `catalog.ts` names the spaces that exist; README.md says how to
 * add one. A space is pure: it reads no clock, no file, and draws only from the stream it is handed.
 */
import type { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import type { GateMatrix } from '#src/graph/choice.ts'
import type { Drawing } from '#src/graph/drawing.ts'
import type { NetworkGraph, Shape } from '#src/graph/graph.ts'
import type { LayerGraph } from '#src/graph/layer-graph.ts'
import type { Configuration, ParameterSpace } from '#src/parameter/parameter.ts'
import type { Random } from '#src/random/random.ts'

/** Number of architectures: exact where it is known, a bound otherwise. */
export interface Count {
  readonly value: bigint
  readonly kind: 'exact' | 'upper-bound' | 'lower-bound'
}

/**
 * What a sample is: an image `[channels, height, width]`, a vector of features `[features]`, or a
 * text of tokens `[length]`, each a whole number below the task's `classCount`.
 */
export type InputKind = 'images' | 'features' | 'tokens'

/** What the network around the searched part must fit. */
export interface Task {
  readonly kind: InputKind
  /** One sample, as its kind has it. */
  readonly inputShape: Shape
  /** Classes of a sample; for tokens, the vocabulary that the next token is told from. */
  readonly classCount: number
}

/**
 * The space as hyperparameters. `decode(encode(a))` is `a` again, up to `canonical`.
 *
 * @typeParam A - one architecture
 */
export interface ParameterEncoding<A> {
  readonly space: ParameterSpace
  encode(architecture: A): Configuration
  /** The architecture that a configuration names, or why it names none, as `problems` says it. */
  decode(configuration: Configuration): Decoded<A>
}

export type Decoded<A> =
  | { readonly architecture: A }
  | { readonly problems: readonly [string, ...string[]] }

/** Fixed-length numbers that a predictor can learn from. */
export interface FeatureEncoding<A> {
  /** Numbers a vector. */
  readonly size: number
  /** What they are, and the source. */
  readonly description: string
  /** Whether architectures with one canonical form have one vector. */
  readonly isCanonical: boolean
  /** Leading numbers that the source's own predictors are given; absent where it is all of them. */
  readonly usualSize?: number
  encode(architecture: A): readonly number[]
}

/** The searched part alone, as graphs that kernels and distances compare. */
export interface LayerEncoding<A> {
  /** What the graphs are, and the source. */
  readonly description: string
  /** One graph for each cell, of every architecture equally many; equal networks may have different ones. */
  encode(architecture: A): readonly LayerGraph[]
}

/** Other forms of an architecture; a method says which it needs. */
export interface Encodings<A> {
  /** Continuous vectors for differential evolution and CMA-ES come from it: `parameter/unit-vector.ts`. */
  readonly parameters?: ParameterEncoding<A>
  /** Labelled adjacency matrix. */
  readonly adjacency?: FeatureEncoding<A>
  /** One bit for every possible path of operations. White et al. 2021, "BANANAS", section 3. */
  readonly path?: FeatureEncoding<A>
  /** Absent where `networkLayers` of the compiled network is no worse: spaces without cells. */
  readonly layers?: LayerEncoding<A>
}

/**
 * All architectures of a space in one network: a graph with choices, and how architectures and
 * gates correspond. What an architecture does not use has a gate of 0 or is a candidate of zeros.
 */
export interface Supernet<A> {
  readonly graph: NetworkGraph
  /**
   * Gates of zeros and ones, shaped as `gateShape(graph)`. `specialize(graph, gatesOf(a))` is the
   * network `compile(a)` up to the names of its nodes.
   */
  gatesOf(architecture: A): GateMatrix
  /**
   * The architecture whose candidates weigh most, by the space's own rule; from the gates of an
   * architecture one that is the same network. Weights are finite; equal ones are told apart by order.
   */
  architectureOf(weights: GateMatrix): A
}

/** An architecture and how often `sample` draws it. */
export interface Supported<A> {
  readonly architecture: A
  readonly probability: number
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
  /** What its networks take; null where architectures stand for no network. */
  readonly takes: InputKind | null
  readonly encodings: Encodings<A>

  sample(random: Random): A
  /**
   * Uniform over the architectures of the least depth, where a search that grows its networks can
   * begin; absent where the space has no such order.
   */
  smallest?(random: Random): A
  /** One random small change: always valid and always a different text form. */
  mutate(architecture: A, random: Random): A
  /** Kinds of change that `change` knows by name; absent where there is only `mutate`. */
  readonly changeKinds?: readonly string[]
  /** A valid change of a kind, of another text form; null where the kind is not possible. */
  change?(kind: string, architecture: A, random: Random): A | null
  /** A valid child that takes each decision from either parent. */
  crossover(first: A, second: A, random: Random): A
  /** Every architecture one change away, each once, in a fixed order. */
  neighbours(architecture: A): Iterable<A>

  /** Reasons why it is not in the space, each naming its place; empty when it is. */
  problems(architecture: A): readonly string[]
  count(): Count
  /**
   * Everything that `sample` draws, with its probability; they sum to 1. One architecture may stand
   * for all texts of one network where no benchmark tells them apart. Absent where they are too many
   * to list; what random search finds on average can be computed where it is there.
   */
  support?(): Iterable<Supported<A>>

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
   * @throws space/invalid-settings when the task's sizes cannot carry the space's skeleton;
   *   space/no-network where `takes` is null
   */
  compile(architecture: A, task: Task): NetworkGraph
  /**
   * Training settings that the architecture itself decides, laid over the evaluator's recipe; absent
   * where a space is about networks alone.
   */
  training?(architecture: A): Readonly<Record<string, Json>>
  /**
   * The whole space as one network with shared weights; absent where the space has none.
   * @throws space/invalid-settings as `compile` does
   */
  supernet?(task: Task): Supernet<A>
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
  /** Published architectures by name, each in the text form of the space with default settings. */
  readonly named?: Readonly<Record<string, string>>
  create(settings: z.infer<S>): SearchSpace
}
