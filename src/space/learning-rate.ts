/** A learning rate as a gene beside the network: each architecture is trained at its own. */
import { z } from 'zod'
import type { Json } from '#src/encoding/json.ts'
import { ArchloomError } from '#src/errors.ts'
import { constant, ordinal, parameterSpace } from '#src/parameter/define.ts'
import type { Random } from '#src/random/random.ts'
import type { ParameterEncoding, SearchSpace } from './space.ts'

export const LearningRateGene = z
  .strictObject({
    /** What the smallest networks begin with; the source's value. */
    start: z.number().positive().default(0.1),
    lower: z.number().positive().default(0.0001),
    upper: z.number().positive().default(1),
    /** Values between one and its double, evenly in the logarithm. */
    perDoubling: z.int().min(1).max(16).default(4),
  })
  .refine(({ start, lower, upper }) => lower <= start && start <= upper, {
    path: ['start'],
    message: 'must lie between lower and upper',
  })
export type LearningRateGene = z.infer<typeof LearningRateGene>

/** A network, and the peak learning rate that it is trained at. */
export interface Rated<A> {
  readonly learningRate: number
  readonly network: A
}

/** The name of its change. */
export const alterLearningRate = 'alter-learning-rate'

/** Its share of all mutations where no kind is asked for. */
const mutationShare = 0.25

/**
 * The space with a learning rate beside each network.
 *
 * @remarks
 * Text forms are the network's behind `lr0.1;`. Rates are `start` times powers of two and their
 * `perDoubling`-th parts, rounded to three digits. A change leads to any other value from half to
 * double, each equally likely, as a factor that is uniform in the logarithm would.
 *
 * @see Real et al. 2017, "Large-Scale Evolution of Image Classifiers", section 3.2:
 *   ALTER-LEARNING-RATE.
 */
export function withLearningRate<A>(
  space: SearchSpace<A>,
  gene: LearningRateGene,
): SearchSpace<Rated<A>> {
  const rates = learningRates(gene)
  const { changeKinds = [], smallest } = space
  const around = (rate: number) => rates.filter((other) => other !== rate && isNear(other, rate))
  const altered = (rated: Rated<A>, random: Random): Rated<A> | null => {
    const others = around(rated.learningRate)
    return others.length === 0 ? null : { ...rated, learningRate: random.pick(others) }
  }
  const prefixed = ({ learningRate }: Rated<A>, text: string) => `lr${learningRate};${text}`
  const { value, kind } = space.count()
  return {
    name: space.name,
    settings: space.settings,
    takes: space.takes,
    distribution: `${space.distribution}; the learning rate uniform over its ${rates.length} values`,
    encodings: {
      ...(space.encodings.parameters && {
        parameters: ratedParameters(space.encodings.parameters, rates),
      }),
    },
    sample: (random) => ({ learningRate: random.pick(rates), network: space.sample(random) }),
    ...(smallest && {
      smallest: (random: Random) => ({ learningRate: gene.start, network: smallest(random) }),
    }),
    mutate(rated, random) {
      const child = random.bernoulli(mutationShare) ? altered(rated, random) : null
      return child ?? { ...rated, network: space.mutate(rated.network, random) }
    },
    changeKinds: [...changeKinds, alterLearningRate],
    change(name, rated, random) {
      if (name === alterLearningRate) return altered(rated, random)
      const network = space.change?.(name, rated.network, random) ?? null
      return network === null ? null : { ...rated, network }
    },
    crossover: (first, second, random) => ({
      learningRate: (random.bernoulli(0.5) ? first : second).learningRate,
      network: space.crossover(first.network, second.network, random),
    }),
    *neighbours(rated) {
      for (const learningRate of around(rated.learningRate)) yield { ...rated, learningRate }
      for (const network of space.neighbours(rated.network)) yield { ...rated, network }
    },
    problems: ({ learningRate, network }) => [
      ...(rates.includes(learningRate) ? [] : [rateProblem(space.name, rates, learningRate)]),
      ...space.problems(network),
    ],
    count: () => ({ value: value * BigInt(rates.length), kind }),
    format: (rated) => prefixed(rated, space.format(rated.network)),
    parse(text) {
      const [, rate = '', network = ''] = /^lr([^;]*);(.*)$/.exec(text) ?? []
      const learningRate = rates.find((candidate) => String(candidate) === rate)
      if (learningRate === undefined) refuseRate(space.name, rates, text)
      return { learningRate, network: space.parse(network) }
    },
    canonical: (rated) => prefixed(rated, space.canonical(rated.network)),
    compile: ({ network }, task) => space.compile(network, task),
    training({ learningRate, network }) {
      const { optimizer, ...decided } = space.training?.(network) ?? {}
      return { ...decided, optimizer: { ...(isSettings(optimizer) && optimizer), learningRate } }
    },
    draw: ({ network }) => space.draw(network),
  }
}

/** The space itself where no gene is asked for. */
export function maybeWithLearningRate<A>(
  space: SearchSpace<A>,
  gene: LearningRateGene | null,
): SearchSpace {
  return gene === null ? space : withLearningRate(space, gene)
}

/** From the smallest to the largest. */
function learningRates({ start, lower, upper, perDoubling }: LearningRateGene): readonly number[] {
  const first = Math.ceil(perDoubling * Math.log2(lower / start) - 1e-9)
  const last = Math.floor(perDoubling * Math.log2(upper / start) + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const step = first + index
    return step === 0 ? start : Number((start * 2 ** (step / perDoubling)).toPrecision(3))
  })
}

/** From half to double, whatever three digits make of it. */
function isNear(one: number, other: number): boolean {
  const factor = one / other
  return factor > 0.49 && factor < 2.04
}

function ratedParameters<A>(
  { space, encode, decode }: ParameterEncoding<A>,
  rates: readonly number[],
): ParameterEncoding<Rated<A>> {
  const name = 'learningRate'
  const [only = 0] = rates
  const gene = rates.length === 1 ? constant(name, only) : ordinal(name, rates)
  const rated = parameterSpace({ ...space, parameters: [gene, ...space.parameters] })
  return {
    space: rated,
    encode: ({ learningRate, network }) => ({ [name]: learningRate, ...encode(network) }),
    decode({ [name]: learningRate, ...configuration }) {
      const rate = rates.find((candidate) => candidate === learningRate)
      if (rate === undefined) return { problems: [rateProblem(space.name, rates, learningRate)] }
      const decoded = decode(configuration)
      if ('problems' in decoded) return decoded
      return { architecture: { learningRate: rate, network: decoded.architecture } }
    },
  }
}

function rateProblem(space: string, rates: readonly number[], found: unknown): string {
  return `The ${space} architecture is wrong at the learning rate: expected ${rateWords(rates)}, found ${JSON.stringify(found)}`
}

function rateWords(rates: readonly number[]): string {
  return `one of ${rates.join(', ')}`
}

function refuseRate(space: string, rates: readonly number[], text: string): never {
  const [found] = text.split(';')
  const expected = `lr and ${rateWords(rates)}, then ; and the network`
  throw new ArchloomError(
    'space/invalid-architecture',
    `The ${space} architecture is wrong at the learning rate: expected ${expected}, found ${JSON.stringify(found)}`,
    { details: { space, place: 'the learning rate', expected, found: found ?? '' } },
  )
}

function isSettings(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
