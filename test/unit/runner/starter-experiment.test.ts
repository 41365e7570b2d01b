import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadExperiment } from '#src/config/load.ts'
import type { InspectedFunction } from '#src/environment/inspection.ts'
import { starterExperiment } from '#src/runner/starter-experiment.ts'
import { inspectedFunction, inspectedParameter } from '#test/fixtures/inspected-function.ts'
import { temporaryFolder } from '#test/fixtures/temporary-folder.ts'

const rate = inspectedParameter('rate', {
  hint: { kind: 'float' },
  default: { text: '0.01', value: 0.01 },
})

/** Written, loaded and resolved as any experiment of a person's. */
async function starter(changes: Partial<InspectedFunction>) {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'search.yaml')
  const { text, notes } = starterExperiment({
    function: 'training:train',
    found: inspectedFunction(changes),
    environment: { venv: '/srv/team/.venv' },
    pythonPath: [join(folder.path, 'src')],
    path,
  })
  await writeFile(path, text)
  const { document } = await loadExperiment(path)
  return { document, notes, text }
}

describe('starterExperiment', () => {
  it('writes a valid experiment from a signature', async () => {
    const epochs = inspectedParameter('epochs', { default: { text: '7', value: 7 } })
    const { document, notes, text } = await starter({
      parameters: [rate, epochs, inspectedParameter('data')],
      returnedKeys: ['val_accuracy'],
    })
    expect(document).toMatchObject({
      name: 'training-train',
      fidelity: { epochs: 7 },
      space: { name: 'hyperparameters', parameters: [{ name: 'rate', lower: 0.001, upper: 0.1 }] },
      evaluator: {
        name: 'pipeline',
        function: 'training:train',
        pythonPath: ['src'],
        environment: { venv: '/srv/team/.venv' },
        configuration: { data: '' },
        epochsParameter: 'epochs',
        objective: { metric: 'val_accuracy', goal: 'maximize' },
      },
    })
    expect(notes).toEqual([
      'the ranges under space.parameters are guesses from the signature',
      'evaluator.configuration.data must be filled in',
    ])
    expect(text).toContain('# a guess around its default 0.01')
  })

  it('takes a declared space as it is', async () => {
    const document = {
      parameters: [
        { kind: 'categorical', name: 'odd: name', choices: ['yes', 'no', 'a # b', '12'] },
        { kind: 'float', name: 'rate', lower: 0, upper: 1 },
      ],
      conditions: [
        { child: 'rate', test: { kind: 'equals', parameter: 'odd: name', value: 'no' } },
      ],
    }
    const searchSpace = { where: 'SEARCH_SPACE', document, problem: null }
    const found = await starter({
      parameters: [inspectedParameter('configuration')],
      searchSpace,
      returnedKeys: ['f1'],
    })
    expect(found.document.space).toMatchObject(document)
    expect(found.notes).toEqual([])
  })

  it('takes a document of ConfigSpace as it is', async () => {
    const configSpace = {
      name: 'team',
      hyperparameters: [{ type: 'uniform_float', name: 'rate', lower: 0, upper: 1 }],
      conditions: [],
      forbiddens: [],
    }
    const searchSpace = { where: 'SEARCH_SPACE', document: configSpace, problem: null }
    const { document } = await starter({ parameters: [rate], searchSpace })
    expect(document.space).toMatchObject({ name: 'hyperparameters', configSpace })
  })

  it('searches networks for a function that needs one', async () => {
    const { document, notes } = await starter({
      parameters: [inspectedParameter('model'), rate],
      returnedKeys: ['acc'],
    })
    expect(document).toMatchObject({
      space: { name: 'nas-bench-201' },
      evaluator: { network: { kind: 'images' }, configuration: {} },
    })
    expect(notes).toEqual([expect.stringMatching(/evaluator\.network is a guess/)])
  })

  it.each([
    [{ what: 'class' as const }, /is a class, which makes sessions/],
    [{ what: 'coroutine' as const, parameters: [rate] }, /it is async/],
    [{ parameters: [] }, /takes nothing that a search could choose; declare/],
  ])('refuses what no experiment can call: %j', async (changes, sentence) => {
    await expect(starter(changes)).rejects.toMatchObject({
      code: 'config/incompatible',
      message: expect.stringMatching(sentence),
    })
  })
})
