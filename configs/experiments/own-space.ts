/** A search space of your own, and a search over it: docs/spaces/your-own.md walks through it. */
import * as archloom from 'archloom'

const { classifierHead, convNormActivation, separableConv } = archloom.compositions
const { categorical, greaterThan, integer, parameterSpace, when } = archloom.parameters

const Settings = archloom.z.strictObject({
  /** Stages at most; every one after the first halves the image and doubles the channels. */
  maxStages: archloom.z.int().min(2).max(4).default(3),
})

const pyramid: archloom.SpaceEntry<typeof Settings> = {
  name: 'pyramid',
  summary: 'Stages of plain or separable convolutions, each with a kernel of its own',
  source: 'The example of docs/spaces/your-own.md, 2026',
  settings: Settings,
  create(settings) {
    const stages = Array.from({ length: settings.maxStages }, (_, index) => `stage${index + 1}`)
    const [, ...later] = stages
    const depth = integer('depth', 1, settings.maxStages)
    const blocks = stages.map((stage) => categorical(stage, ['conv3', 'conv5', 'sep3']))
    const space = parameterSpace({
      name: 'pyramid',
      parameters: [depth, categorical('channels', [8, 16]), ...blocks],
      // The second stage exists where the depth is above 1, and so on.
      conditions: later.map((stage, index) => when(stage, greaterThan('depth', index + 1))),
    })
    return archloom.parameterSearchSpace({
      name: 'pyramid',
      settings,
      takes: 'images',
      parameters: space,
      compile(architecture, task) {
        const { channels, height, width, classCount } = archloom.imageTask('pyramid', task)
        const builder = archloom.graphBuilder()
        let wire = builder.input('image', [channels, height, width])
        for (const [index, stage] of stages.slice(0, Number(architecture.depth)).entries()) {
          const block = String(architecture[stage])
          const add = block.startsWith('sep') ? separableConv : convNormActivation
          wire = add(builder, stage, wire, {
            channels: Number(architecture.channels) * 2 ** index,
            kernel: Number(block.at(-1)),
            stride: index === 0 ? 1 : 2,
          })
        }
        return builder.finish([classifierHead(builder, 'head', wire, { classCount })])
      },
    })
  },
}

export default archloom.defineExperiment({
  version: 1,
  name: 'own-space',
  extensions: { spaces: [pyramid] },
  space: { name: 'pyramid' },
  optimizer: { name: 'regularized-evolution', populationSize: 6, sampleSize: 3 },
  evaluator: { name: 'train', dataset: { name: 'digits' }, recipe: { batchSize: 64 } },
  fidelity: { epochs: 4 },
  budget: { trials: 20 },
})
