/** Large-scale evolution with real training: children start from their parents' weights. */
import { cp, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ExperimentEvent } from '#src/experiment/experiment.ts'
import { readJournal } from '#src/store/journal.ts'
import { archloom, startArchloom } from '#test/fixtures/command-line.ts'
import { type TemporaryFolder, temporaryFolder } from '#test/fixtures/temporary-folder.ts'
import { cpuEnvironment } from '#test/fixtures/worker-environment.ts'

const trialCount = 14
const document = `
version: 1
name: heirs
seed: 4
space: { name: chain, maxDepth: 4, conv: { kernels: [3, 5], strides: [1, 2], channels: [8, 16] } }
optimizer: { name: large-scale-evolution, populationSize: 3 }
evaluator:
  name: train
  dataset: { name: digits }
  recipe: { schedule: { kind: constant }, optimizer: { kind: sgd, learningRate: 0.05 } }
budget: { trials: ${trialCount} }
visibility: { window: 2 }
fidelity: { epochs: 1 }
`

type EventOf<T extends ExperimentEvent['type']> = Extract<ExperimentEvent, { type: T }>

function eventsOf<T extends ExperimentEvent['type']>(folder: string, type: T): EventOf<T>[] {
  using journal = readJournal(folder)
  return [...journal.entries()].flatMap(({ event }) =>
    event.type === type ? [event as EventOf<T>] : [],
  )
}

function trajectory(folder: string) {
  return {
    proposals: eventsOf(folder, 'trial-proposed'),
    results: eventsOf(folder, 'trial-finished')
      .sort((a, b) => a.trial - b.trial)
      .map(({ trial, result: { metrics, checkpoint, curve } }) => ({
        trial,
        metrics,
        weights: checkpoint?.sha256,
        curve: curve.map(({ seconds: _, ...point }) => point),
      })),
    test: eventsOf(folder, 'test-measured'),
  }
}

describe('a search whose children inherit', () => {
  let folder: TemporaryFolder
  let run: readonly string[]
  let whole: string
  let undisturbed: ReturnType<typeof trajectory>

  beforeAll(async () => {
    await cpuEnvironment()
    folder = await temporaryFolder()
    const config = join(folder.path, 'heirs.yaml')
    await writeFile(config, document)
    run = ['run', config]
    whole = join(folder.path, 'whole')
    const { status, stderr } = archloom([...run, '--out', whole])
    expect(status, stderr).toBe(0)
    undisturbed = trajectory(whole)
    return () => folder[Symbol.asyncDispose]()
  })

  it('starts most of them from the weights of their parents, and keeps the best weights alone', async () => {
    const heirs = undisturbed.proposals.filter(({ proposal }) => proposal.weightsFrom !== undefined)
    expect(heirs.length).toBeGreaterThan(trialCount / 2)
    const [best] = eventsOf(whole, 'trial-selected')
    const kept = await readdir(join(whole, 'artifacts'))
    expect(kept).toEqual([expect.stringContaining(String(best?.trial).padStart(6, '0'))])
    expect(undisturbed.test).toHaveLength(1)
    expect(archloom(['replay', whole]).stdout).toContain(`${trialCount} proposals follow`)
  })

  it('measures a fresh child otherwise than an heir', () => {
    const out = join(folder.path, 'fresh')
    expect(archloom([...run, '--out', out, '--set', 'optimizer.inheritWeights=false']).status).toBe(
      0,
    )
    const { proposals, results } = trajectory(out)
    expect(proposals.every(({ proposal }) => proposal.weightsFrom === undefined)).toBe(true)
    // The start is the same: nobody has parents there.
    expect(results.slice(0, 3)).toEqual(undisturbed.results.slice(0, 3))
    expect(results).not.toEqual(undisturbed.results)
  }, 300_000)

  it('goes the same way after it was killed again and again', async () => {
    const out = join(folder.path, 'killed')
    let last = { status: null as number | null, stderr: '' }
    for (let round = 0; round < 4 && last.status !== 0; round++) {
      const { child, ended } = startArchloom(round === 0 ? [...run, '--out', out] : ['resume', out])
      let remaining = 3
      child.stderr.on('data', (text: string) => {
        // The last round is left alone.
        if (text.includes('trials done') && --remaining === 0 && round < 3) child.kill('SIGKILL')
      })
      last = await ended
    }
    expect(last.status, last.stderr).toBe(0)
    expect(eventsOf(out, 'run-resumed').length).toBeGreaterThan(1)
    expect(trajectory(out)).toEqual(undisturbed)
    expect(await readdir(join(out, 'artifacts'))).toHaveLength(1)
  }, 300_000)

  it('stops with the file named when a parent is gone, and goes on once it is back', async () => {
    const out = join(folder.path, 'parentless')
    const { child, ended } = startArchloom([...run, '--out', out])
    child.stderr.on('data', (text: string) => {
      if (text.includes('6 of ')) child.kill('SIGKILL')
    })
    await ended
    const away = join(folder.path, 'away')
    await rename(join(out, 'artifacts'), away)
    const { status, stderr } = archloom(['resume', out])
    expect(status).not.toBe(0)
    expect(stderr).toMatch(
      /Trial \d+ starts from the weights of trial \d+, but artifacts\/t\d+\.\w+ in the run folder is gone/,
    )
    await cp(away, join(out, 'artifacts'), { recursive: true })
    const resumed = archloom(['resume', out])
    expect(resumed.status, resumed.stderr).toBe(0)
    expect(trajectory(out)).toEqual(undisturbed)
  }, 300_000)
})
