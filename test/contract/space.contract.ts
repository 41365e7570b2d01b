/** What every search space must do; `space.test.ts` runs it over the catalog. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArchloomError } from '#src/errors.ts'
import { choicesOf, gateShape, specialize } from '#src/graph/choice.ts'
import { graphHash } from '#src/graph/hash.ts'
import { outputShapes } from '#src/graph/shape.ts'
import { validateGraph } from '#src/graph/validate.ts'
import { Random } from '#src/random/random.ts'
import type { InputKind, SearchSpace, Supernet, Task } from '#src/space/space.ts'

export interface SpaceContract {
  /** Distinguishes the settings in test names. */
  readonly name: string
  readonly make: () => SearchSpace
  /** Small enough to walk through from neighbour to neighbour. */
  readonly isEnumerable: boolean
  /**
   * Whether a change switches parameters on at their defaults, so that the way back from a neighbour
   * can take several changes; false by default.
   */
  readonly hasDefaults?: boolean
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const runs = { numRuns: 60, seed: 20_260_314 }
/** Two small tasks of each kind, different in every number. */
const tasks: Readonly<Record<InputKind, readonly [Task, Task]>> = {
  images: [
    { kind: 'images', inputShape: [1, 8, 8], classCount: 10 },
    { kind: 'images', inputShape: [3, 16, 12], classCount: 7 },
  ],
  features: [
    { kind: 'features', inputShape: [13], classCount: 3 },
    { kind: 'features', inputShape: [64], classCount: 10 },
  ],
  tokens: [
    { kind: 'tokens', inputShape: [12], classCount: 65 },
    { kind: 'tokens', inputShape: [7], classCount: 30 },
  ],
}

export function spaceContract({
  name,
  make,
  isEnumerable,
  hasDefaults = false,
}: SpaceContract): void {
  describe(`${name}`, () => {
    const space = make()
    const sampled = seeds.map((seed) => space.sample(Random.named(seed, 'sample')))
    const property = <T extends [unknown, ...unknown[]]>(
      arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
      check: (...values: T) => void,
    ) => fc.assert(fc.property(...arbitraries, check), runs)
    const expectInSpace = (architecture: unknown) =>
      expect(space.problems(architecture), space.format(architecture)).toEqual([])

    it('samples architectures of its own, the same from the same stream', () => {
      property([seeds], (seed) => {
        const first = space.sample(Random.named(seed, 'sample'))
        expectInSpace(first)
        expect(make().sample(Random.named(seed, 'sample'))).toEqual(first)
      })
    })

    it('samples more than one architecture', () => {
      const texts = Array.from({ length: 50 }, (_, seed) =>
        space.format(space.sample(Random.named(seed, 'sample'))),
      )
      expect(new Set(texts).size).toBeGreaterThan(1)
    })

    it('has a one-line text form that parses back to an equal architecture', () => {
      property([sampled], (architecture) => {
        const text = space.format(architecture)
        expect(text).toBe(text.trim())
        expect(text).not.toMatch(/[\n\r]/)
        expect(text.length).toBeGreaterThan(0)
        expect(space.parse(text)).toEqual(architecture)
      })
    })

    it('survives JSON, settings and architectures alike', () => {
      expect(JSON.parse(JSON.stringify(space.settings))).toEqual(space.settings)
      property([sampled], (architecture) => {
        const copy = JSON.parse(JSON.stringify(architecture))
        expect(copy).toEqual(architecture)
        expect(space.format(copy)).toBe(space.format(architecture))
      })
    })

    it('gives equal text forms one canonical form, whoever made them', () => {
      property([sampled], (architecture) => {
        const canonical = space.canonical(architecture)
        expect(canonical.length).toBeGreaterThan(0)
        expect(space.canonical(space.parse(space.format(architecture)))).toBe(canonical)
        expect(make().canonical(architecture)).toBe(canonical)
      })
    })

    it('mutates to a different architecture of the space, one of the neighbours', () => {
      property([sampled, seeds], (architecture, seed) => {
        const before = space.format(architecture)
        const child = space.mutate(architecture, Random.named(seed, 'mutate'))
        expectInSpace(child)
        expect(space.format(child)).not.toBe(before)
        expect(space.format(architecture), 'the parent is left as it was').toBe(before)
        const around = [...space.neighbours(architecture)].map((other) => space.format(other))
        expect(around).toContain(space.format(child))
        expect(space.mutate(architecture, Random.named(seed, 'mutate'))).toEqual(child)
      })
    })

    it(`lists neighbours in a fixed order, each once, valid, different${hasDefaults ? '' : ', mutual'}`, () => {
      property([sampled, seeds], (architecture, seed) => {
        const neighbours = [...space.neighbours(architecture)]
        const texts = neighbours.map((other) => space.format(other))
        for (const neighbour of neighbours) expectInSpace(neighbour)
        expect(new Set(texts).size).toBe(texts.length)
        expect(texts).not.toContain(space.format(architecture))
        expect([...space.neighbours(architecture)]).toEqual(neighbours)
        if (hasDefaults) return
        const one = Random.named(seed, 'neighbour').pick(neighbours)
        const back = [...space.neighbours(one)].map((other) => space.format(other))
        expect(back).toContain(space.format(architecture))
      })
    })

    it('reaches every neighbour by mutation', () => {
      const architecture = space.sample(Random.named(3, 'sample'))
      const neighbours = new Set([...space.neighbours(architecture)].map(space.format))
      const random = Random.named(3, 'mutations')
      // A neighbour missed by chance: below 1e-6 when none is rarer than a fortieth of uniform.
      const drawsMax = 40 * 25 * neighbours.size
      for (let draw = 0; draw < drawsMax && neighbours.size > 0; draw++) {
        neighbours.delete(space.format(space.mutate(architecture, random)))
      }
      expect([...neighbours]).toEqual([])
    })

    it('changes by name to a different architecture of the space, or says that it cannot', () => {
      const { changeKinds = [] } = space
      if (changeKinds.length === 0) return
      property([sampled, seeds], (architecture, seed) => {
        const before = space.format(architecture)
        for (const kind of changeKinds) {
          const changed = space.change?.(kind, architecture, Random.named(seed, kind)) ?? null
          if (changed === null) continue
          expectInSpace(changed)
          expect(space.format(changed), kind).not.toBe(before)
          expect(space.format(architecture), 'the parent is left as it was').toBe(before)
          expect(space.change?.(kind, architecture, Random.named(seed, kind))).toEqual(changed)
        }
      })
      expect(space.change?.('nonsense', space.sample(Random.named(1)), Random.named(1))).toBe(null)
    })

    it('draws the smallest, where it has them, from its own', () => {
      const { smallest } = space
      if (smallest === undefined) return
      property([seeds], (seed) => {
        const architecture = smallest(Random.named(seed, 'smallest'))
        expectInSpace(architecture)
        expect(smallest(Random.named(seed, 'smallest'))).toEqual(architecture)
      })
    })

    it('crosses two parents to an architecture of the space, and one parent to itself', () => {
      property([sampled, sampled, seeds], (first, second, seed) => {
        const child = space.crossover(first, second, Random.named(seed, 'cross'))
        expectInSpace(child)
        expect(space.crossover(first, first, Random.named(seed, 'cross'))).toEqual(first)
      })
    })

    const { takes } = space
    if (takes === null) {
      it('refuses to compile, and is no supernet', () => {
        const architecture = space.sample(Random.named(0, 'sample'))
        for (const task of Object.values(tasks).flat()) {
          expect(() => space.compile(architecture, task)).toThrow(
            expect.objectContaining({ code: 'space/no-network' }),
          )
        }
        expect(space.supernet).toBeUndefined()
      })
    } else {
      networkContract(space, tasks[takes])
    }

    it('draws boxes and arrows that belong together', () => {
      property([sampled], (architecture) => {
        const drawing = space.draw(architecture)
        const ids = drawing.nodes.map(({ id }) => id)
        const groups = drawing.groups.map(({ id }) => id)
        expect(ids.length).toBeGreaterThan(1)
        expect(new Set(ids).size).toBe(ids.length)
        for (const { from, to } of drawing.edges)
          expect(ids).toEqual(expect.arrayContaining([from, to]))
        for (const { group } of drawing.nodes) if (group) expect(groups).toContain(group)
        expect(JSON.parse(JSON.stringify(drawing))).toEqual(drawing)
      })
    })

    it('refuses damaged text forms, naming the place', () => {
      const damage = fc.tuple(sampled, fc.nat(), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
      property([damage], ([architecture, position, cut, inserted]) => {
        const text = space.format(architecture)
        const at = position % (text.length + 1)
        expectParsedOrRefused(space, text.slice(0, at) + inserted + text.slice(at + cut))
      })
      property([fc.string()], (text) => expectParsedOrRefused(space, text))
      for (const text of ['', ' ', '|', '+', 'null', '{}']) {
        expect(() => space.parse(text), JSON.stringify(text)).toThrow(ArchloomError)
      }
    })

    it('counts what it holds', () => {
      const { value, kind } = space.count()
      expect(value).toBeGreaterThan(1n)
      if (!isEnumerable) return
      const found = BigInt(everyText(space, 0).size)
      if (kind === 'exact') expect(found).toBe(value)
      else if (kind === 'upper-bound') expect(found).toBeLessThanOrEqual(value)
      else expect(found).toBeGreaterThanOrEqual(value)
    })

    it.runIf(isEnumerable && hasDefaults)('leads from anywhere to everywhere', () => {
      const all = everyText(space, 0)
      for (const seed of [1, 2, 3, 4]) expect(everyText(space, seed)).toEqual(all)
    })
  })
}

/** What a space of networks must do on either task. */
function networkContract(space: SearchSpace, tasksOfKind: readonly Task[]): void {
  const sampled = seeds.map((seed) => space.sample(Random.named(seed, 'sample')))

  it('compiles to a valid network with one output a class, the same each time', () => {
    fc.assert(
      fc.property(sampled, fc.constantFrom(...tasksOfKind), (architecture, task) => {
        const graph = space.compile(architecture, task)
        expect(validateGraph(graph)).toEqual(graph)
        expect(graph.inputs.map(({ shape }) => shape)).toEqual([task.inputShape])
        // Text has an answer for each of its tokens.
        const classes = [task.classCount]
        const expected = task.kind === 'tokens' ? [...task.inputShape, ...classes] : classes
        expect(outputShapes(graph)).toEqual([expected])
        expect(space.compile(architecture, task)).toEqual(graph)
      }),
      { ...runs, numRuns: 15 },
    )
  })

  it('refuses a task without images by name', () => {
    const architecture = space.sample(Random.named(0, 'sample'))
    expect(() =>
      space.compile(architecture, { kind: 'images', inputShape: [64], classCount: 10 }),
    ).toThrow(expect.objectContaining({ code: 'space/invalid-settings' }))
  })

  if (space.supernet !== undefined) {
    describe('as a supernet', () => supernetContract(space, tasksOfKind))
  }
}

/** What the supernet of a space must do on either task. */
function supernetContract(space: SearchSpace, tasksOfKind: readonly Task[]): void {
  const supernets = tasksOfKind.flatMap((task): { task: Task; supernet: Supernet<unknown> }[] => {
    const supernet = space.supernet?.(task)
    return supernet ? [{ task, supernet }] : []
  })
  const check = (numRuns: number, body: (seed: number, item: (typeof supernets)[number]) => void) =>
    fc.assert(fc.property(seeds, fc.constantFrom(...supernets), body), { ...runs, numRuns })

  it('is a valid graph with choices and one output a class', () => {
    for (const { task, supernet } of supernets) {
      expect(validateGraph(supernet.graph)).toEqual(supernet.graph)
      expect(choicesOf(supernet.graph).length).toBeGreaterThan(0)
      const { inputShape, kind, classCount } = task
      const expected = kind === 'tokens' ? [...inputShape, classCount] : [classCount]
      expect(outputShapes(supernet.graph)).toEqual([expected])
      expect(space.supernet?.(task).graph).toEqual(supernet.graph)
    }
  })

  it('holds the network of each architecture', () => {
    check(12, (seed, { task, supernet }) => {
      const architecture = space.sample(Random.named(seed, 'sample'))
      const gates = supernet.gatesOf(architecture)
      expect(gates.map(({ length }) => length)).toEqual(gateShape(supernet.graph))
      const special = specialize(supernet.graph, gates)
      expect(graphHash(special), space.format(architecture)).toBe(
        graphHash(space.compile(architecture, task)),
      )
    })
  })

  it('tells the architecture from its gates, and some architecture from any weights', () => {
    check(30, (seed, { supernet }) => {
      const gates = supernet.gatesOf(space.sample(Random.named(seed, 'sample')))
      expect(supernet.gatesOf(supernet.architectureOf(gates))).toEqual(gates)
      const random = Random.named(seed, 'weights')
      const weights = gates.map((row) => row.map(() => random.normal()))
      const heaviest = supernet.architectureOf(weights)
      expect(space.problems(heaviest), space.format(heaviest)).toEqual([])
      expect(supernet.architectureOf(weights)).toEqual(heaviest)
      const zeros = gates.map((row) => row.map(() => 0))
      expect(space.problems(supernet.architectureOf(zeros))).toEqual([])
    })
  })
}

/** Either the text stands for exactly one architecture, or it is refused in one good sentence. */
function expectParsedOrRefused(space: SearchSpace, text: string): void {
  let architecture: unknown
  try {
    architecture = space.parse(text)
  } catch (error) {
    if (!(error instanceof ArchloomError)) throw error
    expect(error.code).toBe('space/invalid-architecture')
    expect(error.message).toMatch(/^[A-Z].*[^.]$/s)
    expect(error.message).toMatch(/expected .* found /s)
    expect(error.details.place).toEqual(expect.any(String))
    return
  }
  expect(space.problems(architecture)).toEqual([])
  expect(space.format(architecture)).toBe(text)
}

/** Text forms of everything that changes lead to, from any start. */
function everyText(space: SearchSpace, seed: number): ReadonlySet<string> {
  const start = space.sample(Random.named(seed, 'start'))
  const seen = new Set([space.format(start)])
  const queue = [start]
  for (const architecture of queue) {
    for (const neighbour of space.neighbours(architecture)) {
      const text = space.format(neighbour)
      if (seen.has(text)) continue
      seen.add(text)
      queue.push(neighbour)
    }
  }
  return seen
}
