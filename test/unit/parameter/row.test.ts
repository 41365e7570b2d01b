import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holds } from '#src/parameter/compiled-test.ts'
import { sampleValue } from '#src/parameter/domain.ts'
import { findForbidden, parameterModel } from '#src/parameter/model.ts'
import type { Configuration, ParameterSpace, Test } from '#src/parameter/parameter.ts'
import { findConfigurationProblems } from '#src/parameter/problems.ts'
import { configurationOf, isInSpace, rowOf } from '#src/parameter/row.ts'
import { sampleConfiguration } from '#src/parameter/sample.ts'
import { Random } from '#src/random/random.ts'
import { anyParameterSpace } from '#test/fixtures/random-parameter-space.ts'

const runs = { numRuns: 300, seed: 20_261_125 }
const spaces = anyParameterSpace({ floats: true, forbidden: true })
const seeds = fc.nat({ max: 2 ** 31 - 1 })

/** Any values of any parameters, active or not. */
function anyValues({ parameters }: ParameterSpace, random: Random): Configuration {
  const given = parameters.filter(() => random.bernoulli(0.8))
  return Object.fromEntries(
    given.map((parameter) => [parameter.name, sampleValue(parameter, random)]),
  )
}

/** By names, as the definition says it. */
function isTrue(space: ParameterSpace, test: Test, configuration: Configuration): boolean {
  if (test.kind === 'and') return test.tests.every((part) => isTrue(space, part, configuration))
  if (test.kind === 'or') return test.tests.some((part) => isTrue(space, part, configuration))
  const parameter = space.parameters.find(({ name }) => name === test.parameter)
  return parameter !== undefined && holds(parameter, test, configuration[test.parameter])
}

describe('rows', () => {
  it('answer tests and clauses as the configuration does', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const model = parameterModel(space)
        const configuration = anyValues(space, Random.named(seed))
        const row = rowOf(model, configuration)
        for (const { tests, isActive } of model.nodes) {
          expect(isActive(row)).toBe(tests.every((test) => isTrue(space, test, configuration)))
        }
        const forbidden = space.forbidden.find(({ parts }) =>
          parts.every((part) => isTrue(space, part, configuration)),
        )
        expect(findForbidden(model, row)).toEqual(forbidden)
        expect(configurationOf(model, row)).toEqual(configuration)
      }),
      runs,
    )
  })

  it('are in the space exactly when they have no problem', () => {
    fc.assert(
      fc.property(spaces, seeds, (space, seed) => {
        const model = parameterModel(space)
        const random = Random.named(seed)
        const drawn = sampleConfiguration(space, random)
        for (const one of [drawn, anyValues(space, random)]) {
          const problems = findConfigurationProblems(space, { ...one, stray: 1 })
          expect(problems[0]).toMatchObject({ place: 'stray' })
          expect(isInSpace(model, rowOf(model, one))).toBe(problems.length === 1)
        }
      }),
      runs,
    )
  })

  it('say of a node whether anybody asks for it', () => {
    fc.assert(
      fc.property(spaces, (space) => {
        const asked = JSON.stringify([space.conditions, space.forbidden])
        for (const { parameter, isAsked } of parameterModel(space).nodes) {
          expect(isAsked).toBe(asked.includes(`"parameter":${JSON.stringify(parameter.name)}`))
        }
      }),
      runs,
    )
  })
})
