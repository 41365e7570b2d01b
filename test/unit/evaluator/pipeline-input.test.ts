import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkInput, InputSettings, pipelineInput } from '#src/evaluator/pipeline-input.ts'
import { Random } from '#src/random/random.ts'
import { spaceCatalog } from '#src/space/catalog.ts'
import type { SearchSpace } from '#src/space/space.ts'

const Settings = z.strictObject(InputSettings)
const network = { inputShape: [1, 8, 8], classCount: 10 }

function spaceOf(name: string, settings: unknown = {}): SearchSpace {
  const entry = spaceCatalog.find((candidate) => candidate.name === name)
  if (entry === undefined) return expect.fail(`no space ${name}`)
  return entry.create(entry.settings.parse(settings))
}

const svm = spaceOf('hyperparameters', {
  parameters: [
    { kind: 'categorical', name: 'kernel', choices: ['rbf', 'linear'] },
    { kind: 'float', name: 'gamma', lower: 0.001, upper: 1, log: true },
  ],
  conditions: [{ child: 'gamma', test: { kind: 'equals', parameter: 'kernel', value: 'rbf' } }],
})

const asked = (architecture: string, seed = '7') => ({
  architecture,
  seed,
  fidelity: { epochs: 3 },
})

describe('the arguments of a pipeline', () => {
  it('are the active parameters beside what stays the same', () => {
    const settings = Settings.parse({
      configuration: { folds: 3 },
      epochsParameter: 'n_epochs',
      seedParameter: 'random_state',
    })
    checkInput(svm, settings)
    const constant = { folds: 3, n_epochs: 3, random_state: 7 }
    const texts = Array.from({ length: 20 }, (_, index) =>
      svm.format(svm.sample(Random.named(1, 'input', index))),
    )
    for (const text of texts) {
      const { input, graph } = pipelineInput(svm, settings, asked(text))
      expect(graph).toBeNull()
      expect(input).toMatchObject(constant)
      expect(Object.hasOwn(input, 'gamma')).toBe(input.kernel === 'rbf')
    }
  })

  it('have a seed that NumPy takes, whatever its size', () => {
    const settings = Settings.parse({ seedParameter: 'random_state' })
    const text = svm.format(svm.sample(Random.named(1, 'input')))
    const { input } = pipelineInput(svm, settings, asked(text, '18446744073709551615'))
    expect(input.random_state).toBe(2 ** 31 - 1)
  })

  it('are a network where it is said what networks must fit', () => {
    const cells = spaceOf('nas-bench-201')
    const settings = Settings.parse({ network, configuration: { rate: 0.1 } })
    checkInput(cells, settings)
    const architecture = cells.sample(Random.named(1, 'input'))
    const { input, graph } = pipelineInput(cells, settings, asked(cells.format(architecture)))
    expect(input).toEqual({ rate: 0.1 })
    expect(graph).toEqual(cells.compile(architecture, { kind: 'images', ...network }))
  })

  it('are refused where two say what one is', () => {
    const check = (settings: unknown) => () => checkInput(svm, Settings.parse(settings))
    expect(check({ configuration: { gamma: 1 } })).toThrow(
      'The argument "gamma" is given twice, by the space hyperparameters and by evaluator.configuration; leave one out',
    )
    expect(check({ configuration: { n: 1 }, epochsParameter: 'n' })).toThrow(/"n" is given twice/)
    expect(check({ epochsParameter: 'n', seedParameter: 'n' })).toThrow(/"n" is given twice/)
  })

  it('are refused where a space has none of that kind', () => {
    expect(() => checkInput(svm, Settings.parse({ network }))).toThrow(/makes no networks/)
    const bare = { ...svm, encodings: {} }
    expect(() => checkInput(bare, Settings.parse({}))).toThrow(/say in evaluator.network what/)
  })

  it('make a trial infeasible whose network does not fit', () => {
    const cells = spaceOf('nas-bench-201')
    const settings = Settings.parse({
      network: { kind: 'features', inputShape: [4], classCount: 2 },
    })
    const text = cells.format(cells.sample(Random.named(1, 'input')))
    expect(() => pipelineInput(cells, settings, asked(text))).toThrow(/needs images/)
  })
})
